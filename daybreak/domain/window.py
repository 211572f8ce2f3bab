"""Windows: the stretches of a local date in which a person works, once everything has been cut out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from daybreak.domain.reason import Reason
from daybreak.domain.time import DAY, instant
from daybreak.domain.working import DayOff, Half, QuietBlock, Range, Week

NOON = time(12)
Cut = tuple[datetime, datetime, Reason]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of working time `[start_at, end_at)` that belongs to the date its working range started on.

    What was cut out behind it reaches to `cut_until_at` for `cut_reason`. A window
    that is empty (start_at == end_at) stands for a cut at the very start of a range.
    """

    local_date: date
    start_at: datetime
    end_at: datetime
    start_time: time  # the wall clock at start_at: part of what a drawn interval depends on
    cut_until_at: datetime | None = None
    cut_reason: Reason | None = None


def windows_of(
    day: date,
    zone: ZoneInfo,
    week: Week,
    quiet_blocks: Sequence[QuietBlock] = (),
    days_off: Sequence[DayOff] = (),
) -> tuple[Window, ...]:
    """The windows of a local date in order of time.

    Quiet blocks and half days off cut them, and the clock restarts behind a cut. Half a day off is half of
    the working day: the afternoon reaches to the end of a range that runs overnight. Whole days off are left
    to the plan, which says what they dropped. Where ranges overlap the earlier one keeps its time.
    """
    ranges = week.days[day.weekday()]
    if not ranges:
        return ()
    free_from = _end_of_yesterday(day, zone, week, days_off)
    windows: list[Window] = []
    spans = [(*_bounds(day, one, zone), one) for one in ranges]
    for start_at, end_at, one in sorted(spans, key=lambda span: span[0]):
        if free_from is not None and start_at < free_from:
            start_at = free_from
        if start_at < end_at:  # a range can vanish in the gap of a clock change
            cuts = sorted(_cuts(day, one, (start_at, end_at), zone, quiet_blocks, days_off))
            windows += _pieces(day, start_at, end_at, zone, cuts)
            free_from = end_at
    return tuple(windows)


def is_whole_day_off(day: date, days_off: Sequence[DayOff]) -> bool:
    """Whether a person has taken the whole of a local date off."""
    return any(off.half is None and off.covers(day) for off in days_off)


def runs_overnight(day: date, week: Week) -> bool:
    """Whether a range of that date may run into the next."""
    return any(one.reaches_tomorrow for one in week.days[day.weekday()])


def _bounds(day: date, one: Range, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return instant(day, one.start, zone), instant(day + DAY if one.overnight else day, one.end, zone)


def _end_of_yesterday(day: date, zone: ZoneInfo, week: Week, days_off: Sequence[DayOff]) -> datetime | None:
    """Where the ranges of the date before end, if they reach into this one."""
    before = day - DAY
    if not runs_overnight(before, week) or is_whole_day_off(before, days_off):
        return None
    return max(_bounds(before, one, zone)[1] for one in week.days[before.weekday()])


def _cuts(
    day: date,
    one: Range,
    bounds: tuple[datetime, datetime],
    zone: ZoneInfo,
    quiet_blocks: Sequence[QuietBlock],
    days_off: Sequence[DayOff],
) -> Iterator[Cut]:
    for off in days_off:
        if off.half is not None and off.covers(day):
            noon_at = instant(day, NOON, zone)
            cut = (bounds[0], noon_at) if off.half is Half.AM else (noon_at, bounds[1])
            yield (*cut, Reason.DAY_OFF)
    for block in quiet_blocks:
        for start in (day - DAY, day, day + DAY):
            reaches = start == day or (one if start > day else block.range).reaches_tomorrow
            if reaches and start.isoweekday() in block.weekdays:
                yield (*_bounds(start, block.range, zone), Reason.QUIET)


def _pieces(
    day: date, start_at: datetime, end_at: datetime, zone: ZoneInfo, cuts: Sequence[Cut]
) -> Iterator[Window]:
    for cut_at, until_at, reason in cuts:
        cut_at, until_at = max(cut_at, start_at), min(until_at, end_at)
        if cut_at < until_at:
            start_time = start_at.astimezone(zone).time()
            yield Window(day, start_at, cut_at, start_time, until_at, reason)
            start_at = until_at
    if start_at < end_at:
        yield Window(day, start_at, end_at, start_at.astimezone(zone).time())
