"""What is due becomes prompts and deliveries; done twice, by two ticks at once, it is done once."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.data import catalogue
from daybreak.domain.delivery import DeliveryState
from daybreak.domain.occurrence import DayPlan, Occurrence
from daybreak.domain.plan import day_plan
from daybreak.domain.prompt import day_end
from daybreak.domain.reason import Reason
from daybreak.domain.time import DAY, local_date
from daybreak.services import closing, planning, routing
from daybreak.services.movements import movement_for
from daybreak.services.plan_inputs import PlanInputs, inputs_for, rules_of
from daybreak.services.routing import shared_key
from daybreak.store import deliveries, due
from daybreak.store.tables import Delivery, Person, Policy, Prompt, Workspace

AFTER_A_FAULT = timedelta(minutes=5)
log = logging.getLogger(__name__)


def mark_tick(session: Session, now: datetime) -> None:
    """Note that the timetable is alive, for health and the delay banner."""
    workspace = session.get(Workspace, 1)
    if workspace is not None:
        workspace.last_tick_at = now


def prompt_due(session: Session, now: datetime, limit: int) -> list[int]:
    """Make what is due into prompts and deliveries, shared posts first; return the deliveries to ring.

    Nothing old is sent: of what an outage left behind, only the newest still inside its expiry.
    """
    ids: list[int] = []
    for policy in due.claim_policies(session, now, limit):
        work = partial(_post_shared, session, policy, now)
        ids += _guarded(session, policy, "shared_due_at", work, now) or []
    persons = due.claim_persons(session, now, limit)
    inputs = _inputs(session, persons, now) if persons else {}
    planned = []
    for person in persons:
        work = partial(_prompt, session, person, inputs.get(person.id), now)
        rung = _guarded(session, person, "next_due_at", work, now)
        if rung is not None:
            planned.append(person)
            ids += rung
    _replan(session, planned, now)
    return ids


def nudge_snoozed(session: Session, now: datetime, limit: int) -> list[int]:
    """Plan one more nudge for prompts whose snooze is over; return the deliveries to ring.

    One that is older than a prompt's expiry is not sent any more.
    """
    ids: list[int] = []
    for prompt, person in due.claim_snoozed(session, now, limit):
        prompt.nudges = prompt.snooze_count + 1
        snoozed_until_at = prompt.snoozed_until_at or now
        fresh = now < snoozed_until_at + (prompt.expires_at - prompt.due_at)
        if prompt.pushed and fresh and now < prompt.deadline_at:
            policy = session.get_one(Policy, prompt.policy_id)
            ids += routing.nudge_again(session, prompt, person, policy, now)
    session.flush()
    return ids


def _guarded(
    session: Session, row: Person | Policy, column: str, work: Callable[[], list[int]], now: datetime
) -> list[int] | None:
    """One person's fault must not keep the others from their prompts: it waits while they go on."""
    try:
        with session.begin_nested():
            return work()
    except Exception:
        log.exception("planning failed; next try in %s", AFTER_A_FAULT, extra={"id": row.id})
        setattr(row, column, now + AFTER_A_FAULT)
        session.flush()
        return None


def _prompt(session: Session, person: Person, inputs: PlanInputs | None, now: datetime) -> list[int]:
    """Make a person's due occurrences into prompts; `next_due_at` is left to `_replan`, for all at once."""
    inputs = inputs or inputs_for(session, [person], now)[person.id]
    today = local_date(now, inputs.person.zone)
    days = (today - DAY, today)  # an overnight window belongs to the date it started on
    plans = [day_plan(inputs.person, inputs.policies, day, inputs.history) for day in days]
    ready = sorted(_ready(plans, person.next_due_at or now, now), key=lambda one: one.due_at)
    newest = next((one for one in reversed(ready) if one.kept), None)
    ids: list[int] = []
    for occurrence in ready:
        policy = session.get_one(Policy, occurrence.policy_id)
        if occurrence is newest:
            closing.make_way(session, person, occurrence.due_at)
        prompt = _insert(session, person, policy, occurrence, inputs.person.zone, occurrence is newest, now)
        if prompt is not None:
            ids += routing.send_on(session, prompt, person, policy, now)
    return ids


def _inputs(session: Session, persons: Sequence[Person], now: datetime) -> Mapping[int, PlanInputs]:
    """What the plans depend on, read for all at once; nothing where one of them has a fault."""
    try:
        return inputs_for(session, persons, now)
    except Exception:
        log.exception("plans cannot be read together; each is read alone")
        return {}


def _replan(session: Session, persons: Sequence[Person], now: datetime) -> None:
    """Set `next_due_at`, all at once, or one by one where somebody's plan has a fault."""
    try:
        with session.begin_nested():
            planning.replan(session, persons, now)
    except Exception:
        log.exception("plans cannot be made together; each is made alone")
        for person in persons:
            _guarded(session, person, "next_due_at", partial(_replan_one, session, person, now), now)
    for person in persons:
        if person.next_due_at is not None and person.next_due_at <= now:
            # The plan names a moment that a prompt has used already: do not come back to it at once.
            log.error("next_due_at does not move", extra={"id": person.id})
            person.next_due_at = now + AFTER_A_FAULT
    session.flush()
    due.cut_deadlines(session, [person.id for person in persons])


def _replan_one(session: Session, person: Person, now: datetime) -> list[int]:
    planning.replan(session, [person], now)
    return []


def _ready(plans: Iterable[DayPlan], from_at: datetime, now: datetime) -> Iterable[Occurrence]:
    """What is due and has no prompt yet: kept, or lost to an outage.

    From `next_due_at` on: what lies before it was nobody's to send when its time came.
    """
    for plan in plans:
        for one in plan.occurrences:
            wanted = one.kept or one.reason is Reason.OUTAGE
            if wanted and not one.sent and from_at <= one.due_at <= now:
                yield one


def _insert(
    session: Session,
    person: Person,
    policy: Policy,
    occurrence: Occurrence,
    zone: ZoneInfo,
    is_newest: bool,
    now: datetime,
) -> Prompt | None:
    """Insert the prompt of an occurrence; None where it exists already."""
    rules = rules_of(policy)
    movement = movement_for(session, person, policy, occurrence, catalogue())
    values: dict[str, Any] = {
        "person_id": person.id,
        "policy_id": policy.id,
        "team_id": policy.team_id,
        "local_date": occurrence.local_date,
        "local_time": occurrence.local_time,
        "fold": occurrence.fold,
        "zone": zone.key,
        "due_at": occurrence.due_at,
        "window_start_at": occurrence.window_start_at,
        "window_end_at": occurrence.window_end_at,
        "expires_at": occurrence.due_at + rules.expiry,
        "deadline_at": occurrence.due_at + timedelta(minutes=rules.response_window),
        "day_ends_at": day_end(occurrence.local_date, zone, occurrence.window_end_at),
        "movement_id": movement.id,
        "pushed": occurrence.pushed,
        "standing": "open",
        "nudges": 1,
    }
    if not is_newest:
        values |= {"standing": "undelivered", "reason": Reason.OUTAGE.value, "closed_at": now}
    prompt_id = deliveries.insert_once(session, Prompt, values)
    return None if prompt_id is None else session.get_one(Prompt, prompt_id)


def _post_shared(session: Session, policy: Policy, now: datetime) -> list[int]:
    """Plan the posts of the team plan's instant, one for each of the policy's shared channels."""
    due_at = policy.shared_due_at
    ids: list[int] = []
    if due_at is not None and policy.archived_at is None:
        expires_at = due_at + rules_of(policy).expiry
        for name in (n.removeprefix("slack:") for n in policy.channels if n.startswith("slack:")):
            channel = deliveries.channel_named(session, policy.team_id, name)
            if channel is None or channel.off_at is not None:
                continue
            late = now >= expires_at
            values: dict[str, Any] = {
                "key": shared_key(policy.id, channel.id, due_at),
                "kind": "shared",
                "transport": channel.kind,
                "team_id": policy.team_id,
                "policy_id": policy.id,
                "channel_id": channel.id,
                "due_at": due_at,
                "expires_at": expires_at,
                "state": (DeliveryState.EXPIRED if late else DeliveryState.PLANNED).value,
                "reason": Reason.OUTAGE.value if late else None,
                "closed_at": now if late else None,
                "next_try_at": now,
            }
            delivery_id = deliveries.insert_once(session, Delivery, values)
            if delivery_id is not None and not late:
                ids.append(delivery_id)
    planning.replan_shared(session, policy, now)
    if policy.shared_due_at is not None and due_at is not None and policy.shared_due_at <= due_at:
        policy.shared_due_at = due_at + AFTER_A_FAULT  # no channel took a row: look again later
    return ids
