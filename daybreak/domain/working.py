"""Working time as people write it down: ranges of a week, quiet blocks, days off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, Self

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Range:
    """Local wall time `[start, end)`; an end that is not after the start lies on the next day."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str, field: str = "range") -> Self:
        """Reads `09:00-12:00`; `24:00` may end it. Raises InvalidValueError that names the field."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Week:
    """Seven tuples of ranges, Monday first, each in order of start."""

    days: tuple[tuple[Range, ...], ...]

    @classmethod
    def parse(cls, hours: Mapping[str, Any], field: str = "hours") -> Self:
        """Reads the workspace file's form. Raises InvalidValueError that names the key."""
        raise NotImplementedError

    def to_mapping(self) -> dict[str, list[str]]:
        """The workspace file's form again; weekdays without work are left out."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class QuietBlock:
    """A range on given weekdays (ISO numbers, Monday is 1) that cuts working time, such as lunch."""

    weekdays: frozenset[int]
    range: Range

    @classmethod
    def parse(cls, entry: Mapping[str, Any], field: str = "quiet_blocks") -> Self:
        """Reads `{days = ["mon"], range = "12:00-13:00"}`. Raises InvalidValueError that names the key."""
        raise NotImplementedError

    def to_mapping(self) -> dict[str, Any]:
        """The form that `parse` reads."""
        raise NotImplementedError


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


def hours_of(start: time, end: time, weekdays: Iterable[int] = range(1, 6)) -> Week:
    """A week with one range on each of the given weekdays (ISO numbers)."""
    chosen = set(weekdays)
    return Week(tuple((Range(start, end),) if day in chosen else () for day in range(1, 8)))
