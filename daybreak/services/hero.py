"""What the top of Today speaks of: the one decision behind all of its states."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from daybreak.domain import prompt as prompts
from daybreak.domain.occurrence import DayPlan
from daybreak.domain.prompt import PromptFacts, Standing
from daybreak.domain.reason import Reason
from daybreak.domain.window import Window
from daybreak.services.pausing import is_paused
from daybreak.services.plan_inputs import PlanInputs
from daybreak.store.tables import BreakTaken, Person, Prompt

STAYS = timedelta(minutes=5)  # how long the hero speaks of the last answer


class HeroState(StrEnum):
    """What the top of Today speaks of."""

    UPCOMING = "upcoming"
    DUE = "due"
    SNOOZED = "snoozed"
    DONE = "done"
    SKIPPED = "skipped"
    QUIET = "quiet"  # lunch, or another gap between windows
    DAY_OVER = "day_over"
    DAY_OFF = "day_off"
    PAUSED = "paused"
    OFF = "off"  # prompts switched off
    NO_POLICY = "no_policy"


def unwanted_since(person: Person, now: datetime) -> datetime | None:
    """Since when the person wants no prompts, which is bigger news than an answer of before."""
    if not person.prompts_on:
        return person.prompts_changed_at
    return person.paused_from_at if is_paused(person, now) else None


def current(
    rows: Sequence[Prompt],
    facts: dict[int, PromptFacts],
    own: Sequence[BreakTaken],
    quiet_since_at: datetime | None,
    now: datetime,
) -> Prompt | BreakTaken | None:
    """What the hero speaks of: the open prompt, else what was answered or taken in the last minutes."""
    for row in reversed(rows):
        if prompts.standing_at(facts[row.id], now) is Standing.OPEN:
            return row
    lately: list[tuple[datetime, Prompt | BreakTaken]] = [
        (row.answered_at, row) for row in rows if row.answered_at and row.standing in prompts.ANSWERED
    ]
    lately += [(taken.taken_at, taken) for taken in own]
    at, last = max(lately, key=lambda pair: pair[0], default=(None, None))
    is_news = at is not None and now - at < STAYS and (quiet_since_at is None or quiet_since_at < at)
    return last if is_news else None


def state_of(
    person: Person,
    inputs: PlanInputs,
    day_plan: DayPlan,
    shown: PromptFacts | BreakTaken | None,
    next_today: bool,
    now: datetime,
) -> HeroState:
    """What the hero speaks of: `shown` first, else why nothing is due, else the next one."""
    if isinstance(shown, PromptFacts):
        if prompts.standing_at(shown, now) is Standing.OPEN:
            return HeroState.SNOOZED if prompts.is_snoozed(shown, now) else HeroState.DUE
        return HeroState.SKIPPED if shown.standing is Standing.SKIPPED else HeroState.DONE
    if shown is not None:
        return HeroState.DONE
    if not any(policy.chosen and policy.joined_on for policy in inputs.policies):
        return HeroState.NO_POLICY
    if not person.prompts_on:
        return HeroState.OFF
    if is_paused(person, now):
        return HeroState.PAUSED
    if _is_off(day_plan):
        return HeroState.DAY_OFF
    if quiet_until(day_plan.windows, now) is not None:
        return HeroState.QUIET
    return HeroState.UPCOMING if next_today else HeroState.DAY_OVER


def _is_off(day_plan: DayPlan) -> bool:
    """Whether nobody works on that date, or the person or the team does not."""
    free = {Reason.DAY_OFF, Reason.HOLIDAY, Reason.QUIET}
    reasons = {one.reason for one in day_plan.occurrences if one.reason is not Reason.TAIL}
    return not day_plan.windows or (bool(reasons) and reasons <= free)


def quiet_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """The end of the gap between two windows that `now` lies in."""
    if not windows or now < windows[0].start_at or any(one.start_at <= now < one.end_at for one in windows):
        return None
    return min((one.start_at for one in windows if one.start_at > now), default=None)
