"""A team's channels, for its admins: add, replace, switch on and off, test, with cause and mend."""

from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

import tasks
from daybreak.channels import KINDS
from daybreak.domain.errors import DaybreakError, InvalidValueError, NotFoundError
from daybreak.services import auditing, channels, notices, writing
from daybreak.store import policies as store
from daybreak.store.prompts import own_try
from daybreak.store.tables import Channel, Team
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.db import after_commit, db, runtime
from webapp.forms import tidy
from webapp.fresh import FreshForm
from webapp.guards import is_admin, team_admin
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person, person_or_none
from webapp.throttle import client_address
from webapp.trials import Trial, trial_of

bp = Blueprint("channels", __name__, url_prefix="/team/<slug>/channels")
PAGE, FRAGMENT = "pages/channels/index.html", "fragments/channels.html"


class AddForm(FreshForm):
    """A new channel."""

    name = StringField(_l("Name"), filters=[tidy], description=_l("As policies call it, such as breaks."))
    url = StringField(_l("Webhook"), filters=[tidy])


class ReplaceForm(FreshForm):
    """Another address for a channel that is there."""

    url = StringField(_l("New webhook"), filters=[tidy])


@dataclass(frozen=True)
class Row:
    """A channel as the page shows it."""

    channel: Channel
    title: str
    users: list[str]
    cause: str
    form: ReplaceForm


@dataclass(frozen=True)
class Notice:
    """A banner: what is wrong, and the page that mends it."""

    kind: str
    text: str
    link: str = ""


@bp.get("")
@team_admin
def index(team: Team) -> ResponseReturnValue:
    """The channels, and how a test is doing."""
    return _page(team)


@bp.post("")
@team_admin
def add(team: Team) -> ResponseReturnValue:
    """Add a channel and send a test to it."""
    form = AddForm()
    if not form.is_fresh():
        return _page(team, form, status=422)
    person, now = current_person(), runtime().now()
    try:
        channel = channels.add_slack(
            db(), team, form.name.data or "", form.url.data or "", runtime().cipher,
            runtime().settings.webhook_allow, person.id, now, origin=_origin(),
        )  # fmt: skip
    except InvalidValueError as refusal:
        form.refuse(refusal)
        return _page(team, form, status=422)
    return _tested(team, channel, _("Added. A test is on its way."))


@bp.post("/<int:channel_id>/address")
@team_admin
def replace(team: Team, channel_id: int) -> ResponseReturnValue:
    """Give a channel another address, which switches it on, and send a test to it."""
    channel = _channel(team, channel_id)
    form = ReplaceForm(prefix=f"channel-{channel_id}")
    if not form.is_fresh():
        return _page(team, status=422, replacing=(channel_id, form))
    try:
        channels.replace_address(
            db(), channel, form.url.data or "", runtime().cipher, runtime().settings.webhook_allow,
            current_person().id, runtime().now(), origin=_origin(),
        )  # fmt: skip
    except InvalidValueError as refusal:
        form.refuse(refusal)
        return _page(team, status=422, replacing=(channel_id, form))
    channels.switch_on(db(), channel, current_person().id, runtime().now(), origin=_origin())
    return _tested(team, channel, _("Saved. A test is on its way."))


@bp.post("/<int:channel_id>/<any(on, off, test, remove):wish>")
@team_admin
def change(team: Team, channel_id: int, wish: str) -> ResponseReturnValue:
    """Switch a channel on or off, test it, or remove it."""
    channel, person, now = _channel(team, channel_id), current_person(), runtime().now()
    if wish == "test":
        return _tested(team, channel, _("A test is on its way."))
    try:
        if wish == "on":
            channels.switch_on(db(), channel, person.id, now, origin=_origin())
            return _tested(team, channel, _("Switched on. A test is on its way."))
        if wish == "off":
            channels.switch_off(db(), channel, "by_hand", person.id, now, origin=_origin())
            return _done(team, _("Switched off. Members get their breaks by their other channels."))
        channels.remove(db(), channel, person.id, now, origin=_origin())
    except DaybreakError as refusal:
        return _page(team, status=409, problem=_(str(refusal)))
    return _done(team, _("Removed."))


@bp.get("/tests/<int:delivery_id>")
@team_admin
def trial(team: Team, delivery_id: int) -> ResponseReturnValue:
    """How a test is doing; without a script the page is asked again by hand."""
    found = _trial(delivery_id)
    if found is None:
        raise NotFoundError
    if not is_fragment():
        return see_other(url_for(".index", slug=team.slug, test=delivery_id))
    return render(PAGE, "fragments/trial.html", trial=found, again=_again(team, found))


@bp.app_template_global("delivery_notices")
def delivery_notices(team: Team | None = None, *, teams: list[Team] | None = None) -> list[Notice]:
    """What is wrong with delivery, for those who can mend it: of this team, or of all one manages."""
    person, now = person_or_none(), runtime().now()
    found: list[Notice] = []
    if person is None:
        return found
    if team is not None and notices.is_delayed(db(), now):
        found.append(Notice("warn", _("Reminders are delayed. Logging still works.")))
    managed = [one for one in ([team] if team else teams or []) if is_admin(person, one)]
    for one in managed:
        for channel in store.channels(db(), one.id):
            if notices.is_off(db(), channel.id):
                kind = KINDS[channel.kind].title
                text = _("The %(kind)s channel “%(name)s” is switched off.", kind=kind, name=channel.name)
                link = url_for("channels.index", slug=one.slug)
                found.append(Notice("danger", f"{text} {notices.cause_of(channel)}", link))
    if managed and notices.mail_trouble(db(), now):
        link = url_for("deliveries.index", slug=managed[0].slug, channel="email")
        found.append(Notice("danger", _("Mail does not leave: the mail server cannot be used."), link))
    return found


def _tested(team: Team, channel: Channel, words: str) -> ResponseReturnValue:
    delivery_id = writing.send_try(db(), current_person(), runtime().now(), channel)
    after_commit(lambda: tasks.ring([delivery_id]))
    return _done(team, words, delivery_id)


def _done(team: Team, words: str, test: int | None = None) -> ResponseReturnValue:
    say(words)
    if not is_fragment():
        return see_other(url_for(".index", slug=team.slug, test=test))
    return _page(team, test=test, acted=True)


def _page(
    team: Team,
    form: AddForm | None = None,
    *,
    status: int = 200,
    replacing: tuple[int, ReplaceForm] | None = None,
    problem: str = "",
    test: int | None = None,
    acted: bool = False,
) -> ResponseReturnValue:
    found = _trial(test or request.args.get("test", type=int))
    rows = [_row(channel, replacing) for channel in store.channels(db(), team.id)]
    return render(
        PAGE,
        FRAGMENT,
        status,
        team=team,
        nav_team=team,
        rows=rows,
        form=form or AddForm(formdata=None),
        problem=problem,
        trial=found,
        again=_again(team, found),
        acted=acted,
        now=runtime().now(),
        zone=current_person().zone or team.zone,
        example=next(iter(KINDS.values())).example,
    )


def _row(channel: Channel, replacing: tuple[int, ReplaceForm] | None) -> Row:
    form = replacing[1] if replacing and replacing[0] == channel.id else None
    return Row(
        channel=channel,
        title=KINDS[channel.kind].title,
        users=channels.users_of(db(), channel),
        cause=notices.cause_of(channel) if channel.off_at and channel.off_reason != "by_hand" else "",
        form=form or ReplaceForm(formdata=None, prefix=f"channel-{channel.id}"),
    )


def _channel(team: Team, channel_id: int) -> Channel:
    channel = store.channel_by_id(db(), team.id, channel_id)
    if channel is None or channel.off_reason == store.REMOVED:
        raise NotFoundError
    return channel


def _trial(delivery_id: int | None) -> Trial | None:
    delivery = own_try(db(), current_person().id, delivery_id) if delivery_id else None
    return trial_of(delivery) if delivery else None


def _again(team: Team, found: Trial | None) -> str:
    return url_for(".trial", slug=team.slug, delivery_id=found.delivery_id) if found else ""


def _origin() -> str | None:
    return auditing.truncated(client_address())
