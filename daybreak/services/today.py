"""Today: what one person sees of their day, put together from the plan, the prompts and the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain import plan
from daybreak.domain import prompt as prompts
from daybreak.domain.catalogue import Catalogue, Movement
from daybreak.domain.consistency import REST_SPAN, Consistency, consistency
from daybreak.domain.errors import DaybreakError
from daybreak.domain.occurrence import DayPlan, Occurrence
from daybreak.domain.prompt import PromptFacts, Standing
from daybreak.domain.time import DAY, local_date
from daybreak.domain.window import Window
from daybreak.services import hero, notices
from daybreak.services.hero import HeroState
from daybreak.services.movements import movement_for
from daybreak.services.pausing import is_paused
from daybreak.services.plan_inputs import PlanInputs, inputs_for
from daybreak.services.routing import Ways, ways
from daybreak.store import prompts as store
from daybreak.store.tables import BreakTaken, Person, Policy, Prompt

LOOK_BACK = 3 * REST_SPAN  # long enough for twenty days that count, and for the rest days before them
RECENT_FAILURE = timedelta(hours=2)


@dataclass(frozen=True)
class Asked:
    """A prompt as its person sees it. `snooze_refusal` says why it cannot be snoozed now."""

    id: int
    due_at: datetime
    standing: Standing
    movement: Movement
    seconds: int
    deadline_at: datetime
    answered_at: datetime | None
    snoozed_until_at: datetime | None
    snooze_minutes: int
    snooze_refusal: DaybreakError | None
    allow_skip: bool
    can_undo: bool


@dataclass(frozen=True)
class Coming:
    """The next occurrence that is still to be sent; the movement is the one its prompt will have."""

    due_at: datetime
    movement: Movement
    seconds: int


@dataclass(frozen=True)
class Item:
    """A line of today's list: a prompt's standing, or `due`, `next`, `later`, `own` (a spontaneous break)."""

    kind: str
    at: datetime
    movement: Movement | None = None  # None: a surprise, or a break of one's own
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Today:
    """One person's day at an instant."""

    state: HeroState
    now: datetime
    zone: ZoneInfo
    local_date: date
    windows: tuple[Window, ...]
    items: tuple[Item, ...]
    asked: Asked | None  # what the hero speaks of, if it is a prompt
    own_break_id: int | None  # what the hero speaks of, if it is a spontaneous break
    logged_at: datetime | None
    next: Coming | None
    next_today: bool
    quiet_until_at: datetime | None
    paused_until_at: datetime | None
    failed_at: datetime | None  # a push that reached nobody, if it was the last
    backed_off: bool
    delayed: bool  # nothing has ticked for a while: breaks can be logged, but are not sent
    consistency: Consistency
    ways: Ways


def today(session: Session, person: Person, catalogue: Catalogue, now: datetime) -> Today:
    """Return the person's day. An overnight window keeps the date it started on until it ends."""
    yesterday = now.date() - 2 * DAY
    inputs = inputs_for(session, [person], now, days=(yesterday, now.date() + DAY))[person.id]
    day_plan = _plan_at(inputs, now)
    rows = store.prompts_on(session, person.id, day_plan.local_date)
    facts = {row.id: store.facts_of(session, row) for row in rows}
    own = store.spontaneous_breaks_on(session, person.id, day_plan.local_date)
    coming = plan.next_occurrence(inputs.person, inputs.policies, now - prompts.UNDO, inputs.history)
    following = _coming(session, person, coming, catalogue)
    shown = hero.current(rows, facts, own, hero.unwanted_since(person, now), now)
    asked = asked_of(session, shown, catalogue, now) if isinstance(shown, Prompt) else None
    what = facts[shown.id] if isinstance(shown, Prompt) else shown
    own_break = shown if isinstance(shown, BreakTaken) else None
    is_today = coming is not None and coming.local_date == day_plan.local_date
    since = day_plan.local_date - LOOK_BACK
    return Today(
        state=hero.state_of(person, inputs, day_plan, what, is_today, now),
        now=now,
        zone=inputs.person.zone,
        local_date=day_plan.local_date,
        windows=day_plan.windows,
        items=_items(rows, facts, own, day_plan, following, catalogue, now),
        asked=asked,
        own_break_id=own_break.id if own_break and now <= own_break.taken_at + prompts.UNDO else None,
        logged_at=own_break.taken_at if own_break else (asked.answered_at if asked else None),
        next=following,
        next_today=is_today,
        quiet_until_at=hero.quiet_until(day_plan.windows, now),
        paused_until_at=person.paused_until_at if is_paused(person, now) else None,
        failed_at=_failed(rows, facts, now),
        backed_off=day_plan.backed_off,
        delayed=notices.is_delayed(session, now),
        consistency=consistency(
            store.day_counts(session, person.id, since), person.daily_goal, day_plan.local_date
        ),
        ways=ways_of(session, person, inputs),
    )


def due_unseen(session: Session, person: Person, now: datetime) -> int | None:
    """Return the id of the person's due prompt that nothing has shown or sent to them yet."""
    for row in store.open_prompts(session, person.id):
        is_open = prompts.standing_at(store.facts_of(session, row), now) is Standing.OPEN
        if is_open and row.first_sent_at is None and row.due_at <= now:
            return row.id
    return None


def asked_of(session: Session, prompt: Prompt, catalogue: Catalogue, now: datetime) -> Asked:
    """Return a prompt as its person sees it, on Today and on the page behind a message's link."""
    facts = store.facts_of(session, prompt)
    policy = session.get_one(Policy, prompt.policy_id)
    return Asked(
        id=prompt.id,
        due_at=prompt.due_at,
        standing=prompts.standing_at(facts, now),
        movement=catalogue.get(prompt.movement_id),
        seconds=policy.break_seconds,
        deadline_at=prompt.deadline_at,
        answered_at=prompt.answered_at,
        snoozed_until_at=prompt.snoozed_until_at if prompts.is_snoozed(facts, now) else None,
        snooze_minutes=policy.snooze,
        snooze_refusal=prompts.snooze_refusal(facts, policy.snooze, now),
        allow_skip=policy.allow_skip,
        can_undo=prompts.can_undo(facts, now),
    )


def ways_of(session: Session, person: Person, inputs: PlanInputs) -> Ways:
    """Return how breaks reach a person by the policies that are for them."""
    chosen = [policy.policy_id for policy in inputs.policies if policy.chosen and policy.joined_on]
    return ways(session, person, [session.get_one(Policy, policy_id) for policy_id in chosen])


def _plan_at(inputs: PlanInputs, now: datetime) -> DayPlan:
    """The plan of the local date, or of the one before while a window of it is still running."""
    day = local_date(now, inputs.person.zone)
    before = plan.day_plan(inputs.person, inputs.policies, day - DAY, inputs.history)
    if any(window.start_at <= now < window.end_at for window in before.windows):
        return before
    return plan.day_plan(inputs.person, inputs.policies, day, inputs.history)


def _coming(
    session: Session, person: Person, occurrence: Occurrence | None, catalogue: Catalogue
) -> Coming | None:
    if occurrence is None:
        return None
    policy = session.get_one(Policy, occurrence.policy_id)
    movement = movement_for(session, person, policy, occurrence, catalogue)
    return Coming(occurrence.due_at, movement, policy.break_seconds)


def _items(
    rows: Sequence[Prompt],
    facts: dict[int, PromptFacts],
    own: Sequence[BreakTaken],
    day_plan: DayPlan,
    following: Coming | None,
    catalogue: Catalogue,
    now: datetime,
) -> tuple[Item, ...]:
    items = [Item("own", taken.taken_at, answered_at=taken.taken_at) for taken in own]
    for row in rows:
        standing = prompts.standing_at(facts[row.id], now)
        kind = "due" if standing is Standing.OPEN else standing.value
        items.append(Item(kind, row.due_at, catalogue.get(row.movement_id), row.answered_at))
    for one in day_plan.kept:
        if one.sent or one.due_at < now - prompts.UNDO:
            continue
        if following is not None and one.due_at == following.due_at:
            items.append(Item("next", one.due_at, following.movement))
        else:
            items.append(Item("later", one.due_at))
    return tuple(sorted(items, key=lambda item: item.at))


def _failed(rows: Sequence[Prompt], facts: dict[int, PromptFacts], now: datetime) -> datetime | None:
    if not rows:
        return None
    last = rows[-1]
    failed = last.pushed and prompts.standing_at(facts[last.id], now) is Standing.UNDELIVERED
    return last.due_at if failed and now - last.due_at < RECENT_FAILURE else None
