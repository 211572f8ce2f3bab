"""Trying again from the log: inside the expiry, never what may have arrived, never twice to anybody."""

from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.domain.errors import DaybreakError
from daybreak.store import delivery_log as log
from daybreak.store.deliveries import insert_once, move, undecided
from daybreak.store.tables import Channel, Delivery, Prompt

AGAIN = ":again"
COPIED = ("kind", "transport", "prompt_id", "person_id", "team_id", "policy_id", "channel_id", "nudge")


class NoRetryError(DaybreakError):
    """This message cannot be sent again: it is too late, it may have arrived, or another way was taken."""


def may_retry(session: Session, delivery: Delivery, channel: Channel | None, now: datetime) -> bool:
    """Tell whether a delivery that failed, or waits for its next try, may be tried at once."""
    if now >= delivery.expires_at or delivery.kind not in ("prompt", "shared"):
        return False
    if channel is not None and (channel.off_at is not None or _waits(channel, now)):
        return False
    if delivery.state == DeliveryState.PLANNED:
        return delivery.next_try_at > now
    if delivery.state != DeliveryState.FAILED or delivery.key.endswith(AGAIN):
        return False
    if delivery.kind == "shared":
        return not log.taken_over(session, delivery.id)
    prompt = session.get(Prompt, delivery.prompt_id) if delivery.prompt_id is not None else None
    is_wanted = prompt is not None and prompt.standing == "open" and prompt.first_sent_at is None
    return is_wanted and prompt is not None and not undecided(session, prompt.id)


def retry(session: Session, delivery: Delivery, channel: Channel | None, now: datetime) -> list[int]:
    """Try a delivery at once; return the one to ring. Raises NoRetryError.

    One that has ended stays as it is: a further one is planned, once, under a key of its own.
    """
    if not may_retry(session, delivery, channel, now):
        raise NoRetryError
    if delivery.state == DeliveryState.PLANNED:
        return [delivery.id] if move(session, delivery, DeliveryState.PLANNED, next_try_at=now) else []
    values = {name: getattr(delivery, name) for name in COPIED}
    values |= {"key": delivery.key + AGAIN, "due_at": delivery.due_at, "expires_at": delivery.expires_at}
    values |= {"state": DeliveryState.PLANNED.value, "next_try_at": now, "message_id": delivery.message_id}
    again = insert_once(session, Delivery, values)
    if again is None:
        raise NoRetryError
    return [again]


def _waits(channel: Channel, now: datetime) -> bool:
    return channel.wait_until_at is not None and now < channel.wait_until_at
