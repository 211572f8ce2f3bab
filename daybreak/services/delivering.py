"""Claim, hand off, record: the three transactions of a message, with nothing on the network inside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.delivery import LEASE, DeliveryState, Result
from daybreak.runtime import Runtime
from daybreak.services import telling
from daybreak.services.notices import UNTESTED
from daybreak.services.pausing import is_paused
from daybreak.services.recording import end, gives_way, record
from daybreak.store import deliveries as store
from daybreak.store.deliveries import Facts
from daybreak.store.tables import Attempt, Person

__all__ = ["Claimed", "Outgoing", "claim", "fail", "hand_off", "record", "release"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery that a worker holds. The webhook's address stays sealed until just before it is used."""

    delivery_id: int
    transport: str
    channel_id: int | None = None
    email: str | None = field(default=None, repr=False)
    sealed: bytes | None = field(default=None, repr=False)
    place: tuple[int, int] = (0, 0)  # the n-th of so many prompts of the day


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker got, and the deliveries to ring because others gave way."""

    outgoing: list[Outgoing]
    ring: list[int]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a delivery does not go out (now)."""

    state: DeliveryState
    reason: str
    again_at: datetime | None = None


def claim(session: Session, ids: Sequence[int], now: datetime, lease_key: str) -> Claimed:
    """Take a lease on the deliveries that are due for a try, and check that they are still wanted."""
    taken = Claimed([], [])
    batch = store.facts(session, store.claimable(session, ids, now))
    places = telling.places(session, batch, now)
    for facts in batch:
        delivery = facts.delivery
        lease_until_at = now + LEASE
        refusal = _refusal(session, facts, now)
        if refusal is None:
            claimed = DeliveryState.CLAIMED
            if store.move(session, delivery, claimed, lease_until_at=lease_until_at, lease_key=lease_key):
                taken.outgoing.append(_outgoing(facts, places.get(delivery.id, (0, 0))))
        elif refusal.again_at is not None:
            store.move(session, delivery, DeliveryState.PLANNED, next_try_at=refusal.again_at)
        else:
            taken.ring.extend(end(session, facts, refusal.state, refusal.reason, now))
    return taken


def hand_off(
    session: Session, runtime: Runtime, outgoing: Outgoing, lease_key: str, now: datetime
) -> tuple[bytes | None, list[int]]:
    """Record that a message leaves now and return its content, made with fresh tokens.

    None where the lease was lost or nobody wants the message any more; then also the deliveries to ring.
    """
    (facts,) = store.facts(session, [outgoing.delivery_id])
    delivery = facts.delivery
    held = delivery.state == DeliveryState.CLAIMED and delivery.lease_key == lease_key
    if not held or delivery.lease_until_at is None or delivery.lease_until_at <= now:
        return None, []
    refusal = _refusal(session, facts, now)
    if refusal is not None and refusal.again_at is None:  # whether it is this webhook's turn is the courier's
        return None, end(session, facts, refusal.state, refusal.reason, now, lease_key)
    message_id = delivery.message_id or telling.new_message_id(runtime)
    leaving = {"message_id": message_id, "lease_until_at": now + LEASE}
    if not store.move(session, delivery, DeliveryState.HANDING_OFF, held_by=lease_key, **leaving):
        return None, []
    content = telling.content_of(session, runtime, facts, outgoing.place, now)
    # Until the other side has answered, unknown is the truth.
    session.add(Attempt(delivery_id=delivery.id, at=now, result=Result.UNKNOWN.value))
    session.flush()
    return content, []


def fail(session: Session, delivery_id: int, reason: str, lease_key: str, now: datetime) -> list[int]:
    """End a claimed delivery that we cannot send through a fault of our own; return the ones to ring."""
    (facts,) = store.facts(session, [delivery_id])
    if facts.delivery.state != DeliveryState.CLAIMED:
        return []
    return end(session, facts, DeliveryState.FAILED, reason, now, lease_key, tried=True)


def release(session: Session, ids: Sequence[int], lease_key: str, now: datetime) -> list[int]:
    """Give back what a worker claimed and did not get round to; return the deliveries to ring."""
    back = []
    for facts in store.facts(session, ids):
        claimed = facts.delivery.state == DeliveryState.CLAIMED
        free = DeliveryState.PLANNED
        if claimed and store.move(
            session, facts.delivery, free, held_by=lease_key, next_try_at=now, lease_until_at=None
        ):
            back.append(facts.delivery.id)
    return back


def _outgoing(facts: Facts, place: tuple[int, int]) -> Outgoing:
    return Outgoing(
        delivery_id=facts.delivery.id,
        transport=facts.delivery.transport,
        channel_id=facts.delivery.channel_id,
        email=facts.person.email if facts.person else None,
        sealed=facts.channel.secret if facts.channel else None,
        place=place,
    )


def _refusal(session: Session, facts: Facts, now: datetime) -> _Refusal | None:
    """Why the message may not leave now; None: it may (delivery, States)."""
    delivery = facts.delivery
    if now >= delivery.expires_at:
        return _Refusal(DeliveryState.EXPIRED, "expired")
    if delivery.kind == "prompt" and (refusal := _unwanted_prompt(facts, now)):
        return refusal
    if delivery.kind == "shared" and (refusal := _unwanted_post(facts)):
        return refusal
    if delivery.kind == "letter" and not telling.letter_is_wanted(session, facts, now):
        return _Refusal(DeliveryState.CANCELLED, "spent")
    if delivery.transport == "email":
        return _closed_address(facts.person, prompt=delivery.kind == "prompt")
    return _closed_channel(session, facts, now)


def _unwanted_prompt(facts: Facts, now: datetime) -> _Refusal | None:
    prompt, person, membership = facts.prompt, facts.person, facts.membership
    if prompt is None or person is None or prompt.standing != "open":
        return _Refusal(DeliveryState.CANCELLED, prompt.standing if prompt else "gone")
    if facts.delivery.nudge <= prompt.snooze_count:  # asked for later: this round is over
        return _Refusal(DeliveryState.CANCELLED, "snoozed")
    if membership is None or membership.joined_at is None or membership.left_at is not None:
        return _Refusal(DeliveryState.CANCELLED, "left")
    if not person.prompts_on:
        return _Refusal(DeliveryState.CANCELLED, "opted_out")
    if is_paused(person, now):
        return _Refusal(DeliveryState.CANCELLED, "paused")
    if facts.policy is None or facts.policy.archived_at is not None:
        return _Refusal(DeliveryState.CANCELLED, "inactive")
    return None


def _unwanted_post(facts: Facts) -> _Refusal | None:
    policy, channel = facts.policy, facts.channel
    if policy is None or policy.archived_at is not None:
        return _Refusal(DeliveryState.CANCELLED, "inactive")
    if channel is None or f"slack:{channel.name}" not in policy.channels:
        return _Refusal(DeliveryState.CANCELLED, "not_this_channel")
    return None


def _closed_address(person: Person | None, *, prompt: bool) -> _Refusal | None:
    if person is None or not person.email:
        return _Refusal(DeliveryState.SUPPRESSED, "no_address")
    if prompt and person.email_off_at is not None:
        return _Refusal(DeliveryState.SUPPRESSED, "email_off")
    if prompt and person.email_blocked_at is not None:
        return _Refusal(DeliveryState.SUPPRESSED, "address_blocked")
    return None


def _closed_channel(session: Session, facts: Facts, now: datetime) -> _Refusal | None:
    channel = facts.channel
    is_test = facts.delivery.kind == "try" and channel is not None and channel.off_reason == UNTESTED
    if channel is None or not channel.secret or (channel.off_at is not None and not is_test):
        return _Refusal(DeliveryState.SUPPRESSED, "channel_off")
    if channel.wait_until_at is not None and now < channel.wait_until_at:
        again_at = channel.wait_until_at
        if again_at >= facts.delivery.expires_at or gives_way(session, facts, again_at):
            return _Refusal(DeliveryState.EXPIRED, "channel_waits")
        return _Refusal(DeliveryState.PLANNED, "channel_waits", again_at)
    return None
