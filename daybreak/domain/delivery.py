"""A delivery's states, its expiry and its backoff.

The rule behind all of it: retry where it is certain that nothing arrived; at most once where it is not;
never late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(seconds=90)  # longer than a task may run, shorter than the broker's visibility timeout
LONGEST_EXPIRY = timedelta(minutes=5)
TRY_LIFETIME = timedelta(minutes=5)

BACKOFF_BASE = timedelta(seconds=4)
BACKOFF_CAP = timedelta(seconds=60)  # no longer: the broker never holds a task back, the sweep rings

BREAKER_FROM = 4  # failures in a row that pause a channel
BREAKER_OFF = 40  # that switch it off
BREAKER_BASE = timedelta(minutes=1)
BREAKER_CAP = timedelta(hours=24)


class DeliveryState(StrEnum):
    """Where a delivery stands. Its end states and what is still open always add up to what was planned."""

    PLANNED = "planned"
    CLAIMED = "claimed"  # a worker holds a lease; nothing has left the house
    HANDING_OFF = "handing_off"  # the content may have left the house
    SENT = "sent"
    FAILED = "failed"  # certain: nothing arrived, and trying again is no use
    UNKNOWN = "unknown"  # it may have arrived: never tried again
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"  # wanted, but this channel may not be used
    CANCELLED = "cancelled"  # not wanted any more

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return not TRANSITIONS[self]


_S = DeliveryState
TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    _S.PLANNED: frozenset({_S.CLAIMED, _S.EXPIRED, _S.SUPPRESSED, _S.CANCELLED}),
    # Back to planned: a lease that lapsed, a retry, or a worker that ran out of time.
    _S.CLAIMED: frozenset(
        {_S.PLANNED, _S.HANDING_OFF, _S.FAILED, _S.EXPIRED, _S.SUPPRESSED, _S.CANCELLED},
    ),
    # Back to planned only where the other side said that it did not take the message.
    _S.HANDING_OFF: frozenset({_S.PLANNED, _S.SENT, _S.FAILED, _S.UNKNOWN, _S.EXPIRED}),
    **{end: frozenset() for end in (_S.SENT, _S.FAILED, _S.UNKNOWN, _S.EXPIRED, _S.SUPPRESSED, _S.CANCELLED)},
}


def may_become(old: DeliveryState, new: DeliveryState) -> bool:
    """Whether a delivery may go from one state to another."""
    return new in TRANSITIONS[old]


class Result(StrEnum):
    """How one try ended, as far as the transport can be certain."""

    SENT = "sent"
    RETRY = "retry"  # nothing arrived; another try may work
    FAILED = "failed"  # nothing arrived; another try will not work
    UNKNOWN = "unknown"  # the content left and no answer came back


class Blame(StrEnum):
    """What a failure condemns beyond its own message."""

    ADDRESS = "address"  # this address does not exist: mail no prompts there any more
    CHANNEL = "channel"  # this webhook is gone: switch it off


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transport says of one try. `code` is the other side's, such as "5.1.1" or "no_service"."""

    delivery_id: int
    result: Result
    code: str = ""
    detail: str = ""  # masked: no address, no secret
    blame: Blame | None = None
    retry_after: timedelta | None = None  # the other side asked this channel to wait


def expiry(interval: timedelta) -> timedelta:
    """How long after its due time a prompt may still be handed off (behaviour, A prompt and its standing)."""
    return min(LONGEST_EXPIRY, interval / 4)


def backoff(attempts: int, draw: float) -> timedelta:
    """How long to wait after the n-th try (1, 2, …): full jitter, `draw` uniform in [0, 1).

    At least a second, so that a draw of nothing does not hammer a server that just refused.
    """
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * (1 << min(attempts - 1, 10)))
    return max(timedelta(seconds=1), ceiling * draw)


def breaker(failures: int) -> timedelta | None:
    """How long a channel pauses after its n-th failure in a row; None: it does not yet."""
    if failures < BREAKER_FROM:
        return None
    return min(BREAKER_CAP, BREAKER_BASE * (1 << min(failures - BREAKER_FROM, 20)))


def halfway(due_at: datetime, expires_at: datetime) -> datetime:
    """The instant from which a message that has not left goes by another channel, where there is one."""
    return due_at + (expires_at - due_at) / 2


def next_try(now: datetime, expires_at: datetime, wait: timedelta) -> datetime | None:
    """The instant of the next try, or None where the message would be too late by then."""
    at = now + wait
    return at if at < expires_at else None
