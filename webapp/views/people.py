"""The people of a team, for its admins: who is invited or in, and nothing about anyone's breaks."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from daybreak.domain.errors import DaybreakError, InvalidValueError, NotFoundError
from daybreak.services import inviting, passwords, people
from daybreak.store import people as people_store
from daybreak.store import policies as policy_store
from daybreak.store import teams as team_store
from daybreak.store.tables import Membership, Team
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp import identity
from webapp.db import db, runtime
from webapp.forms import Form
from webapp.guards import team_admin
from webapp.htmx import is_fragment, render, say, see_other
from webapp.invitations import Handed, hand_over, hand_over_one, left_to_do, with_earlier
from webapp.setup_forms import InviteForm
from webapp.throttle import throttle

bp = Blueprint("people", __name__, url_prefix="/team/<slug>/people")

ROLES = {"member": _l("Member"), "admin": _l("Admin")}
STATES = {"joined": _l("joined"), "invited": _l("invited"), "lapsed": _l("invitation lapsed")}


class RoleForm(Form):
    """Another role; the password, unless this browser has signed in lately."""

    role = RadioField(
        _l("Role"),
        choices=[SelectChoice(*pair) for pair in ROLES.items()],
        validators=[InputRequired(_l("Choose a role."))],
    )
    password = PasswordField(_l("Your own password"))


@dataclass(frozen=True)
class Line:
    """A person as colleagues may know them."""

    person_id: int
    name: str
    email: str
    role: str
    zone: str
    policies: str
    state: str
    state_words: str
    is_owner: bool

    @property
    def shown(self) -> str:
        """Return the name, or the address of somebody who has not told a name yet."""
        return self.name or self.email


@bp.get("")
@team_admin
def show(team: Team) -> ResponseReturnValue:
    """The list, and the field to invite more."""
    return _page(team, InviteForm(formdata=None))


@bp.post("")
@team_admin
def invite(team: Team) -> ResponseReturnValue:
    """Invite addresses, with a result for each line. Links stand here until the page is left, never again."""
    form = InviteForm()
    if not form.validate():
        return _page(team, form, 422, with_earlier())
    try:
        results = inviting.invite_lines(
            db(), team, form.emails.data, identity.current_person(), runtime().now()
        )
    except InvalidValueError as problem:
        form.refuse(problem)
        return _page(team, form, 422, with_earlier())
    handed = hand_over(results)
    left = left_to_do(handed)
    form = InviteForm(formdata=None, data={"emails": left})
    if left:
        form.emails.errors = [_("The lines that are left could not be invited; see why above.")]
    # What could be invited stays invited: not 422, which would take it back.
    return _page(team, form, handed=with_earlier(handed))


@bp.get("/<int:person_id>")
@team_admin
def person(team: Team, person_id: int) -> ResponseReturnValue:
    """One person's role and place in the team."""
    return _person_page(team, _membership(team, person_id))


@bp.post("/<int:person_id>/role")
@team_admin
def set_role(team: Team, person_id: int) -> ResponseReturnValue:
    """Give another role, by whoever has signed in lately or shows the password."""
    row = _membership(team, person_id)
    form = RoleForm()
    if not form.validate():
        return _person_page(team, row, form, 422)
    if not identity.signed_in_lately() and not _shows_password(form):
        return _person_page(team, row, form, 422)
    try:
        people.set_role(db(), team, row.person, form.role.data, _actor_id(), runtime().now())
    except DaybreakError as problem:
        form.role.errors = [str(problem)]
        return _person_page(team, row, form, 422)
    say(_("%(who)s: %(role)s.", who=_shown(row), role=ROLES[row.role]))
    return see_other(url_for(".show", slug=team.slug) if _still_admin(team) else url_for("today.show"))


@bp.post("/<int:person_id>/remove")
@team_admin
def remove(team: Team, person_id: int) -> ResponseReturnValue:
    """End a membership; the last admin stays."""
    row = _membership(team, person_id)
    try:
        people.remove_from_team(db(), team, row.person, _actor_id(), runtime().now())
    except DaybreakError as problem:
        return _person_page(team, row, None, 422, problem=str(problem))
    say(_("%(who)s is no longer in %(team)s.", who=_shown(row), team=team.name))
    return see_other(url_for(".show", slug=team.slug) if _still_admin(team) else url_for("today.show"))


@bp.post("/<int:person_id>/link")
@team_admin
def new_link(team: Team, person_id: int) -> ResponseReturnValue:
    """Invite once more, whatever became of the last invitation: it is replaced, and nothing is told of it."""
    row = _membership(team, person_id)
    if row.joined_at is not None:
        raise NotFoundError
    email = row.person.email or ""
    invitation = inviting.invite(db(), team, email, row.role, identity.current_person(), runtime().now())
    handed = [hand_over_one(email, invitation)]
    return _person_page(team, row, handed=handed)


def _page(team: Team, form: InviteForm, status: int = 200, handed: list[Handed] | None = None) -> Response:
    return render(
        "pages/people/index.html",
        "fragments/people_list.html",
        status,
        team=team,
        nav_team=team,
        lines=_lines(team, runtime().now()),
        form=form,
        handed=handed or [],
        has_smtp=runtime().settings.smtp is not None,
        acted=is_fragment() and status == 200,
    )


def _person_page(
    team: Team,
    row: Membership,
    form: RoleForm | None = None,
    status: int = 200,
    *,
    handed: list[Handed] | None = None,
    problem: str = "",
) -> ResponseReturnValue:
    line = next(one for one in _lines(team, runtime().now()) if one.person_id == row.person_id)
    html = render_template(
        "pages/people/person.html",
        team=team,
        nav_team=team,
        line=line,
        form=form or RoleForm(formdata=None, data={"role": row.role}),
        handed=handed or [],
        has_smtp=runtime().settings.smtp is not None,
        problem=problem,
        asks_password=not identity.signed_in_lately(),
        has_password=identity.current_person().password_hash is not None,
        is_you=row.person_id == identity.current_person().id,
    )
    return html, status


def _lines(team: Team, now: datetime) -> list[Line]:
    """Everybody in the team or invited, by name; who is invited and has no name by address."""
    policies = policy_store.policies(db(), team.id)
    chosen = {
        one.id: {row.person_id for row in policy_store.policy_members(db(), one.id) if row.chosen}
        for one in policies
    }
    found = [
        Line(
            person_id=row.person_id,
            name=row.person.name,
            email=row.person.email or "",
            role=str(ROLES[row.role]),
            zone=(row.person.zone or team.zone).replace("_", " "),
            policies=", ".join(p.name for p in policies if p.for_all or row.person_id in chosen[p.id]),
            state=(state := inviting.state_of(row, now)),
            state_words=str(STATES[state]),
            is_owner=row.person.is_owner,
        )
        for row in team_store.members(db(), team.id)
    ]
    return sorted(found, key=lambda line: line.shown.casefold())


def _membership(team: Team, person_id: int) -> Membership:
    row = people_store.membership(db(), team.id, person_id)
    if row is None or row.left_at is not None:
        raise NotFoundError
    return row


def _shows_password(form: RoleForm) -> bool:
    typed, here = form.password.data or "", identity.current_person()
    throttle().check("password of", here.email or "")
    if typed and passwords.is_right(here, typed):
        return True
    if typed:
        throttle().spend("password of", here.email or "")
    form.password.errors = [_("That is not your password.") if typed else _("Type your password.")]
    return False


def _still_admin(team: Team) -> bool:
    here = identity.current_person()
    row = people_store.membership(db(), team.id, here.id)
    return here.is_owner or (row is not None and row.left_at is None and row.role == "admin")


def _actor_id() -> int:
    return identity.current_person().id


def _shown(row: Membership) -> str:
    return row.person.name or row.person.email or ""
