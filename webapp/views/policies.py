"""Policies: what is asked of a team's people, read by them and changed by its admins, with a live preview."""

from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from daybreak.domain.errors import InvalidValueError, NotFoundError
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.time import zone_of
from daybreak.services import auditing, policies, policy_rules
from daybreak.services.plan_inputs import rules_of
from daybreak.services.policies import ChangedMeanwhileError
from daybreak.services.previewing import Preview, preview, starts_at
from daybreak.store import policies as store
from daybreak.store.tables import Person, Policy, Team
from daybreak.store.teams import members
from daybreak.wording import gettext as _
from webapp import policy_words as words
from webapp.db import db, runtime
from webapp.filters import clock, day
from webapp.guards import is_admin, team_admin, team_member
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person
from webapp.policy_form import PolicyForm, policy_form
from webapp.policy_view import Editor, PreviewView, differences
from webapp.throttle import client_address

bp = Blueprint("policies", __name__, url_prefix="/team/<slug>/policies")
PAGE, FRAGMENT = "pages/policies/edit.html", "fragments/policy_editor.html"


@bp.get("")
@team_member
def index(team: Team) -> ResponseReturnValue:
    """The team's policies in words, and to whom they apply."""
    person, now = current_person(), runtime().now()
    rows = []
    for policy in store.policies(db(), team.id):
        mine = store.policy_member(db(), policy.id, person.id)
        rows.append(
            {
                "policy": policy,
                "rules": rules_of(policy),
                "next_at": starts_at(db(), policy, now),
                "is_mine": policy.for_all or (mine is not None and mine.chosen),
                "is_on": mine is not None and mine.opted_in_at is not None,
            }
        )
    may_change = is_admin(person, team)
    return render_template(
        "pages/policies/index.html", team=team, nav_team=team, rows=rows, may_change=may_change, words=words
    )


@bp.get("/new")
@team_admin
def new(team: Team) -> ResponseReturnValue:
    """The editor of a policy to be, from the preset of `?preset=`."""
    preset = _preset(policy_rules.presets().default)
    return _page(team, _editor(team, None, preset))


@bp.post("/new")
@team_admin
def create(team: Team) -> ResponseReturnValue:
    """Create the policy; with an error everything stays as it was typed."""
    editor = _editor(team, None, _sent_preset(policy_rules.presets().default), sent=True)
    if not editor.form.validate():
        return _page(team, editor, 422)
    try:
        policy = policies.create(
            db(),
            team,
            editor.preset,
            current_person().id,
            runtime().now(),
            overrides=editor.form.changes(editor.base),
            members=_chosen(team, editor.form),
            origin=_origin(),
        )
    except InvalidValueError as problem:
        editor.form.refuse(problem)
        return _page(team, editor, 422)
    return _saved(team, policy)


@bp.get("/<int:policy_id>")
@team_member
def show(team: Team, policy_id: int) -> ResponseReturnValue:
    """What a policy asks of a person; to admins, its editor. `?preset=` fills it in from that preset."""
    policy = _policy(team, policy_id)
    if is_admin(current_person(), team):
        return _page(team, _editor(team, policy, _preset(policy.preset)))
    rules = rules_of(policy)
    return render_template(
        "pages/policies/show.html",
        team=team,
        nav_team=team,
        policy=policy,
        asked=words.asked(rules),
        sentence=words.sentence(rules),
        view=_view(team, preview(db(), team, rules, policy, runtime().now())),
    )


@bp.post("/<int:policy_id>")
@team_admin
def save(team: Team, policy_id: int) -> ResponseReturnValue:
    """Save the policy, unless somebody else has changed it meanwhile."""
    policy = _policy(team, policy_id)
    editor = _editor(team, policy, _sent_preset(policy.preset), sent=True)
    form = editor.form
    if not form.validate():
        return _page(team, editor, 422)
    read = str(form.version.data)
    try:
        chosen = _chosen(team, form)
        changed = policies.update(
            db(),
            policy,
            int(read) if read.isdecimal() else 0,
            form.changes(editor.base),
            current_person().id,
            runtime().now(),
            preset_id=editor.preset,
            members=chosen,
            for_all=chosen is None,
            origin=_origin(),
        )
    except ChangedMeanwhileError as conflict:
        editor.conflict = str(conflict)
        editor.differences = differences(policy, editor)
        form.version.data = policy.version  # who saves again has seen them
        return _page(team, editor, 422)
    except InvalidValueError as problem:
        editor.form.refuse(problem)
        return _page(team, editor, 422)
    return _saved(team, policy, is_change=bool(changed))


@bp.post("/preview")
@team_admin
def try_out(team: Team) -> ResponseReturnValue:
    """What the form would mean; where it is not in order, its errors, and the last good preview stays."""
    named = request.form.get("policy", "")
    policy = _policy(team, int(named)) if named.isdecimal() else None
    first = policy.preset if policy else policy_rules.presets().default
    editor = _editor(team, policy, _sent_preset(first), sent=True)
    editor.is_valid = editor.form.validate() and _is_in_order(editor)
    if editor.is_valid:
        editor.view = _view(team, _preview(team, editor))
    if not is_fragment():
        return _page(team, editor, 200 if editor.is_valid else 422)
    answer = "fragments/policy_preview_answer.html"
    return render(PAGE, answer, team=team, nav_team=team, editor=editor, form=editor.form)


@bp.get("/<int:policy_id>/archive")
@team_admin
def ask_archive(team: Team, policy_id: int) -> ResponseReturnValue:
    """Ask whether the policy is really to end."""
    policy = _policy(team, policy_id)
    return render_template("pages/policies/archive.html", team=team, nav_team=team, policy=policy)


@bp.post("/<int:policy_id>/archive")
@team_admin
def archive(team: Team, policy_id: int) -> ResponseReturnValue:
    """End the policy: nothing more of it is sent, its figures stay."""
    policy = _policy(team, policy_id)
    policies.archive(db(), policy, current_person().id, runtime().now(), origin=_origin())
    say(_("“%(name)s” has ended. Nothing more of it is sent.", name=policy.name))
    return see_other(url_for("policies.index", slug=team.slug))


def _policy(team: Team, policy_id: int) -> Policy:
    """A policy of the team that is in use; others do not exist."""
    policy = store.policy_by_id(db(), team.id, policy_id) if policy_id < 2**31 else None
    if policy is None or policy.archived_at is not None:
        raise NotFoundError
    return policy


def _preset(first: str) -> str:
    """The preset of the address; an unknown one is the first."""
    wanted = request.args.get("preset", "")
    return wanted if any(one.id == wanted for one in policy_rules.presets().presets) else first


def _sent_preset(first: str) -> str:
    wanted = request.form.get("preset", "")
    return wanted if any(one.id == wanted for one in policy_rules.presets().presets) else first


def _editor(team: Team, policy: Policy | None, preset_id: str, *, sent: bool = False) -> Editor:
    base = _base(policy, preset_id)
    people = [(m.person_id, _name(m.person)) for m in members(db(), team.id) if m.joined_at is not None]
    chosen = None
    if policy is not None and not policy.for_all:
        chosen = [row.person_id for row in store.policy_members(db(), policy.id) if row.chosen]
    hidden: dict[str, Any] = {"preset": preset_id}
    if policy is not None:
        hidden |= {"policy": policy.id, "version": policy.version}
    shared = [channel.name for channel in store.channels(db(), team.id)]
    form = policy_form(base, shared, people, chosen, hidden, request.form if sent else None)
    editor = Editor(team, policy, preset_id, base, form)
    if not sent or not is_fragment():
        rules = rules_of(policy) if policy and preset_id == policy.preset else base
        editor.view = _view(team, preview(db(), team, rules, policy, runtime().now()))
    return editor


def _base(policy: Policy | None, preset_id: str) -> PolicyRules:
    """The rules the form begins with: those of the policy, or of a preset chosen anew."""
    if policy is None:
        return policy_rules.rules_from(preset_id)
    return policy_rules.changed_rules(policy, {}, preset_id)


def _rules(editor: Editor) -> PolicyRules:
    changes = editor.form.changes(editor.base)
    if editor.policy is None:
        return policy_rules.rules_from(editor.preset, overrides=changes)
    return policy_rules.changed_rules(editor.policy, changes, editor.preset)


def _is_in_order(editor: Editor) -> bool:
    """Put what the domain says of the rules at their fields."""
    shared = [channel.name for channel in store.channels(db(), editor.team.id)]
    problems = policy_rules.problems_of(_rules(editor), shared)
    for problem in problems:
        editor.form.refuse(problem)
    return not problems


def _preview(team: Team, editor: Editor) -> Preview:
    return preview(db(), team, _rules(editor), editor.policy, runtime().now())


def _view(team: Team, made: Preview) -> PreviewView:
    return PreviewView(team, made, zone_of(current_person().zone or team.zone))


def _chosen(team: Team, form: PolicyForm) -> list[Person] | None:
    if form.audience.data == "all":
        return None
    wanted = set(form.members.data or ())
    return [m.person for m in members(db(), team.id) if m.joined_at is not None and m.person_id in wanted]


def _name(person: Person) -> str:
    return person.name or person.email or _("Somebody")


def _page(team: Team, editor: Editor, status: int = 200) -> Response:
    return render(PAGE, FRAGMENT, status, team=team, nav_team=team, editor=editor, form=editor.form)


def _saved(team: Team, policy: Policy, *, is_change: bool = True) -> ResponseReturnValue:
    """Say when it starts, on the page of the policy."""
    text = _start(team, policy) if is_change else _("Nothing was different, so nothing was changed.")
    address = url_for("policies.show", slug=team.slug, policy_id=policy.id)
    if is_fragment():
        flash(text, "ok")
        return Response(headers={"HX-Redirect": address})
    say(text)
    return see_other(address)


def _start(team: Team, policy: Policy) -> str:
    now, zone = runtime().now(), zone_of(team.zone)
    at = starts_at(db(), policy, now)
    if at is None:
        return _("Saved. No break is due within two weeks.")
    rules = rules_of(policy)
    is_drawn = rules.interval_max > rules.interval_min or rules.spread > 0
    when = _("around %(time)s", time=clock(at, zone)) if is_drawn else _("at %(time)s", time=clock(at, zone))
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return _("Saved. From the next break, %(when)s.", when=when)
    return _("Saved. From the next break, %(day)s %(when)s.", day=day(at, zone), when=when)


def _origin() -> str | None:
    return auditing.truncated(client_address())
