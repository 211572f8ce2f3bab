"""Signing in and out: sessions that the server can end, and links; passwords are in passwords.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from daybreak.services import auditing, writing
from daybreak.store import accounts as store
from daybreak.store.people import person_by_email
from daybreak.store.tables import Person, SignInLink, SignInSession
from daybreak.tokens import hash_token, new_token

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)
SEEN_EVERY = timedelta(hours=1)
LINK_LIFETIME = timedelta(minutes=10)
MAX_WRONG_CODES = 5

Refusal = Literal["gone", "code_needed", "wrong_code"]


@dataclass(frozen=True)
class SignedIn:
    """A session that holds, and whose it is."""

    row: SignInSession
    person: Person


@dataclass(frozen=True)
class Opened:
    """What spending a link came to: somebody signed in, or why not and how many codes may still be tried."""

    person: Person | None = None
    next_path: str | None = None
    refusal: Refusal | None = None
    tries_left: int = 0


@dataclass(frozen=True)
class OpenLink:
    """A link that is still good, as the page that shows it needs it."""

    email: str
    needs_code: bool


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
    ends_at = min(row.expires_at, row.seen_at + IDLE)
    if row.revoked_at is not None or now >= ends_at or person.email is None:
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
    auditing.record(
        session, person_id, "person.signed_out_everywhere", "person", person_id, None, None, None, now
    )
    kept = hash_token(keep) if keep else ""
    _revoke(session, (SignInSession.person_id == person_id) & (SignInSession.token_hash != kept), now)


def ask_for_link(
    session: Session, email: str, browser: str, code: str, next_path: str | None, now: datetime
) -> int | None:
    """Write a letter with a link to whoever has the address; its delivery's id, or None for nobody.

    `browser` is the asking browser's nonce, `code` what its page shows; the link's token is made at hand-off.
    """
    person = person_by_email(session, email.strip().lower())
    if person is None:
        return None
    link = SignInLink(
        person_id=person.id,
        browser_hash=hash_token(browser),
        code_hash=hash_token(code),
        next_path=next_path,
        created_at=now,
        expires_at=now + LINK_LIFETIME,
    )
    session.add(link)
    session.flush()
    return writing.write(session, "sign_in", person, link.id, now, link.expires_at)


def make_link_for_command(
    session: Session, person: Person, now: datetime, lifetime: timedelta = LINK_LIFETIME
) -> str:
    """Return the raw token of a link that signs the person in from any browser, once, within its lifetime."""
    token = new_token()
    link = SignInLink(
        person_id=person.id,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(link)
    session.flush()
    return token


def look_at_link(session: Session, token: str, browser: str | None, now: datetime) -> OpenLink | None:
    """Return what the page of a good link shows in this browser, or None for any other; changes nothing."""
    found = _good_link(session, token, now)
    if found is None:
        return None
    link, email = found
    return OpenLink(email, needs_code=not _is_same_browser(link, browser))


def spend_link(session: Session, token: str, browser: str | None, code: str, now: datetime) -> Opened:
    """Spend the link: once, in the browser that asked or with the code shown there.

    A wrong code is counted, the fifth spends the link: commit also when `refusal` is set.
    """
    found = _good_link(session, token, now)
    if found is None:
        return Opened(refusal="gone")
    link, _email = found
    if not _is_same_browser(link, browser):
        if not code:
            return Opened(refusal="code_needed")
        if hash_token(code) != link.code_hash:
            return _count_wrong_code(session, link, now)
    if not _spend(session, link, now):
        return Opened(refusal="gone")
    return Opened(person=session.get_one(Person, link.person_id), next_path=link.next_path)


def _good_link(session: Session, token: str, now: datetime) -> tuple[SignInLink, str] | None:
    link = store.link_by_hash(session, hash_token(token))
    if link is None or link.spent_at is not None or now >= link.expires_at:
        return None
    email = session.get_one(Person, link.person_id).email
    return (link, email) if email else None


def _is_same_browser(link: SignInLink, browser: str | None) -> bool:
    if link.browser_hash is None:  # printed by a command: good in any browser
        return True
    return browser is not None and hash_token(browser) == link.browser_hash


def _count_wrong_code(session: Session, link: SignInLink, now: datetime) -> Opened:
    """Count in the database, so that tries at the same moment are all counted."""
    counted = (
        update(SignInLink)
        .where(SignInLink.id == link.id)
        .values(wrong_codes=SignInLink.wrong_codes + 1)
        .returning(SignInLink.wrong_codes)
    )
    left = MAX_WRONG_CODES - session.execute(counted).scalar_one()
    if left <= 0:
        _spend(session, link, now)
        return Opened(refusal="gone")
    return Opened(refusal="wrong_code", tries_left=left)


def _spend(session: Session, link: SignInLink, now: datetime) -> bool:
    """Mark the link as spent; False where another request was first."""
    statement = update(SignInLink).where(SignInLink.id == link.id, SignInLink.spent_at.is_(None))
    return session.execute(statement.values(spent_at=now).returning(SignInLink.id)).scalar() is not None


def _revoke(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    statement = update(SignInSession).where(which, SignInSession.revoked_at.is_(None))
    session.execute(statement.values(revoked_at=now))
