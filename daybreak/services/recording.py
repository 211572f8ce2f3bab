"""What follows from how a delivery ended: for it, for its prompt, for its channel and its address."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.domain import delivery as rules
from daybreak.domain.delivery import Blame, DeliveryState, Outcome, Result
from daybreak.services import auditing, notices, own_webhook, routing
from daybreak.store import deliveries as store
from daybreak.store.deliveries import Facts
from daybreak.store.tables import Attempt, Channel, Person, Policy, Prompt

log = logging.getLogger(__name__)
CANCELS = frozenset({"left", "opted_out", "paused", "inactive"})  # reasons that end the prompt as well
UNDER_WAY = (DeliveryState.CLAIMED, DeliveryState.HANDING_OFF)
SHORT = timedelta(seconds=1)
OUR_FAULT = frozenset({"invalid_payload", "no_text", "400"})
NOT_THE_CHANNELS_FAULT = OUR_FAULT | {"busy", "429", "internal"}


def record(
    session: Session,
    outcomes: Iterable[Outcome],
    lease_key: str,
    now: datetime,
    draw: Callable[[], float],
) -> list[int]:
    """Write down how tries ended, and what follows; return the deliveries to ring.

    `draw` returns a number in [0, 1) for the backoff's jitter. An outcome whose lease was lost changes
    nothing: what it says of a message that left has become `unknown` already.
    """
    told = {outcome.delivery_id: outcome for outcome in outcomes}
    ids: list[int] = []
    for facts in store.facts(session, told):
        if facts.delivery.lease_key == lease_key and facts.delivery.state in UNDER_WAY:
            ids += _record(session, facts, told[facts.delivery.id], lease_key, now, draw)
    return ids


def _record(
    session: Session,
    facts: Facts,
    outcome: Outcome,
    lease_key: str,
    now: datetime,
    draw: Callable[[], float],
) -> list[int]:
    _note_attempt(session, facts, outcome, now)
    ids = _judge_channel(session, facts.channel, outcome, now) if facts.channel is not None else []
    if outcome.blame is Blame.ADDRESS and facts.person is not None and facts.person.email_blocked_at is None:
        facts.person.email_blocked_at = now
    if outcome.result is Result.RETRY:
        again_at = rules.next_try(now, facts.delivery.expires_at, _wait(facts, outcome, now, draw))
        if again_at is None or (outcome.code != "busy" and gives_way(session, facts, again_at)):
            return ids + end(session, facts, DeliveryState.EXPIRED, outcome.code, now, lease_key)
        back = {"next_try_at": again_at, "attempts": facts.delivery.attempts + 1, "lease_until_at": None}
        store.move(session, facts.delivery, DeliveryState.PLANNED, held_by=lease_key, **back)
        return ids + ([facts.delivery.id] if again_at <= now + SHORT else [])
    ended = DeliveryState(outcome.result.value)
    return ids + end(session, facts, ended, outcome.code, now, lease_key, tried=True)


def gives_way(session: Session, facts: Facts, again_at: datetime) -> bool:
    """Whether a next try at this instant is left to another channel, which everybody it is for still has."""
    if again_at < rules.halfway(facts.delivery.due_at, facts.delivery.expires_at):
        return False
    prompts = _prompts(session, facts)
    return bool(prompts) and all(routing.has_another_way(session, *one) for one in prompts)


def end(
    session: Session,
    facts: Facts,
    state: DeliveryState,
    reason: str,
    now: datetime,
    lease_key: str | None = None,
    *,
    tried: bool = False,
) -> list[int]:
    """Bring a delivery to an end state, unless somebody has moved it since; return the deliveries to ring."""
    delivery = facts.delivery
    sent = state is DeliveryState.SENT
    values = {
        "closed_at": now,
        "sent_at": now if sent else None,
        "reason": None if sent else reason or None,
        "lease_until_at": None,
        "attempts": delivery.attempts + (1 if tried else 0),
    }
    if not store.move(session, delivery, state, held_by=lease_key, **values):
        return []
    if state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        log.warning("delivery %s", state.value, extra={"delivery": delivery.id, "code": reason})
    ids: list[int] = []
    for prompt, person, policy in _prompts(session, facts):
        if sent and prompt.standing == "open":
            routing.reached(prompt, person, policy, now)
        elif sent:
            prompt.first_sent_at = prompt.first_sent_at or now  # answered while it was on its way
        elif state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED):
            ids += _send_on(session, facts, prompt, now)
        elif state is DeliveryState.CANCELLED and reason in CANCELS:
            routing.close(prompt, "cancelled", reason, now)
    session.flush()
    return ids


def _wait(facts: Facts, outcome: Outcome, now: datetime, draw: Callable[[], float]) -> timedelta:
    """How long until the next try: as the other side asked, else the backoff, and while its channel rests."""
    if outcome.code == "busy":
        return SHORT
    wait = outcome.retry_after or rules.backoff(facts.delivery.attempts + 1, draw())
    rests_until_at = facts.channel.wait_until_at if facts.channel is not None else None
    return max(wait, rests_until_at - now) if rests_until_at is not None else wait


def _prompts(session: Session, facts: Facts) -> list[tuple[Prompt, Person, Policy]]:
    if facts.delivery.kind == "shared":
        return list(store.carried_by(session, facts.delivery.id))
    if facts.prompt is None or facts.person is None or facts.policy is None:
        return []
    return [(facts.prompt, facts.person, facts.policy)]


def _send_on(session: Session, facts: Facts, prompt: Prompt, now: datetime) -> list[int]:
    """After a certain failure: the next channel, inside the expiry; one that gave up early has some left."""
    person = session.get_one(Person, prompt.person_id)
    policy = session.get_one(Policy, prompt.policy_id)
    if now >= facts.delivery.expires_at:
        _expired(session, facts, prompt, now)
        return []
    if facts.delivery.nudge > 1:
        return routing.nudge_again(session, prompt, person, policy, now)
    return routing.send_on(session, prompt, person, policy, now)


def _expired(session: Session, facts: Facts, prompt: Prompt, now: datetime) -> None:
    """Never late: a prompt that nothing has carried in time reached nobody."""
    if prompt.first_sent_at is None and not store.undecided(session, prompt.id):
        routing.close(prompt, "undelivered", facts.delivery.reason or "expired", now)


def _note_attempt(session: Session, facts: Facts, outcome: Outcome, now: datetime) -> None:
    """Correct what the hand-off wrote down as unknown, or note a try that never got so far."""
    if facts.delivery.state == DeliveryState.HANDING_OFF:
        attempt = store.last_attempt(session, facts.delivery.id)
        if attempt is not None:
            attempt.result, attempt.code, attempt.detail = outcome.result.value, outcome.code, outcome.detail
            return
    session.add(
        Attempt(
            delivery_id=facts.delivery.id,
            at=now,
            result=outcome.result.value,
            code=outcome.code,
            detail=outcome.detail,
        )
    )


def _judge_channel(session: Session, channel: Channel, outcome: Outcome, now: datetime) -> list[int]:
    """Switch a dead webhook off, let a busy one rest, pause one that keeps failing (delivery, Slack).

    Returns the letters that tell of one switched off, to be rung: one a person, the first time only.
    """
    if outcome.result is Result.SENT:
        channel.failures = 0
        own_webhook.proved(session, channel, now)
        return []
    if outcome.retry_after is not None:
        channel.wait_until_at = max(channel.wait_until_at or now, now + outcome.retry_after)
        return []
    if outcome.code in NOT_THE_CHANNELS_FAULT:
        if outcome.code in OUR_FAULT:
            log.error("Slack refused our message", extra={"channel": channel.id, "detail": outcome.detail})
        return []
    channel.failures += 1
    gone = outcome.blame is Blame.CHANNEL
    if channel.off_at is None and (gone or channel.failures >= rules.BREAKER_OFF):
        channel.off_at, channel.off_reason = now, outcome.code if gone else "failing"
        new = {"reason": channel.off_reason}
        if channel.team_id is not None:  # how a person is reached is nobody else's business
            auditing.record(
                session, None, "channel.switched_off", "channel", channel.id, channel.team_id, None, new, now
            )
        return notices.tell_channel_off(session, channel, now)
    if (pause := rules.breaker(channel.failures)) is not None:
        channel.wait_until_at = max(channel.wait_until_at or now, now + pause)
    return []
