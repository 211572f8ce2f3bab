"""How often somebody may try: counted in Redis, in this process while Redis is down, never not at all."""

import math
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from daybreak.domain.errors import DaybreakError
from daybreak.tokens import hash_token
from webapp.db import runtime

LIMIT = RateLimitItemPerMinute(5, 15, namespace="daybreak")  # five in fifteen minutes; the sixth is refused
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
    """Counts tries of a scope, such as "link to", by a key, such as an address, which leaves hashed."""

    def __init__(self, redis_url: str | None) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._redis = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._asleep_until = 0.0  # by time.monotonic()

    def spend(self, scope: str, key: str) -> None:
        """Count a try. Raises TooManyTriesError, without counting, where there is none left."""
        if not self._ask(lambda counts: counts.hit(LIMIT, scope, hash_token(key))):
            raise TooManyTriesError(self._minutes(scope, key))

    def check(self, scope: str, key: str) -> None:
        """Raise TooManyTriesError where no try is left; counts nothing."""
        if not self._ask(lambda counts: counts.test(LIMIT, scope, hash_token(key))):
            raise TooManyTriesError(self._minutes(scope, key))

    def forget(self, scope: str, key: str) -> None:
        """Start counting anew, as after a right password."""
        self._ask(lambda counts: counts.clear(LIMIT, scope, hash_token(key)))

    def _minutes(self, scope: str, key: str) -> int:
        stats = self._ask(lambda counts: counts.get_window_stats(LIMIT, scope, hash_token(key)))
        return max(1, math.ceil((stats.reset_time - time.time()) / 60))

    def _ask(self, question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        if self._redis is not None and time.monotonic() >= self._asleep_until:
            try:
                return question(self._redis)
            except RedisError as problem:
                self._asleep_until = time.monotonic() + REST_S
                log.warning("throttle_without_redis", kind=type(problem).__name__)
        return question(self._memory)


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
        app.extensions["daybreak.throttle"] = Throttle(runtime().settings.redis_url)


def _redis(url: str) -> RedisStorage:
    return RedisStorage(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
    )
