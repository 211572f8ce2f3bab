"""What machines are told about the installation."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from daybreak.services import writing
from daybreak.store.tables import Attempt, Person, Workspace
from tests.webapp.conftest import SECRET, Web


def tick(web: Web) -> None:
    """Let beat tick now."""
    with web.writing() as session:
        session.get_one(Workspace, 1).last_tick_at = web.clock.at


def test_ready(make_web: Callable[..., Web], valkey_url: str) -> None:
    web = make_web(REDIS_URL=valkey_url)
    tick(web)
    web.clock.at += timedelta(seconds=59)
    response = web.client().get("/readyz")
    assert response.status_code == 200
    assert response.json == {
        "status": "ok", "database": "ok", "migrations": "ok", "redis": "ok", "tick": "ok", "sending": "ok"
    }  # fmt: skip


def failing(web: Web) -> set[str]:
    """The parts that are said to fail."""
    response = web.client().get("/readyz")
    assert response.status_code == 503
    parts: dict[str, str] = response.get_json()
    assert parts.pop("status") == "failing"
    return {part for part, state in parts.items() if state != "ok"}


def test_late_tick(make_web: Callable[..., Web], valkey_url: str) -> None:
    web = make_web(REDIS_URL=valkey_url)
    assert failing(web) == {"tick"}
    tick(web)
    web.clock.at += timedelta(seconds=60)
    assert failing(web) == {"tick"}


def test_nobody_sends(make_web: Callable[..., Web], valkey_url: str) -> None:
    web = make_web(REDIS_URL=valkey_url)
    with web.writing() as session:
        owner = session.query(Person).first()
        assert owner is not None
        delivery_id = writing.send_try(session, owner, web.clock.at, by_email=True)
    tick(web)
    web.clock.at += timedelta(seconds=59)
    assert web.client().get("/readyz").status_code == 200
    web.clock.at += timedelta(seconds=1)
    tick(web)
    assert failing(web) == {"sending"}
    with web.writing() as session:  # a backlog in which somebody moves
        session.add(Attempt(delivery_id=delivery_id, at=web.clock.at, result="retry"))
    assert web.client().get("/readyz").status_code == 200


def test_no_redis(web: Web) -> None:
    tick(web)
    assert failing(web) == {"redis"}


def test_redis_down(make_web: Callable[..., Web]) -> None:
    web = make_web(REDIS_URL="redis://:its-password@127.0.0.1:1/0")
    tick(web)
    assert failing(web) == {"redis"}
    page = web.client().get("/readyz").text
    assert not any(secret in page for secret in ("its-password", SECRET, "127.0.0.1", "sqlite"))


def test_migrations_behind(web: Web) -> None:
    tick(web)
    with web.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert failing(web) == {"redis", "migrations"}


def test_no_database(web: Web) -> None:
    with web.writing() as session:
        session.execute(text("DROP TABLE alembic_version"))
        session.execute(text("ALTER TABLE workspace RENAME TO gone"))
    assert failing(web) == {"redis", "migrations", "tick"}
