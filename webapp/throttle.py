"""How often somebody may try: counted in Redis, in the database while Redis is down, never not at all."""

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError
from daybreak.services import trying
from webapp.db import SAFE, commit, db, runtime

MOST, WITHIN = 5, timedelta(minutes=15)  # the sixth is refused
LIMIT = RateLimitItemPerMinute(MOST, WITHIN // timedelta(minutes=1), namespace="daybreak")
TIMEOUT_S = 0.4
REST_S = 10  # how long a Redis that failed is left alone
Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


class TooManyTriesError(DaybreakError):
    """That was tried too often; `minutes` until another try is worth it."""

    def __init__(self, minutes: int) -> None:
        super().__init__()
        self.minutes = minutes


class Throttle:
    """Counts tries of a scope, such as "link to", by a key, such as an address, which leaves as a keyed hash.

    Call it before a request has changed anything: without Redis it commits what the request has done so far,
    so that a try is counted whatever the answer will be.
    """

    def __init__(self, redis_url: str | None, secret: str) -> None:
        self._redis = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._secret = secret.encode()
        self._asleep_until = 0.0  # by time.monotonic()

    def spend(self, scope: str, key: str) -> None:
        """Count a try. Raises TooManyTriesError, without counting, where there is none left."""
        name = self._name(scope, key)
        if not self._ask(
            lambda counts: counts.hit(LIMIT, name),
            lambda session: trying.hit(session, name, MOST, WITHIN, runtime().now()),
        ):
            raise TooManyTriesError(self._minutes(name))

    def check(self, scope: str, key: str) -> None:
        """Raise TooManyTriesError where no try is left; counts nothing."""
        name = self._name(scope, key)
        if not self._ask(
            lambda counts: counts.test(LIMIT, name),
            lambda session: trying.has_left(session, name, MOST, WITHIN, runtime().now()),
        ):
            raise TooManyTriesError(self._minutes(name))

    def forget(self, scope: str, key: str) -> None:
        """Start counting anew, as after a right password."""
        name = self._name(scope, key)
        self._ask(lambda counts: counts.clear(LIMIT, name), lambda session: trying.forget(session, name))

    def _minutes(self, name: str) -> int:
        seconds = self._ask(
            lambda counts: counts.get_window_stats(LIMIT, name).reset_time - time.time(),
            lambda session: (
                trying.again_at(session, name, WITHIN, runtime().now()) - runtime().now()
            ).total_seconds(),
        )
        return max(1, math.ceil(seconds / 60))

    def _name(self, scope: str, key: str) -> str:
        """Return what is stored of a key: nobody without SECRET_KEY can tell whose it is."""
        return hmac.new(self._secret, f"{scope}\0{key}".encode(), hashlib.sha256).hexdigest()

    def _ask(
        self, redis: Callable[[MovingWindowRateLimiter], Answer], database: Callable[[Session], Answer]
    ) -> Answer:
        if self._redis is not None and time.monotonic() >= self._asleep_until:
            try:
                return redis(self._redis)
            except RedisError as problem:
                self._asleep_until = time.monotonic() + REST_S
                log.warning("throttle_without_redis", kind=type(problem).__name__)
        if request.method in SAFE:
            with runtime().writing() as session:
                return database(session)
        answer = database(db())
        commit()
        return answer


def throttle() -> Throttle:
    """Return the counts of the current app."""
    made: Throttle = current_app.extensions["daybreak.throttle"]
    return made


def client_address() -> str:
    """Return where the request comes from; forwarded headers count for TRUSTED_PROXIES proxies only."""
    return request.remote_addr or ""


def init_throttle(app: Flask) -> None:
    """Give the app its counts."""
    with app.app_context():
        settings = runtime().settings
        app.extensions["daybreak.throttle"] = Throttle(settings.redis_url, settings.secret_key)


def _redis(url: str) -> RedisStorage:
    return RedisStorage(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
    )
