"""Queries about persons, memberships and invitations."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from daybreak.store.tables import Invitation, Membership, Person, Prompt, SignInSession


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person of an address, which must be normalised."""
    return session.scalar(select(Person).where(Person.email == email))


def membership(session: Session, team_id: int, person_id: int) -> Membership | None:
    """Return the membership of a person in a team, ended or not."""
    query = select(Membership).where(Membership.team_id == team_id, Membership.person_id == person_id)
    return session.scalar(query)


def memberships_of(session: Session, person_id: int) -> Sequence[Membership]:
    """Return a person's memberships that have not ended, oldest first."""
    query = (
        select(Membership)
        .where(Membership.person_id == person_id, Membership.left_at.is_(None))
        .order_by(Membership.id)
    )
    return session.scalars(query).all()


def has_ever_joined(session: Session, person_id: int) -> bool:
    """Tell whether a person has said yes to a team, be it one they have left."""
    query = select(Membership.id).where(Membership.person_id == person_id, Membership.joined_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def count_admins(session: Session, team_id: int) -> int:
    """Count the admins of a team who have joined."""
    query = select(func.count()).where(
        Membership.team_id == team_id,
        Membership.role == "admin",
        Membership.left_at.is_(None),
        Membership.joined_at.is_not(None),
    )
    return session.scalar(query) or 0


def owners(session: Session) -> Sequence[Person]:
    """Return the owners of the workspace, oldest first."""
    return session.scalars(select(Person).where(Person.is_owner).order_by(Person.id)).all()


def invitation_by_hash(session: Session, token_hash: str) -> Invitation | None:
    """Return the invitation whose link carries a token."""
    return session.scalar(select(Invitation).where(Invitation.token_hash == token_hash))


def open_invitations(session: Session, membership_id: int, now: datetime) -> Sequence[Invitation]:
    """Return a membership's invitations that can still be used."""
    query = select(Invitation).where(
        Invitation.membership_id == membership_id,
        Invitation.spent_at.is_(None),
        Invitation.expires_at > now,
    )
    return session.scalars(query).all()


def cancel_open(
    session: Session,
    now: datetime,
    reason: str,
    *,
    person_id: int | None = None,
    team_id: int | None = None,
    policy_id: int | None = None,
) -> None:
    """Cancel prompts that wait for an answer; those past their deadline are missed, not cancelled."""
    wanted = {"person_id": person_id, "team_id": team_id, "policy_id": policy_id}
    matches = [getattr(Prompt, key) == value for key, value in wanted.items() if value is not None]
    session.execute(
        update(Prompt)
        .where(Prompt.standing == "open", Prompt.deadline_at > now, *matches)
        .values(standing="cancelled", reason=reason, closed_at=now)
    )


def revoke_sessions(session: Session, person_ids: Iterable[int], now: datetime) -> None:
    """End every browser session of some persons."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.person_id.in_(list(person_ids)), SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )
