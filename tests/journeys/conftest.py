"""What a whole Daybreak stands on: the embedded parts, or PostgreSQL and a real Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.redis import redis_server
from tests.support.valkey import valkey_server

EMBEDDED, OF_OUR_OWN = "sqlite-valkey", "postgresql-redis"


@pytest.fixture(params=[EMBEDDED, OF_OUR_OWN])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables for `up`: none, so that it brings its own; or PostgreSQL and a Redis with TLS."""
    if request.param == EMBEDDED:
        yield {}
        return
    with redis_server(tmp_path / "redis", tls=True) as redis:
        yield {"DATABASE_URL": request.getfixturevalue("postgres_database_url"), "REDIS_URL": redis.url}


@pytest.fixture
def servers(database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables for single processes: each database, with an embedded Valkey or a real Redis beside it."""
    with _bell(database_url, tmp_path) as url:
        yield {"DATABASE_URL": database_url, "REDIS_URL": url}


@contextmanager
def _bell(database_url: str, folder: Path) -> Iterator[str]:
    if database_url.startswith("sqlite"):
        with valkey_server(folder / "valkey") as url:
            yield url
    else:
        with redis_server(folder / "redis") as redis:
            yield redis.url
