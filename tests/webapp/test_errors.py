"""Every error has a calm page, an honest status, and no insides."""

import sqlite3
from contextlib import closing

import pytest
import structlog
from flask import Blueprint, abort
from sqlalchemy.exc import OperationalError

from daybreak.domain.errors import DaybreakError, ForbiddenError, InvalidValueError, NotFoundError
from daybreak.store.tables import Person
from tests.webapp.conftest import Web
from webapp.guards import public, signed_in
from webapp.identity import current_person

BOOM = "kaboom bob@acme.test"


@pytest.fixture
def troubled(web: Web) -> Web:
    """The app with views that fail in every way."""
    bp = Blueprint("trouble", __name__)

    def fail(name: str) -> str:
        raise {
            "missing": NotFoundError(),
            "forbidden": ForbiddenError(),
            "invalid": InvalidValueError("zone", "No such zone.", hint="Try Europe/Lisbon."),
            "own": DaybreakError("The webhook was removed.", hint="Paste a new one."),
            "boom": RuntimeError(BOOM),
            "database": OperationalError("SELECT 1", {}, RuntimeError(BOOM)),
        }[name]

    def rename(status: int) -> tuple[str, int]:
        current_person().name = "Robert"
        return "", status

    bp.add_url_rule("/fail/<name>", "fail", public(fail))
    bp.add_url_rule("/abort/<int:status>", "abort", public(lambda status: abort(status)))
    bp.add_url_rule("/rename/<int:status>", "rename", signed_in(rename), methods=["GET", "POST"])
    web.app.register_blueprint(bp)
    return web


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/no-such-page", 404, "Nothing here. Go to Today."),
        ("/fail/missing", 404, "Nothing here. Go to Today."),
        ("/fail/forbidden", 403, "Only team admins can change this."),
        ("/fail/invalid", 422, "No such zone. Try Europe/Lisbon."),
        ("/fail/own", 400, "The webhook was removed. Paste a new one."),
        ("/abort/405", 405, "This page cannot do that."),
        ("/abort/418", 418, "That did not work"),
        ("/fail/boom", 500, "When you report it, give the reference"),
        ("/fail/database", 503, "The database is busy."),
    ],
)
def test_pages(troubled: Web, path: str, status: int, words: str) -> None:
    for browser in (troubled.client(), troubled.signed_in(troubled.world.bob)):
        response = browser.get(path)
        assert response.status_code == status
        assert response.mimetype == "text/html"
        assert words in " ".join(response.text.split())
        assert "data-problem" in response.text
        assert "Traceback" not in response.text
        assert "kaboom" not in response.text
        assert "SELECT" not in response.text


def test_method_says_what_is_allowed(troubled: Web) -> None:
    response = troubled.client().post("/fail/own")
    assert (response.status_code, response.allow) == (405, {"GET", "HEAD", "OPTIONS"})


def test_too_large(web: Web) -> None:
    form = "application/x-www-form-urlencoded"
    response = web.client().post("/signin", data=b"x" * (2 * 1024 * 1024 + 1), content_type=form)
    assert response.status_code == 413
    assert "more than Daybreak takes at once" in response.text


def test_the_reference_of_a_500_is_in_the_log(troubled: Web) -> None:
    with structlog.testing.capture_logs() as logs:
        page = troubled.client().get("/fail/boom").text
    (entry,) = [entry for entry in logs if entry["event"] == "unexpected"]
    assert entry["reference"] in page
    assert isinstance(entry["exc_info"], RuntimeError)


def name_of_bob(web: Web) -> str:
    with web.reading() as session:
        return session.get_one(Person, web.world.bob.id).name


class TestTransaction:
    """One request, one transaction."""

    @pytest.mark.parametrize(
        ("status", "name"), [(200, "Robert"), (303, "Robert"), (422, "Bob"), (500, "Bob")]
    )
    def test_is_kept_below_400(self, troubled: Web, status: int, name: str) -> None:
        assert troubled.signed_in(troubled.world.bob).post(f"/rename/{status}").status_code == status
        assert name_of_bob(troubled) == name

    def test_a_get_cannot_write(self, troubled: Web) -> None:
        response = troubled.signed_in(troubled.world.bob).get("/rename/200")
        assert name_of_bob(troubled) == "Bob"
        assert response.status_code == 200  # nothing was flushed, so nothing failed


@pytest.mark.sqlite
def test_a_locked_database_is_said_and_pages_are_still_shown(troubled: Web) -> None:
    browser = troubled.signed_in(troubled.world.bob)
    database = troubled.runtime.engine.url.database
    assert database
    with troubled.runtime.engine.connect() as connection:  # the one connection of the pool
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = browser.post("/rename/200")
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert "Nothing was changed" in response.text
        assert browser.get("/movements").status_code == 200
    assert name_of_bob(troubled) == "Bob"
    assert browser.post("/rename/200").status_code == 200
