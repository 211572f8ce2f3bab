"""A person's own consistency: shown to nobody else, and forgiving of a missed day now and then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

DAYS = 20
USUAL_GOAL = 3
REST_DAYS = 2
REST_SPAN = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class DayCount:
    """A local date: how many prompts reached the person, and how many breaks they took."""

    local_date: date
    delivered: int
    breaks: int


class DayMark(StrEnum):
    """What became of a day: the goal met, a rest day, missed, or still going on."""

    MET = "met"
    REST = "rest"
    MISSED = "missed"
    TODAY = "today"


@dataclass(frozen=True, slots=True)
class Consistency:
    """Days with the goal met out of days that count, the last twenty of them in order."""

    met: int
    counted: int
    days: tuple[tuple[date, DayMark], ...]
    rest_used: int  # in the 28 days up to today
    rest_left: int


def goal_of(own_goal: int | None, delivered: int) -> int:
    """A day's goal: the person's own, or three, but never more than reached them."""
    return min(own_goal or USUAL_GOAL, delivered)


def consistency(days: Iterable[DayCount], own_goal: int | None, today: date) -> Consistency:
    """Own consistency over the last 20 days on which a prompt was delivered.

    Days without one neither count nor break. A missed day becomes a rest day by itself, two in any 28 days.
    Today counts once its goal is met. Source: behaviour, Participation.
    """
    marks: list[tuple[date, DayMark]] = []
    rests: list[date] = []
    for day in sorted(days, key=lambda one: one.local_date):
        if not day.delivered or day.local_date > today:
            continue
        mark = _mark(day, own_goal, today)
        if mark is DayMark.MISSED and _rests(rests, day.local_date) < REST_DAYS:
            rests.append(day.local_date)
            mark = DayMark.REST
        marks.append((day.local_date, mark))
    shown = tuple(marks[-DAYS:])
    used = _rests(rests, today)
    return Consistency(
        met=sum(mark is DayMark.MET for _, mark in shown),
        counted=sum(mark is not DayMark.TODAY for _, mark in shown),
        days=shown,
        rest_used=used,
        rest_left=REST_DAYS - used,
    )


def _mark(day: DayCount, own_goal: int | None, today: date) -> DayMark:
    if day.breaks >= goal_of(own_goal, day.delivered):
        return DayMark.MET
    return DayMark.TODAY if day.local_date == today else DayMark.MISSED


def _rests(rests: list[date], day: date) -> int:
    """How many rest days lie in the 28 days that end on this one."""
    return sum(day - REST_SPAN < rest <= day for rest in rests)
