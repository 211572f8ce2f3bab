"""Queries about signing in, and about what whoever is signed in may see."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.store.tables import Membership, Person, SignInLink, SignInSession, Team


def session_by_hash(session: Session, token_hash: str) -> tuple[SignInSession, Person] | None:
    """Return a browser's session and its person, whether or not it still holds."""
    row = session.execute(
        select(SignInSession, Person)
        .join(Person, Person.id == SignInSession.person_id)
        .where(SignInSession.token_hash == token_hash)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def link_by_hash(session: Session, token_hash: str) -> SignInLink | None:
    """Return the sign-in link, whether or not it is still good."""
    return session.scalar(select(SignInLink).where(SignInLink.token_hash == token_hash))


def teams_of(session: Session, person_id: int) -> Sequence[Team]:
    """Return the teams the person belongs to, in the order of joining."""
    query = (
        select(Team)
        .join(Membership)
        .where(Membership.person_id == person_id)
        .where(Membership.joined_at.is_not(None), Membership.left_at.is_(None))
        .order_by(Membership.joined_at, Membership.id)
    )
    return session.scalars(query).all()
