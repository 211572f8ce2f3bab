"""Who asks: Flask-Login over sessions that live in the database and can be ended there."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError

from daybreak import wording
from daybreak.services import accounts
from daybreak.store.tables import Person
from webapp.db import SAFE, db, runtime

log = structlog.get_logger(__name__)


class Account(UserMixin):  # type: ignore[misc]
    """What Flask-Login is given: the person, the token of this browser's session, and when it began."""

    def __init__(self, person: Person, token: str, since_at: datetime) -> None:
        self.person = person
        self.token = token
        self.since_at = since_at

    def get_id(self) -> str:
        """Return the revocable token, which is all that the cookie holds."""
        return self.token


def is_signed_in() -> bool:
    """Tell whether somebody is signed in."""
    return bool(current_user.is_authenticated)


def current_person() -> Person:
    """Return who is signed in, a row of `db()`. Raises RuntimeError on a public page without anybody."""
    person = person_or_none()
    if person is None:
        raise RuntimeError("nobody is signed in: ask is_signed_in() on public pages")
    return person


def person_or_none() -> Person | None:
    """Return who is signed in, or None; for pages that are public."""
    account: Any = current_user._get_current_object()
    return account.person if isinstance(account, Account) else None


def session_token() -> str | None:
    """Return the token of this browser's session, for `sign_out_everywhere(…, keep=…)`."""
    account: Any = current_user._get_current_object()
    return account.token if isinstance(account, Account) else None


def signed_in_lately(within: timedelta = timedelta(minutes=15)) -> bool:
    """Tell whether this browser signed in within that time: what a change of a secret or a role asks for."""
    account: Any = current_user._get_current_object()
    return isinstance(account, Account) and runtime().now() - account.since_at < within


def sign_in(person: Person) -> None:
    """Sign the person in on this browser, in a new session; the old one, if any, ends on the server too."""
    old = session_token()
    if old is not None:
        accounts.close_session(db(), old, runtime().now())
    token = accounts.open_session(db(), person, runtime().now())
    session.clear()
    session.permanent = True
    login_user(Account(person, token, runtime().now()))


def sign_out() -> None:
    """End this browser's session, on the server too."""
    token = session_token()
    if token is not None:
        accounts.close_session(db(), token, runtime().now())
    logout_user()
    session.clear()


def forget_browser() -> None:
    """Take the cookie of somebody whose sessions are gone already."""
    logout_user()
    session.clear()


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie, which files do without: they would vary by it and be fetched again."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie if it changed."""
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_identity(app: Flask) -> None:
    """Make Flask-Login read our sessions."""
    app.session_interface = Cookies()
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)  # it would ask the database on the pages of errors
    manager.session_protection = "basic"
    manager.user_loader(_load)
    app.before_request(_speak_the_persons)


def _load(token: str) -> Account | None:
    now = runtime().now()
    signed_in = accounts.find_session(db(), token, now)
    if signed_in is None:
        return None
    if accounts.is_to_be_noted(signed_in, now):
        _note_seen(signed_in.row.id, now)
    return Account(signed_in.person, token, signed_in.row.created_at)


def _speak_the_persons() -> None:
    """Render words in the language the person has chosen."""
    quiet = request.endpoint in (None, "static") or request.blueprint == "health"
    person = None if quiet else person_or_none()
    if person and person.language:
        wording.set_locale(person.language)


def _note_seen(session_id: int, now: datetime) -> None:
    if request.method not in SAFE:
        accounts.note_seen(db(), session_id, now)
        return
    try:
        with runtime().writing() as short:
            accounts.note_seen(short, session_id, now)
    except OperationalError:
        log.warning("session_not_noted")  # the page matters more; the next request notes it
