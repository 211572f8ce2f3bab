"""Queries about signing in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.store.tables import Person, SignInLink, SignInSession


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person with the address, whatever its case."""
    return session.scalar(select(Person).where(Person.email == email.strip().lower()))


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
