"""Five tries in fifteen minutes, wherever they are counted."""

import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from sqlalchemy import select

from daybreak.runtime import Runtime
from daybreak.services import passwords, trying
from daybreak.store.tables import Person, Try
from daybreak.tokens import hash_token
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web
from webapp.throttle import Throttle

GOOD = "slow squats at three"
BOB = {"email": "bob@acme.test"}


def give_password(web: Web) -> None:
    with web.writing() as session:
        passwords.set_password(session, session.get_one(Person, web.world.bob.id), GOOD)


def test_sixth_link_to_one_account(web: Web) -> None:
    def status(i: int) -> int:
        where = {"REMOTE_ADDR": f"192.0.2.{i}"}
        return web.client().post("/signin", data=BOB, environ_base=where).status_code

    assert [status(i) for i in range(6)] == [303] * 5 + [429]


@pytest.mark.parametrize("path", ["/signin", "/signin/password"])
def test_sixth_from_one_address(web: Web, path: str) -> None:
    def status(i: int) -> int:
        return web.client().post(path, data={"email": f"p{i}@acme.test", "password": "wrong"}).status_code

    assert [status(i) for i in range(6)][4:] == [303 if path == "/signin" else 422, 429]


def test_sixth_password_of_one_account(web: Web) -> None:
    give_password(web)

    def status(i: int, password: str) -> int:
        data = {"email": "bob@acme.test", "password": password}
        where = {"REMOTE_ADDR": f"192.0.2.{i}"}
        return web.client().post("/signin/password", data=data, environ_base=where).status_code

    assert [status(i, "wrong") for i in range(5)] == [422] * 5
    assert status(6, GOOD) == 429
    assert status(7, GOOD) == 429


def test_right_passwords_are_not_counted(web: Web) -> None:
    give_password(web)
    for _ in range(8):
        data = {"email": "bob@acme.test", "password": GOOD}
        assert web.client().post("/signin/password", data=data).status_code == 303


def test_refused_politely(web: Web) -> None:
    for _ in range(5):
        web.client().post("/signin", data=BOB)
    response = web.client().post("/signin", data=BOB, hx=True)
    assert response.status_code == 429
    assert re.search(r"Try again in 1[45] minutes\.", response.text)
    assert int(response.headers["Retry-After"]) in (14 * 60, 15 * 60)


def test_counts_in_redis_for_all_processes(web: Web, make_web: Callable[..., Web], valkey_url: str) -> None:
    own = valkey_url.removesuffix("/0") + "/7"  # the same client has tried before, on the other database
    with redis.Redis.from_url(own) as connection:
        connection.flushdb()
    other = make_web(lambda _session: web.world, REDIS_URL=own)
    more = make_web(lambda _session: web.world, REDIS_URL=own)
    for each in (other, more, other, more, other):
        assert each.client().post("/signin", data=BOB).status_code == 303
    assert more.client().post("/signin", data=BOB).status_code == 429


def test_still_counts_without_redis(web: Web, make_web: Callable[..., Web]) -> None:
    down = make_web(lambda _session: web.world, REDIS_URL="redis://127.0.0.1:1/0")
    statuses = [down.client().post("/signin", data=BOB).status_code for _ in range(6)]
    assert statuses == [303] * 5 + [429]


def test_a_redis_that_hangs_is_asked_once_and_left_alone(web: Web) -> None:
    with socket.socket() as silent, web.app.test_request_context("/signin", method="POST"):
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        throttle = Throttle(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "secret")
        began = time.monotonic()
        for _ in range(5):
            throttle.spend("link to", "bob")
        assert time.monotonic() - began < 1.5


def test_without_redis_all_processes_count_together_and_restarts_change_nothing(
    web: Web, make_web: Callable[..., Web]
) -> None:
    for _ in range(5):
        down = make_web(lambda _session: web.world, REDIS_URL="redis://127.0.0.1:1/0")
        assert down.client().post("/signin", data=BOB).status_code == 303
    assert web.client().post("/signin", data=BOB).status_code == 429
    web.clock.at += timedelta(minutes=15)
    assert web.client().post("/signin", data=BOB).status_code == 303


def test_tries_at_the_same_moment_are_all_counted(runtime: Runtime) -> None:
    def attempt(_n: int) -> bool:
        with runtime.writing() as session:
            return trying.hit(session, "key", 5, timedelta(minutes=15), MONDAY_0900)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(12))) == 5


def test_forwarded_addresses_do_not_help(web: Web) -> None:
    """No proxy is trusted here: whoever rotates what a proxy would have said is still the same client."""

    def status(i: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{i}", "Forwarded": f"for=198.51.100.{i}"}
        data = {"email": f"p{i}@acme.test"}
        return web.client().post("/signin", data=data, headers=headers).status_code

    assert [status(i) for i in range(6)] == [303] * 5 + [429]


def test_behind_one_proxy_only_what_it_said_counts(web: Web, make_web: Callable[..., Web]) -> None:
    behind = make_web(lambda _session: web.world, TRUSTED_PROXIES="1")

    def status(i: int, client: str) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{i}, {client}"}
        data = {"email": f"p{i}@acme.test"}
        return behind.client().post("/signin", data=data, headers=headers).status_code

    assert [status(i, "203.0.113.1") for i in range(6)] == [303] * 5 + [429]
    assert status(7, "203.0.113.2") == 303


def test_what_is_stored_tells_nobody(web: Web) -> None:
    web.client().post("/signin", data=BOB)
    with web.reading() as session:
        keys = session.scalars(select(Try.key)).all()
    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)
    assert hash_token("bob@acme.test") not in keys
