"""Whether the process lives and the installation works, for machines that ask."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

from daybreak.store import deliveries, migrate
from daybreak.store.tables import Workspace
from webapp.db import runtime
from webapp.guards import public

bp = Blueprint("health", __name__)

LATEST_TICK = timedelta(seconds=60)
LONGEST_WAIT = timedelta(seconds=60)
TIMEOUT_S = 0.5


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer, which is all that is asked."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Say of each part whether it works: 200 where all do, 503 otherwise; no part says more than that."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": _migrations_are_at_head,
        "redis": _redis_answers,
        "tick": _tick_is_recent,
        "sending": _sending_moves,
    }
    parts = {name: "ok" if check() else "failing" for name, check in checks.items()}
    works = all(state == "ok" for state in parts.values())
    return {"status": "ok" if works else "failing", **parts}, 200 if works else 503


def _database_answers() -> bool:
    try:
        with runtime().engine.connect() as connection:
            return bool(connection.exec_driver_sql("SELECT 1").scalar())
    except SQLAlchemyError:
        return False


def _migrations_are_at_head() -> bool:
    try:
        return migrate.at_head(runtime().engine)
    except SQLAlchemyError:
        return False


def _redis_answers() -> bool:
    url = runtime().settings.redis_url
    if url is None:
        return False
    options = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
    try:
        with Redis.from_url(url, **options, retry=Retry(NoBackoff(), 0)) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def _sending_moves() -> bool:
    """Whether nothing waited for long while no worker tried anything: a backlog alone is no standstill."""
    now = runtime().now()
    try:
        with runtime().reading() as session:
            signs = deliveries.waiting_since(session, now), deliveries.last_tried_at(session)
    except SQLAlchemyError:
        return False
    return signs[0] is None or any(at is not None and now - at < LONGEST_WAIT for at in signs)


def _tick_is_recent() -> bool:
    try:
        with runtime().reading() as session:
            workspace = session.get(Workspace, 1)
    except SQLAlchemyError:
        return False
    last = workspace.last_tick_at if workspace else None
    return last is not None and runtime().now() - last < LATEST_TICK
