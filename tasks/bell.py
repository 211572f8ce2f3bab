"""The doorbell: ids only, many a message, and a second at most when nobody opens."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

from kombu.exceptions import OperationalError

BATCH = 200
log = logging.getLogger(__name__)
_binding = threading.Lock()

# kombu would try for as long as it takes; whoever rings has a page to render, or a tick to go on with.
IMPATIENT: dict[str, Any] = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}


def ring_with(task: Any, redis_url: str | None, ids: Sequence[int]) -> bool:
    """Send a delivering task its ids in batches; False where Redis did not take them all."""
    if redis_url is None:
        return False
    with _binding:
        task.app.finalize()  # Celery binds tasks lazily, and not safely where two threads are the first
    try:
        options = {**task.app.conf.broker_transport_options, **IMPATIENT}
        with task.app.connection_for_write(redis_url, transport_options=options) as connection:
            for start in range(0, len(ids), BATCH):
                batch = list(ids[start : start + BATCH])
                task.apply_async((batch,), connection=connection, retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("nobody heard the bell (%s); the sweep rings again", type(problem).__name__)
        return False
    return True
