"""The set-up: opened by the one-time code, five blocks saved one by one, closed for good once done."""

from datetime import datetime

from flask import Blueprint, Response, request, session, url_for
from flask.typing import ResponseReturnValue

import tasks
from daybreak.domain.errors import InvalidValueError
from daybreak.services import channels, policies, setup, writing
from daybreak.services.answering import zone_for
from daybreak.services.planning import next_for
from daybreak.store.prompts import own_try
from daybreak.store.tables import Channel, Person
from daybreak.wording import gettext as _
from webapp import identity
from webapp.db import after_commit, db, runtime
from webapp.forms import Form
from webapp.guards import owner, public
from webapp.htmx import is_fragment, render, say, see_other
from webapp.invitations import Handed, hand_over, left_to_do, with_earlier
from webapp.setup_forms import ChannelForm, CodeForm, InviteForm, OwnerForm, RhythmForm, TeamForm
from webapp.setup_view import TITLES, view_of, when_in_words
from webapp.throttle import client_address, throttle
from webapp.trials import Trial, trial_of

bp = Blueprint("setup", __name__, url_prefix="/setup")

MARK = "may_set_up"
"""In the signed cookie of a browser that has shown the code."""
ZONE = "guessed_zone"


@bp.get("")
@public
def show() -> ResponseReturnValue:
    """The block that is to be filled in, or the one asked for; without the code, the field for it."""
    if setup.is_done(db()):
        return see_other("/today")
    if not _may():
        return _code_page(CodeForm(formdata=None, data={"code": request.args.get("code", "")}))
    return _page(request.args.get("open", type=int))


@bp.post("/code")
@public
def give_code() -> ResponseReturnValue:
    """Take the code; this browser may then go on, also after a restart has printed another."""
    if setup.is_done(db()):
        return see_other("/today")
    form = CodeForm()
    if not form.validate():
        return _code_page(form, 422)
    throttle().check("setup code", client_address())
    if not setup.check_code(db(), str(form.code.data)):
        throttle().spend("setup code", client_address())
        form.code.errors = [
            _("That is not the code. It stands where Daybreak was started, and each start prints a new one.")
        ]
        return _code_page(form, 422)
    zone = request.form.get("zone", "")
    person = setup.owner(db())
    if person is not None and setup.step(db()) > setup.OWNER:
        identity.sign_in(person)  # the code may change the owner's password: it opens no more than it did
    _mark(zone)
    return see_other(url_for(".show"))


@bp.post("/owner")
@public
def save_owner() -> ResponseReturnValue:
    """Block 1: the workspace and its owner, who is signed in from here on."""
    if (refusal := _refusal(setup.OWNER)) is not None:
        return refusal
    known = setup.owner(db())
    form = OwnerForm(asks_password=known is None or known.password_hash is None)
    if not form.validate():
        return _page(setup.OWNER, form, 422)
    try:
        person = setup.create_workspace_and_owner(
            db(), form.name.data, form.owner_name.data, form.email.data, form.password.data or "", _now()
        )
    except InvalidValueError as problem:
        return _refused(setup.OWNER, form, problem)
    here = identity.person_or_none()
    if here is None or here.id != person.id:
        zone = request.form.get("guess", "") or session.get(ZONE, "")
        identity.sign_in(person)
        _mark(zone)
    return _saved(setup.OWNER)


@bp.post("/team")
@public
def save_team() -> ResponseReturnValue:
    """Block 2: the first team, which the owner joins by saving it."""
    if (refusal := _refusal(setup.TEAM)) is not None:
        return refusal
    form = TeamForm()
    if not form.validate():
        return _page(setup.TEAM, form, 422)
    try:
        setup.save_first_team(db(), _owner(), form.name.data, form.zone.data, _now(), **form.to_team())
    except InvalidValueError as problem:
        return _refused(setup.TEAM, form, problem)
    return _saved(setup.TEAM)


@bp.post("/rhythm")
@public
def save_rhythm() -> ResponseReturnValue:
    """Block 3: the team's policy from a preset; one that each member switches on is on for who chose it."""
    if (refusal := _refusal(setup.RHYTHM)) is not None:
        return refusal
    form = RhythmForm()
    if not form.validate():
        return _page(setup.RHYTHM, form, 422)
    policy = setup.choose_rhythm(db(), _owner(), form.preset.data, _now())
    if policy.opt_in:
        policies.opt_in(db(), policy, _owner(), True, _now())
    return _saved(setup.RHYTHM)


@bp.post("/channel")
@public
def save_channel() -> ResponseReturnValue:
    """Block 4: with the team's webhook or without; or a test message first, by which the block stays open."""
    if (refusal := _refusal(setup.CHANNEL)) is not None:
        return refusal
    form = ChannelForm()
    do = request.form.get("do")
    test = do in ("test", "test-mail")
    url = {"skip": None, "test-mail": ""}.get(do or "", form.url.data or "")
    try:
        cipher, allow = runtime().cipher, runtime().settings.webhook_allow
        channel = setup.save_channel(db(), _owner(), url, cipher, allow, _now(), go_on=not test)
    except InvalidValueError as problem:
        return _refused(setup.CHANNEL, form, problem)
    if not test:
        return _saved(setup.CHANNEL)
    if do == "test":
        channel = channel or view_of(setup.CHANNEL).slack
        if channel is None:
            form.url.errors = [_("Paste the webhook that is to be tested.")]
            return _page(setup.CHANNEL, form, 422)
    return _test(channel)


@bp.get("/channel/test/<int:delivery_id>")
@public
def test_state(delivery_id: int) -> ResponseReturnValue:
    """How the test message is doing; a page without a script asks again by itself."""
    if setup.is_done(db()) or not _may():
        return see_other(url_for(".show"))
    trial = _trial(delivery_id)
    if trial is None or not is_fragment():
        return _page(setup.CHANNEL, trial=trial)
    return render("pages/setup/index.html", "fragments/setup_trial.html", trial=trial, poll=True)


@bp.post("/invite")
@public
def invite() -> ResponseReturnValue:
    """Block 5: invite, and finish unless a line needs mending. Links stand on this page alone."""
    if (refusal := _refusal(setup.INVITE)) is not None:
        return refusal
    form = InviteForm()
    if not form.validate():
        return _page(setup.INVITE, form, 422, handed=with_earlier())
    try:
        handed = hand_over(setup.invite_people(db(), _owner(), form.emails.data, _now()))
    except InvalidValueError as problem:
        form.refuse(problem)
        return _page(setup.INVITE, form, 422, handed=with_earlier())
    if not handed:  # commas alone
        form.emails.errors = [_("Type at least one address.")]
        return _page(setup.INVITE, form, 422, handed=with_earlier())
    left = left_to_do(handed)
    if not left:
        setup.finish(db(), _now())
        return _ready(with_earlier(handed))
    form.emails.process(None, left)
    form.emails.errors = [_("The lines that are left could not be invited; see why above.")]
    # What could be invited stays invited: not 422, which would take it back.
    return _page(setup.INVITE, form, handed=with_earlier(handed))


@bp.post("/finish")
@public
def finish() -> ResponseReturnValue:
    """Close the set-up for good."""
    if (refusal := _refusal(setup.INVITE)) is not None:
        return refusal
    setup.finish(db(), _now())
    handed = with_earlier()
    return _ready(handed) if handed else see_other(url_for(".ready"))


@bp.get("/ready")
@owner
def ready() -> ResponseReturnValue:
    """The end of the set-up: the first break, and a message to try it with."""
    if not setup.is_done(db()):
        return see_other(url_for(".show"))
    return _ready([])


def _ready(handed: list[Handed]) -> Response:
    person = setup.owner(db()) if not identity.is_signed_in() else identity.current_person()
    first = next_for(db(), person, _now()) if person else None
    response = render(
        "pages/setup/ready.html",
        "fragments/setup_ready.html",
        first=first,
        when=when_in_words(first.due_at, zone_for(db(), person), _now()) if person and first else "",
        handed=handed,
        has_smtp=runtime().settings.smtp is not None,
        acted=bool(handed),
    )
    if is_fragment():
        response.headers["HX-Replace-Url"] = url_for(".ready")
    return response


def _page(
    wished: int | None,
    form: Form | None = None,
    status: int = 200,
    *,
    handed: list[Handed] | None = None,
    trial: Trial | None = None,
    acted: bool = False,
) -> Response:
    view = view_of(wished, form, handed, trial, session.get(ZONE, ""))
    return render("pages/setup/index.html", "fragments/setup_steps.html", status, view=view, acted=acted)


def _code_page(form: CodeForm, status: int = 200) -> Response:
    return render("pages/setup/code.html", "fragments/setup_code.html", status, form=form)


def _saved(number: int) -> ResponseReturnValue:
    """Show the block saved and the next one open."""
    if not is_fragment():
        return see_other(url_for(".show"))
    say(_("Saved: %(block)s.", block=TITLES[number]))
    return _page(None, acted=True)


def _refused(number: int, form: Form, problem: InvalidValueError) -> Response:
    for one in problem.problems:
        form.refuse(one)
    return _page(number, form, 422)


def _refusal(number: int) -> ResponseReturnValue | None:
    """Where a block cannot be saved: done for good, no code shown, or blocks before it are open."""
    if setup.is_done(db()):
        return see_other("/today")
    if not _may() or setup.step(db()) < number:
        return see_other(url_for(".show"))
    return None


def _test(channel: Channel | None) -> ResponseReturnValue:
    if channel is not None and channel.off_at is not None:
        channels.switch_on(db(), channel, _owner().id, _now())
    delivery_id = writing.send_try(db(), _owner(), _now(), channel, by_email=channel is None)
    after_commit(lambda: tasks.ring([delivery_id]))
    if not is_fragment():
        return see_other(url_for(".test_state", delivery_id=delivery_id))
    return _page(setup.CHANNEL, trial=_trial(delivery_id))


def _trial(delivery_id: int) -> Trial | None:
    person = setup.owner(db())
    delivery = own_try(db(), person.id, delivery_id) if person else None
    return trial_of(delivery) if delivery else None


def _owner() -> Person:
    person = setup.owner(db())
    if person is None:
        raise RuntimeError("block 1 is saved before the others")
    return person


def _may() -> bool:
    return bool(session.get(MARK))


def _mark(zone: str) -> None:
    session.permanent = True
    session[MARK] = True
    session[ZONE] = zone[:60]


def _now() -> datetime:
    return runtime().now()
