"""A batch is claimed at once and carried by several couriers: mail by one, each webhook by one of its own.

A webhook that hangs holds its own courier and nobody else's: with `aside` those of webhooks run in threads
that the task does not wait for. What such a thread holds when its process dies lapses with its lease.
"""

import atexit
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from daybreak.runtime import Runtime
from daybreak.services import delivering
from daybreak.services.delivering import Outgoing
from daybreak.services.routing import EMAIL
from daybreak.tokens import new_token
from tasks.courier import Courier

WEBHOOKS_AT_ONCE = 8  # so many posts a process can be in the middle of
log = logging.getLogger(__name__)
_made: tuple[int, ThreadPoolExecutor] | None = None

Ring = Callable[[Sequence[int]], None]


def dispatch(runtime: Runtime, ids: Sequence[int], ring: Ring, aside: Executor | None = None) -> None:
    """Deliver what can be claimed of the ids, and ring for those that are to go out next."""
    lease_key = new_token()
    with runtime.writing() as session:
        claimed = delivering.claim(session, ids, runtime.now(), lease_key)
    ring(claimed.ring)
    mails, webhooks = _by_way(claimed.outgoing)
    for batch in webhooks:
        if aside is None:
            ring(Courier(runtime, lease_key).deliver(batch))
        else:
            aside.submit(_carry, runtime, lease_key, batch, ring)
    if mails:
        ring(Courier(runtime, lease_key).deliver(mails))


def webhook_threads() -> Executor:
    """The threads of this process for webhooks; made after the fork, and let finish when it ends."""
    global _made
    if _made is None or _made[0] != os.getpid():
        _made = (os.getpid(), ThreadPoolExecutor(WEBHOOKS_AT_ONCE, thread_name_prefix="webhook"))
    return _made[1]


def finish() -> None:
    """Wait for the posts that are on their way; those that have not begun go back when their leases lapse."""
    if _made is not None and _made[0] == os.getpid():
        _made[1].shutdown(wait=True, cancel_futures=True)


atexit.register(finish)


def _by_way(outgoing: Sequence[Outgoing]) -> tuple[list[Outgoing], list[list[Outgoing]]]:
    mails = [one for one in outgoing if one.transport == EMAIL]
    webhooks: dict[int | None, list[Outgoing]] = defaultdict(list)
    for one in outgoing:
        if one.transport != EMAIL:
            webhooks[one.channel_id].append(one)
    return mails, list(webhooks.values())


def _carry(runtime: Runtime, lease_key: str, batch: Sequence[Outgoing], ring: Ring) -> None:
    """What a thread does; nobody waits for it to raise."""
    try:
        ring(Courier(runtime, lease_key).deliver(batch))
    except Exception:
        log.exception("a courier fell over; its deliveries go back when their leases lapse")
