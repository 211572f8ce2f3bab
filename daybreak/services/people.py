"""People: addresses, roles, and leaving a team; the last admin and the last owner stay."""

import re
import unicodedata
from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError, InvalidValueError
from daybreak.services import auditing, planning
from daybreak.store import people as store
from daybreak.store.tables import Membership, Person, Team
from daybreak.tokens import new_token
from daybreak.wording import gettext as _

ROLES = ("member", "admin")
EMAIL_MAX = 254
LEFT = "left"
"""The reason on prompts that a departure cancels."""
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s\"(),:;<>\[\]\\]+")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


class LastAdminError(DaybreakError):
    """This is the team's last admin: make somebody else admin first."""


class LastOwnerError(DaybreakError):
    """This is the last owner of the workspace: make somebody else owner first."""


def normalised_email(text: object, field: str = "email") -> str:
    """Return an address in lower case, without spaces around it. Raises InvalidValueError."""
    address = unicodedata.normalize("NFC", text).strip().lower() if isinstance(text, str) else ""
    hint = _("For example ana@example.org.")
    if not address:
        raise InvalidValueError(field, _("This needs an e-mail address."), hint=hint)
    if len(address.encode()) > EMAIL_MAX:
        raise InvalidValueError(field, _("An address has at most %(n)s characters.", n=EMAIL_MAX))
    local, _at, domain = address.rpartition("@")
    good = (
        _EMAIL.fullmatch(address)
        and not any(unicodedata.category(c).startswith(("C", "Z")) for c in address)
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
        and all(_LABEL.fullmatch(label) for label in domain.split("."))
    )
    if not good:
        shown = "".join(c if c.isprintable() else "?" for c in address)[:80]
        raise InvalidValueError(field, _("“%(text)s” is not an e-mail address.", text=shown), hint=hint)
    return address


def find_person(session: Session, email: str) -> Person | None:
    """Return the person of an address however it is written. Raises InvalidValueError."""
    return store.person_by_email(session, normalised_email(email))


def find_or_create(
    session: Session,
    email: str,
    actor_id: int | None,
    now: datetime,
    *,
    name: str = "",
    origin: str | None = None,
) -> Person:
    """Return the person of an address, made if there is none. Raises InvalidValueError."""
    address = normalised_email(email)
    person = store.person_by_email(session, address)
    if person is None:
        person = Person(email=address, name=name, created_at=now, unsubscribe_key=new_token())
        session.add(person)
        session.flush()
        auditing.record(
            session, actor_id, "person.created", "person", person.id, None, None, None, now, origin
        )
    return person


def set_role(
    session: Session,
    team: Team,
    person: Person,
    role: str,
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> bool:
    """Make a member of the team admin or member; whether that was a change.

    Raises LastAdminError; InvalidValueError for another role or somebody who is not in the team.
    """
    if role not in ROLES:
        raise InvalidValueError("role", _("A role is member or admin."))
    membership = _living(session, team, person)
    if membership.role == role:
        return False
    if role != "admin":
        _keep_an_admin(session, membership)
    old, membership.role = membership.role, role
    auditing.record(
        session, actor_id, "membership.role_changed", "person", person.id, team.id,
        {"role": old}, {"role": role}, now, origin,
    )  # fmt: skip
    return True


def set_owner(
    session: Session,
    person: Person,
    is_owner: bool,
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> bool:
    """Make a person owner, or no longer; whether that was a change. Raises LastOwnerError."""
    if person.is_owner == is_owner:
        return False
    if not is_owner and len(store.owners(session)) == 1:
        raise LastOwnerError
    person.is_owner = is_owner
    auditing.record(
        session, actor_id, "person.owner_changed", "person", person.id, None,
        {"owner": not is_owner}, {"owner": is_owner}, now, origin,
    )  # fmt: skip
    return True


def remove_from_team(
    session: Session,
    team: Team,
    person: Person,
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
    whole_team: bool = False,
) -> None:
    """End a membership, by an admin or, where the actor is the person, by leaving.

    Open prompts of the team are cancelled and open invitations end. Who leaves has said no: only that person
    can say yes again. `whole_team` is for removing everybody. Raises LastAdminError, InvalidValueError.
    """
    membership = _living(session, team, person)
    if not whole_team:
        _keep_an_admin(session, membership)
    membership.left_at = now
    if actor_id == person.id:
        membership.refused_at = now
    for invitation in store.open_invitations(session, membership.id, now):
        invitation.expires_at = now
    store.cancel_open(session, now, LEFT, person_id=person.id, team_id=team.id)
    auditing.record(
        session, actor_id, "membership.ended", "person", person.id, team.id,
        {"role": membership.role}, None, now, origin,
    )  # fmt: skip
    planning.replan(session, [person], now)


def _living(session: Session, team: Team, person: Person) -> Membership:
    membership = store.membership(session, team.id, person.id)
    if membership is None or membership.left_at is not None:
        raise InvalidValueError("person", _("This person is not in the team."))
    return membership


def _keep_an_admin(session: Session, membership: Membership) -> None:
    counts = membership.role == "admin" and membership.joined_at is not None
    if counts and store.count_admins(session, membership.team_id) == 1:
        raise LastAdminError
