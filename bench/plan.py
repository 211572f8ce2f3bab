"""P7: the next occurrence of one member (at most 100 µs) and a day's plan with reasons (at most 500 µs).

Run `python -m bench.plan` from the project's root. Full rules, no cache; the median of five rounds for each
preset and for a crowded day: two policies, busy time, prompts sent, breaks taken. A loop of date arithmetic
is timed beside each round, since absolute times drift on shared machines.
"""

import os
import platform
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from daybreak.data import read_text
from daybreak.domain.occurrence import History, PersonInput, PolicyInput, SentPrompt, Span
from daybreak.domain.plan import day_plan, next_occurrence
from daybreak.domain.preset import Preset, parse_presets

DAY = date(2026, 3, 10)
NOW_AT = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
ROUNDS, TIMES = 5, 400
PRESETS = parse_presets(read_text("presets.toml"))
PERSON = PersonInput(7, ZoneInfo("Europe/Lisbon"), PRESETS.week, (PRESETS.lunch,))


def policy_of(number: int, preset: Preset) -> PolicyInput:
    """A policy that the person joined long ago."""
    return PolicyInput(number, 1, datetime(2026, 1, 1, tzinfo=UTC), preset.rules, date(2026, 1, 1))


def crowded() -> tuple[PersonInput, list[PolicyInput], History]:
    """A day on which every rule has something to do."""
    policies = [policy_of(1, PRESETS.get("hourly-walk")), policy_of(2, PRESETS.get("flexible-30-50"))]
    sent = tuple(
        SentPrompt(1, DAY, one.local_time, 0, one.due_at, "done", pushed=True)
        for one in day_plan(PERSON, policies, DAY).kept
        if one.due_at < NOW_AT
    )
    busy = tuple(
        Span(NOW_AT + hours * timedelta(hours=1), NOW_AT + hours * timedelta(hours=1.3)) for hours in (2, 4)
    )
    person = PersonInput(7, PERSON.zone, PERSON.week, PERSON.quiet_blocks, busy=busy)
    return person, policies, History(sent, tuple(one.due_at for one in sent), NOW_AT)


def microseconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    for _ in range(TIMES):
        call()
    return (perf_counter() - start) / TIMES * 1e6


def yardstick() -> None:
    """A hundred additions of an hour, each shown in a zone."""
    at = NOW_AT
    for _ in range(100):
        at += timedelta(hours=1)
        at.astimezone(PERSON.zone)


def main() -> None:
    """Prints a line for each case."""
    print(f"CPython {platform.python_version()}, load {os.getloadavg()[0]:.1f}, {ROUNDS} rounds of {TIMES}")
    cases = {preset.id: (PERSON, [policy_of(1, preset)], History()) for preset in PRESETS.presets}
    cases["crowded day"] = crowded()
    print(f"{'case':20}{'next µs':>10}{'day µs':>10}{'yardstick µs':>15}")
    for name, (person, policies, history) in cases.items():
        rounds = [
            (
                microseconds(lambda p=person, r=policies, h=history: next_occurrence(p, r, NOW_AT, h)),  # type: ignore[misc]
                microseconds(lambda p=person, r=policies, h=history: day_plan(p, r, DAY, h)),  # type: ignore[misc]
                microseconds(yardstick),
            )
            for _ in range(ROUNDS)
        ]
        following, day, yard = (median(column) for column in zip(*rounds, strict=True))
        print(f"{name:20}{following:10.0f}{day:10.0f}{yard:15.0f}")


if __name__ == "__main__":
    main()
