"""Working time as people write it down: ranges of a week, quiet blocks, days off."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from daybreak.domain.errors import InvalidValueError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
LATE = time(21)  # a clock change skips three hours at most
_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", re.ASCII)


def _minutes(hours: str, minutes: str) -> int | None:
    """Minutes since midnight, 0 to 1440 (24:00), or None where no clock shows that."""
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= DAY_MINUTES else None


def _time(minutes: int) -> time:
    return time(*divmod(minutes % DAY_MINUTES, 60))


@dataclass(frozen=True, slots=True)
class Range:
    """Local wall time `[start, end)`; an end that is not after the start lies on the next day."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: object, field: str = "range") -> Self:
        """Reads `09:00-12:00`; `24:00` may end it. Raises InvalidValueError that names the field."""
        match = _RANGE.fullmatch(text.strip()) if isinstance(text, str) else None
        start, end = (_minutes(*match.group(1, 2)), _minutes(*match.group(3, 4))) if match else (None, None)
        if start is None or end is None or start == DAY_MINUTES:
            raise InvalidValueError(
                field, f"{_quoted(text)} is not a range of hours.", hint="Write it as 09:00-12:00."
            )
        return cls(_time(start), _time(end))

    @property
    def overnight(self) -> bool:
        """Whether it runs into the next day, be it only to its midnight."""
        return self.end <= self.start

    @property
    def reaches_tomorrow(self) -> bool:
        """Whether its end may lie on the next date: overnight, or where the clocks skip the end of a day."""
        return self.end <= self.start or self.end >= LATE

    @property
    def minutes(self) -> tuple[int, int]:
        """Start and end in minutes of wall time since the midnight before the start."""
        start, end = (one.hour * 60 + one.minute for one in (self.start, self.end))
        return start, end + DAY_MINUTES if self.overnight else end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Week:
    """Seven tuples of ranges, Monday first, each in order of start."""

    days: tuple[tuple[Range, ...], ...]

    @classmethod
    def parse(cls, hours: object, field: str = "hours") -> Self:
        """Reads the workspace file's form, `{mon = ["09:00-12:00", "13:00-17:00"]}`.

        Weekdays left out are free. Raises InvalidValueError that names the key: an unknown weekday, no list,
        a bad range, ranges that overlap (also with the next day's, where one runs overnight).
        """
        if not isinstance(hours, Mapping):
            raise InvalidValueError(
                field, "Working hours are ranges by weekday.", hint='Write { mon = ["09:00-12:00"] }.'
            )
        days: list[tuple[Range, ...]] = [()] * 7
        for key, texts in hours.items():
            index = _weekday(key, f"{field}.{key}") - 1
            if not isinstance(texts, list | tuple):
                raise InvalidValueError(
                    f"{field}.{key}", "A weekday has a list of ranges.", hint='Write ["09:00-12:00"].'
                )
            ranges = [Range.parse(text, f"{field}.{key}") for text in texts]
            days[index] = tuple(sorted(ranges, key=lambda one: one.minutes))
        week = cls(tuple(days))
        week._refuse_overlaps(field)
        return week

    def _refuse_overlaps(self, field: str) -> None:
        spans = [
            (day * DAY_MINUTES + start, day * DAY_MINUTES + end, day, one)
            for day, ranges in enumerate(self.days)
            for one in ranges
            for start, end in (one.minutes,)
        ]
        around = [*spans, *((a + 7 * DAY_MINUTES, b, day, one) for a, b, day, one in spans[:1])]
        for (_, end, _, before), (start, _, day, after) in pairwise(around):
            if start < end:
                raise InvalidValueError(
                    f"{field}.{WEEKDAYS[day]}", f"{after} overlaps {before}.", hint="Let one end first."
                )

    def to_mapping(self) -> dict[str, list[str]]:
        """The workspace file's form again; weekdays without work are left out."""
        pairs = zip(WEEKDAYS, self.days, strict=True)
        return {name: [str(one) for one in ranges] for name, ranges in pairs if ranges}


@dataclass(frozen=True, slots=True)
class QuietBlock:
    """A range on given weekdays (ISO numbers, Monday is 1) that cuts working time, such as lunch."""

    weekdays: frozenset[int]
    range: Range

    @classmethod
    def parse(cls, entry: object, field: str = "quiet_blocks") -> Self:
        """Reads `{days = ["mon"], range = "12:00-13:00"}`; days may be ISO numbers, or left out for all.

        Raises InvalidValueError that names the key.
        """
        if not isinstance(entry, Mapping):
            raise InvalidValueError(field, 'Write { days = ["mon"], range = "12:00-13:00" }.')
        days = entry.get("days", WEEKDAYS)
        if not isinstance(days, list | tuple):
            raise InvalidValueError(f"{field}.days", "Days are a list of weekdays.", hint='Write ["mon"].')
        weekdays = frozenset(_weekday(day, f"{field}.days") for day in days)
        return cls(weekdays, Range.parse(entry.get("range"), f"{field}.range"))

    def to_mapping(self) -> dict[str, Any]:
        """The form that `parse` reads."""
        return {"days": [WEEKDAYS[day - 1] for day in sorted(self.weekdays)], "range": str(self.range)}


class Half(StrEnum):
    """Half of a working day: before or after noon on the wall."""

    AM = "am"
    PM = "pm"


@dataclass(frozen=True, slots=True)
class DayOff:
    """A stretch of local dates, both ends included, that a person takes off, whole or by half days."""

    first_date: date
    last_date: date
    half: Half | None = None

    def covers(self, day: date) -> bool:
        """Whether the date lies in it."""
        return self.first_date <= day <= self.last_date


def hours_of(start: time, end: time, weekdays: Iterable[int] = range(1, 6)) -> Week:
    """A week with one range on each of the given weekdays (ISO numbers)."""
    chosen = set(weekdays)
    return Week(tuple((Range(start, end),) if day in chosen else () for day in range(1, 8)))


def _weekday(value: object, field: str) -> int:
    if isinstance(value, str) and value in WEEKDAYS:
        return WEEKDAYS.index(value) + 1
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7:
        return value
    raise InvalidValueError(
        field, f"{_quoted(value)} is not a weekday.", hint=f"Weekdays are {', '.join(WEEKDAYS)}."
    )


def _quoted(value: object) -> str:
    return f"“{value}”"
