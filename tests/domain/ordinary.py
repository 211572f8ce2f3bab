"""An ordinary day in Lisbon, in winter, so that walls show UTC: what tests of the plan start from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daybreak.domain.occurrence import History, Occurrence, PersonInput, PolicyInput, SentPrompt
from daybreak.domain.plan import day_plan
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.working import QuietBlock, Range, Week

LISBON = ZoneInfo("Europe/Lisbon")
TUESDAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LUNCH = QuietBlock(frozenset(range(1, 8)), Range(time(12), time(13)))
ALL_DAY = Week(((Range(time(9), time(17)),),) * 7)
ANA = PersonInput(7, LISBON, ALL_DAY, (LUNCH,))
HOURLY = PolicyRules("Hourly", 60, 60, 120, 30, 20, ("web",))


def policy(policy_id: int = 1, rules: PolicyRules = HOURLY, **fields: Any) -> PolicyInput:
    """A policy that Ana joined long ago."""
    long_ago = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "joined_on": date(2026, 1, 1)}
    return PolicyInput(policy_id=policy_id, team_id=1, rules=rules, **long_ago | fields)


def rules(**fields: Any) -> PolicyRules:
    return replace(HOURLY, **fields)


def at(clock: str, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), UTC)


def sent(clock: str, standing: str = "done", policy_id: int = 1, **fields: Any) -> SentPrompt:
    return SentPrompt(policy_id, TUESDAY, time.fromisoformat(clock), 0, at(clock), standing, **fields)


def kept(occurrences: Sequence[Occurrence]) -> list[str]:
    """Due times of the kept."""
    return [f"{one.due_at:%H:%M}" for one in occurrences if one.kept]


def plan(
    person: PersonInput = ANA, *policies: PolicyInput, history: History | None = None, day: date = TUESDAY
) -> tuple[Occurrence, ...]:
    return day_plan(person, policies or [policy()], day, history or History()).occurrences


def dropped(occurrences: Sequence[Occurrence]) -> Mapping[str, str]:
    """Reason by local time of the dropped."""
    return {f"{one.local_time:%H:%M}": str(one.reason) for one in occurrences if not one.kept}
