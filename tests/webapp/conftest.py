"""A running app over a fresh database with the small world in it, and browsers to look at it with."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from daybreak import runtime as runtimes
from daybreak import settings as settings_module
from daybreak.clock import Clock
from daybreak.runtime import Runtime
from daybreak.services import accounts
from daybreak.store.tables import Person
from tests.support.world import MONDAY_0900, World, make_world
from webapp import create_app

SECRET = "a-secret-of-tests-that-is-long-enough"
FRAGMENT = {"HX-Request": "true"}


class HandClock(Clock):
    """A clock that stands still until a test moves it: `web.clock.at = …`."""

    at: datetime = MONDAY_0900

    def now(self) -> datetime:
        """Return the instant a test has set."""
        return self.at


class Browser(FlaskClient):
    """A browser that sends our CSRF token, unless `forged=True`, and asks for fragments by `hx=True`."""

    def open(self, *args: Any, forged: bool = False, hx: bool = False, **kwargs: Any) -> TestResponse:
        """Ask the app, as werkzeug's client does."""
        headers = dict(kwargs.pop("headers", None) or {})
        if hx:
            headers |= FRAGMENT
        if not forged and kwargs.get("method", "GET") not in ("GET", "HEAD", "OPTIONS"):
            with self.session_transaction() as session:
                raw = session.setdefault("csrf_token", "raw")
            signer = URLSafeTimedSerializer(self.application.config["SECRET_KEY"], salt="wtf-csrf-token")
            headers["X-CSRFToken"] = str(signer.dumps(raw))
        kwargs.setdefault("buffered", True)  # closes what it read, files above all
        return super().open(*args, headers=headers, **kwargs)


@dataclass
class Web:
    """The app over real rows: `world` holds them, `clock.at` is now, `client()` is a browser signed out."""

    app: Flask
    runtime: Runtime
    clock: HandClock
    world: World

    def client(self) -> Browser:
        """Return a new browser, signed out."""
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        return browser

    def signed_in(self, person: Person) -> Browser:
        """Return a new browser in which the person is signed in."""
        browser = self.client()
        with self.writing() as session:
            token = accounts.open_session(session, person, self.clock.at)
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
            cookie.permanent = True
        return browser

    def writing(self) -> AbstractContextManager[Session]:
        """Change rows behind the app's back."""
        return self.runtime.writing()

    def reading(self) -> AbstractContextManager[Session]:
        """Look at rows behind the app's back."""
        return self.runtime.reading()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every view on both databases; what is looked at in a browser, or is SQLite's own, on that alone."""
    if "web_database_url" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        databases = ["sqlite"] if marks & {"browser", "sqlite"} else ["sqlite", "postgresql"]
        metafunc.parametrize("web_database_url", databases, indirect=True)


@pytest.fixture
def web_database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own."""
    url: str = request.getfixturevalue(f"{request.param}_database_url".replace("postgresql", "postgres"))
    return url


@pytest.fixture
def make_web(web_database_url: str, tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """Make an app with settings of one's own: `make_web(BASE_URL="https://…")`."""

    engines: list[Engine] = []

    def make(prepare: Callable[[Session], World] = make_world, **environ: str) -> Web:
        base = {
            "DAYBREAK_HOME": str(tmp_path / "home"),
            "DATABASE_URL": web_database_url,
            "SECRET_KEY": SECRET,
            "BASE_URL": "http://localhost",
        }
        clock = HandClock()
        made = replace(runtimes.build(settings_module.load({**base, **environ})), clock=clock)
        engines.append(made.engine)
        with made.writing() as session:
            world = prepare(session)
        app = create_app(made)
        app.test_client_class = Browser
        return Web(app, made, clock, world)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    """The app as most tests want it: Alice owns and administers, Bob is a member, Charlie a stranger."""
    return make_web()


@pytest.fixture
def admin(web: Web) -> Browser:
    """A browser in which Alice, who administers the team, is signed in."""
    return web.signed_in(web.world.alice)


@pytest.fixture
def bob(web: Web) -> Browser:
    """A browser in which Bob, a member, is signed in; his next break has yet to be planned."""
    with web.writing() as session:
        session.get_one(Person, web.world.bob.id).next_due_at = None
    return web.signed_in(web.world.bob)
