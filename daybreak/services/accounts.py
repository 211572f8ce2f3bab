"""Signing in and out: sessions that the server can end, links, passwords."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from daybreak.store import accounts as store
from daybreak.store.tables import Person, SignInSession
from daybreak.tokens import hash_token, new_token

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)
SEEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class SignedIn:
    """A session that holds, and whose it is."""

    row: SignInSession
    person: Person


def open_session(session: Session, person: Person, now: datetime) -> str:
    """Sign the person in; the token returned is what the browser keeps, its hash what we keep."""
    token = new_token()
    session.add(
        SignInSession(
            token_hash=hash_token(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Return who the token signs in, or None once its session has ended: idle, absolutely or revoked."""
    found = store.session_by_hash(session, hash_token(token))
    if found is None:
        return None
    row, person = found
    if row.revoked_at is not None or now >= row.expires_at or now >= row.seen_at + IDLE or person.email is None:
        return None
    return SignedIn(row, person)


def is_to_be_noted(signed_in: SignedIn, now: datetime) -> bool:
    """Tell whether it is time to note that the session is in use, which is done at most hourly."""
    return now >= signed_in.row.seen_at + SEEN_EVERY


def note_seen(session: Session, session_id: int, now: datetime) -> None:
    """Note that the session is in use, which postpones its idle end."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=now))


def close_session(session: Session, token: str, now: datetime) -> None:
    """Sign out the one browser that holds the token."""
    _revoke(session, SignInSession.token_hash == hash_token(token), now)


def sign_out_everywhere(session: Session, person_id: int, now: datetime, *, keep: str | None = None) -> None:
    """End all sessions of the person, except that of the token `keep`."""
    kept = hash_token(keep) if keep else ""
    _revoke(session, (SignInSession.person_id == person_id) & (SignInSession.token_hash != kept), now)


def _revoke(session: Session, which: object, now: datetime) -> None:
    statement = update(SignInSession).where(which, SignInSession.revoked_at.is_(None))  # type: ignore[arg-type]
    session.execute(statement.values(revoked_at=now))
