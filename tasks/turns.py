"""One post a second for each webhook, over all processes: the turn is taken in Redis, or in the database."""

import hashlib
import logging
import time
from collections.abc import Mapping
from datetime import timedelta

import redis

from daybreak.channels.base import Parcel
from daybreak.runtime import Runtime
from daybreak.store import deliveries

PACE = timedelta(seconds=1)
PATIENCE_S = 3.0
log = logging.getLogger(__name__)


class Turns:
    """Waits for webhooks' turns; `channels` maps delivery ids to channel ids."""

    def __init__(self, runtime: Runtime, channels: Mapping[int, int]) -> None:
        self.runtime = runtime
        self.channels = channels
        url = runtime.settings.redis_url
        options = {"socket_timeout": 1, "socket_connect_timeout": 1}
        self.redis = redis.Redis.from_url(url, **options) if url else None

    def take(self, parcel: Parcel) -> bool:
        """Wait up to three seconds for the turn of a webhook; False: others were faster, try later."""
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at:
            wait_s = self._try(parcel)
            if wait_s <= 0:
                return True
            time.sleep(min(wait_s, 1.0))
        return False

    def _try(self, parcel: Parcel) -> float:
        """Take the turn and return 0, or how long to wait for it, in seconds."""
        key = f"turn:{hashlib.sha256(parcel.address.encode()).hexdigest()}"
        if self.redis is not None:
            try:
                if self.redis.set(key, "1", nx=True, px=PACE):
                    return 0.0
                return max(0.02, float(str(self.redis.pttl(key))) / 1000)
            except redis.RedisError:
                log.warning("no Redis for the pace of webhooks; the database keeps it")
                self.redis = None
        return self._try_in_database(self.channels[parcel.delivery_id])

    def _try_in_database(self, channel_id: int) -> float:
        now = self.runtime.now()
        with self.runtime.writing() as session:
            taken = deliveries.take_turn(session, channel_id, now, now + PACE)
        return 0.0 if taken else 0.25
