"""Invitations: one use, bound to one address, seven days; refused looks like ignored to everybody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError, ForbiddenError, InvalidValueError
from daybreak.services import auditing, passwords, planning, writing
from daybreak.services.pasted import pasted_addresses
from daybreak.services.people import ROLES, find_or_create
from daybreak.services.teams import checked_name
from daybreak.store import people as store
from daybreak.store.tables import Invitation, Membership, Person, Team
from daybreak.tokens import hash_token, new_token
from daybreak.wording import gettext as _

LASTS = timedelta(days=7)
MOST_AT_ONCE = 200


class InvitationGoneError(DaybreakError):
    """This invitation was used, replaced or has lapsed: ask your team for a new one."""


@dataclass(frozen=True)
class InviteResult:
    """What became of one line of addresses: an invitation, or the error that says why not."""

    line: str
    invitation: Invitation | None
    problem: InvalidValueError | None


@dataclass(frozen=True)
class OpenInvitation:
    """What the page of an invitation shows to whoever holds its link."""

    invitation_id: int
    person_id: int
    team_id: int
    team_name: str
    email: str
    name: str
    role: str
    inviter: str  # a name, or "" where the workspace file invited
    expires_at: datetime
    has_account: bool  # no name or password to ask for, and the link must not sign in


def invite(
    session: Session,
    team: Team,
    email: str,
    role: str,
    inviter: Person | None,
    now: datetime,
    *,
    name: str = "",
    origin: str | None = None,
) -> Invitation:
    """Invite an address to a team; `inviter` None is the operator. An open invitation is replaced.

    The link exists once `make_link` was called or the letter is handed off. Raises InvalidValueError at
    "email" (not an address, in the team already) or "role"; ForbiddenError for a role above the inviter's.
    """
    if role not in ROLES:
        raise InvalidValueError("role", _("A role is member or admin."))
    if inviter is not None and not _may_give(session, team, inviter, role):
        raise ForbiddenError(_("You can only invite people to roles that you have yourself."))
    actor_id = inviter.id if inviter else None
    person = find_or_create(session, email, actor_id, now, name=name, origin=origin)
    membership = store.membership(session, team.id, person.id)
    if membership is None:
        membership = Membership(team_id=team.id, person_id=person.id)
        session.add(membership)
    elif membership.left_at is None and membership.joined_at is not None:
        raise InvalidValueError("email", _("This person is in the team already."))
    membership.role = role
    membership.invited_at = now
    membership.left_at = membership.joined_at = None
    session.flush()
    for before in store.open_invitations(session, membership.id, now):
        before.expires_at = now
    invitation = Invitation(
        membership_id=membership.id,
        token_hash=hash_token(new_token()),  # nobody's, until a link is made
        created_by=actor_id,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(invitation)
    session.flush()
    session.refresh(person, ["memberships"])
    auditing.record(
        session, actor_id, "invitation.sent", "person", person.id, team.id, None, {"role": role}, now, origin
    )
    return invitation


def invite_lines(
    session: Session, team: Team, text: str, inviter: Person, now: datetime
) -> list[InviteResult]:
    """Invite the addresses of a pasted text as members; a result for each entry, in order.

    Raises InvalidValueError at "emails" beyond 200.
    """
    lines = pasted_addresses(text)
    if len(lines) > MOST_AT_ONCE:
        raise InvalidValueError("emails", _("At most %(n)s addresses at once.", n=MOST_AT_ONCE))
    results = []
    for line, address in lines.items():
        try:
            results.append(InviteResult(line, invite(session, team, address, "member", inviter, now), None))
        except InvalidValueError as problem:
            results.append(InviteResult(line, None, problem))
    return results


def make_link(session: Session, invitation: Invitation, now: datetime) -> str:
    """Return a fresh token for an invitation's link (`Links.join`); links made before stop working.

    Raises InvitationGoneError for one that cannot be used any more.
    """
    if invitation.spent_at is not None or invitation.expires_at <= now:
        raise InvitationGoneError
    token = new_token()
    invitation.token_hash = hash_token(token)
    session.flush()
    return token


def send(session: Session, invitation: Invitation, now: datetime) -> int:
    """Write the letter that carries an invitation; the id of its delivery, which the shell rings for."""
    membership = session.get_one(Membership, invitation.membership_id)
    person = session.get_one(Person, membership.person_id)
    return writing.write(session, "invitation", person, invitation.id, now, invitation.expires_at)


def open_invitation(session: Session, token: str, now: datetime) -> OpenInvitation:
    """Return what an invitation says to the holder of its link. Raises InvitationGoneError."""
    invitation, membership, person = _open(session, token, now)
    inviter = session.get(Person, invitation.created_by) if invitation.created_by else None
    return OpenInvitation(
        invitation_id=invitation.id,
        person_id=person.id,
        team_id=membership.team_id,
        team_name=session.get_one(Team, membership.team_id).name,
        email=person.email or "",
        name=person.name,
        role=membership.role,
        inviter=inviter.name if inviter else "",
        expires_at=invitation.expires_at,
        has_account=has_account(session, person),
    )


def accept(session: Session, token: str, name: str, now: datetime, password: str | None = None) -> Person:
    """Join the team: the person's own yes, from which prompts may start; the person who joined.

    Name and password are taken only from somebody who has no account yet: a link must not change one that
    exists. Raises InvitationGoneError; InvalidValueError at "name" or "password".
    """
    invitation, membership, person = _open(session, token, now)
    if not has_account(session, person):
        person.name = checked_name(name, "name")
        person.own_fields = sorted({*person.own_fields, "name"})
        if password:
            passwords.set_password(session, person, password)
    invitation.spent_at = now
    membership.joined_at = now
    membership.refused_at = None
    session.flush()
    auditing.record(
        session, person.id, "membership.joined", "person", person.id, membership.team_id,
        None, {"role": membership.role}, now,
    )  # fmt: skip
    planning.replan(session, [person], now)
    return person


def refuse(session: Session, token: str, now: datetime) -> None:
    """Say no. Nothing that others see changes, and nothing is logged. Raises InvitationGoneError."""
    invitation, membership, _person = _open(session, token, now)
    invitation.spent_at = now
    membership.refused_at = now
    session.flush()


def has_account(session: Session, person: Person) -> bool:
    """Whether somebody uses this account already: then no link that others may hold can change it."""
    used = person.is_owner or person.password_hash is not None or bool(person.own_fields)
    return used or store.has_ever_joined(session, person.id)


def state_of(membership: Membership, now: datetime) -> str:
    """Return what colleagues may know of a membership: joined, invited, lapsed or ended; never a refusal."""
    if membership.left_at is not None:
        return "ended"
    if membership.joined_at is not None:
        return "joined"
    return "invited" if membership.invited_at and now < membership.invited_at + LASTS else "lapsed"


def _open(session: Session, token: str, now: datetime) -> tuple[Invitation, Membership, Person]:
    invitation = store.invitation_by_hash(session, hash_token(token))
    if invitation is None or invitation.spent_at is not None or invitation.expires_at <= now:
        raise InvitationGoneError
    membership = session.get_one(Membership, invitation.membership_id)
    person = session.get_one(Person, membership.person_id)
    if membership.left_at is not None or membership.joined_at is not None or person.email is None:
        raise InvitationGoneError
    return invitation, membership, person


def _may_give(session: Session, team: Team, inviter: Person, role: str) -> bool:
    if inviter.is_owner:
        return True
    own = store.membership(session, team.id, inviter.id)
    if own is None or own.left_at is not None or own.joined_at is None:
        return False
    return own.role == "admin" or role == "member"
