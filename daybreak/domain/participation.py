"""Counting prompts: who was asked, what came of it, and the weeks it is counted in.

Nothing here may be shown: a tally becomes a figure only through `daybreak.domain.floor`.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from daybreak.domain.prompt import Standing
from daybreak.domain.time import instant

WEEKS = 8  # of the trend, and pooled in the heat map
CLOSING = timedelta(hours=24)  # a week closes this long after its Sunday has ended everywhere
LEAST_REPLIES = 5
# The standings that count, in the order they are shown.
COUNTED = (Standing.DONE, Standing.LATE, Standing.SKIPPED, Standing.MISSED)
Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Count:
    """So many prompts of one person with one standing."""

    person_id: int
    standing: Standing
    prompts: int = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """The prompts of a group that count (behaviour, Participation: E), pooled, and whose they were."""

    standings: Mapping[Standing, int] = field(default_factory=dict)
    people: frozenset[int] = frozenset()

    @classmethod
    def of(cls, counts: Iterable[Count]) -> "Tally":
        """Pool counts over persons."""
        standings = dict.fromkeys(COUNTED, 0)
        people = set()
        for count in counts:
            standings[count.standing] += count.prompts
            people.add(count.person_id)
        return cls(standings, frozenset(people))

    @classmethod
    def sum(cls, tallies: Iterable["Tally"]) -> "Tally":
        """Pool tallies of different prompts."""
        standings = dict.fromkeys(COUNTED, 0)
        people: set[int] = set()
        for tally in tallies:
            people |= tally.people
            for standing, prompts in tally.standings.items():
                standings[standing] += prompts
        return cls(standings, frozenset(people))

    @property
    def eligible(self) -> int:
        """How many prompts count: |E|."""
        return sum(self.standings.values())

    @property
    def done(self) -> int:
        """How many of them were done on time."""
        return self.standings.get(Standing.DONE, 0)

    def shares(self, step: int = 1) -> dict[Standing, int]:
        """The standings in percent, multiples of `step`, adding to 100. Raises ValueError if none counts."""
        rounded = shares([self.standings.get(standing, 0) for standing in COUNTED], step)
        return dict(zip(COUNTED, rounded, strict=True))


def pool(counts: Iterable[tuple[Part, Count]]) -> dict[Part, Tally]:
    """Pool the counts of each part of a whole."""
    parts: dict[Part, list[Count]] = {}
    for part, count in counts:
        parts.setdefault(part, []).append(count)
    return {part: Tally.of(own) for part, own in parts.items()}


def shares(counts: list[int], step: int = 1) -> list[int]:
    """Percentages of the sum by largest remainder: multiples of `step` (a divisor of 100) that add to 100.

    Equal remainders go to the earlier count. Raises ValueError if all counts are zero.
    """
    total = sum(counts)
    if total == 0:
        raise ValueError("shares of nothing")
    units = 100 // step
    floors = [count * units // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: -(counts[i] * units % total))
    for i in by_remainder[: units - sum(floors)]:
        floors[i] += 1
    return [floor * step for floor in floors]


def typical_reply_min(seconds: list[float]) -> int | None:
    """The median reply in whole minutes, at least 1; None for fewer than five replies."""
    if len(seconds) < LEAST_REPLIES:
        return None
    return max(1, int(median(seconds) / 60 + 0.5))


def week_start(day: date) -> date:
    """The Monday of a date's ISO week."""
    return day - timedelta(days=day.weekday())


def week_name(day: date) -> str:
    """The ISO week of a date, such as 2026-W30."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def parse_week(text: str) -> date | None:
    """The Monday of a week such as 2026-W30; None if there is no such week."""
    year, mark, week = text.partition("-W")
    if not (mark and year.isascii() and year.isdigit() and week.isascii() and week.isdigit()):
        return None
    try:
        return date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return None


def closes_at(monday: date, zones: Iterable[ZoneInfo]) -> datetime:
    """The instant a week closes: its Sunday has ended in every one of the zones, and 24 h more."""
    return max(instant(monday + timedelta(weeks=1), time.min, zone) for zone in zones) + CLOSING
