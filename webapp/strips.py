"""A day as a strip of 24 hours on the viewer's clock: working time as bars, breaks as marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from daybreak.domain.occurrence import Occurrence
from daybreak.domain.window import Window

WIDTH = 480
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Strip:
    """Bars as (x, width), marks as (x, whether it is sent as a message), in units of WIDTH a day."""

    bars: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, bool], ...]


def strip(windows: Sequence[Window], kept: Sequence[Occurrence], zone: ZoneInfo) -> Strip:
    """Draw windows and occurrences on the clock of a zone; what passes midnight goes on at the left."""
    bars = [piece for window in windows for piece in _bar(window, zone)]
    marks = sorted((_x(_minutes(one.due_at, zone)), one.pushed) for one in kept)
    return Strip(tuple(sorted(bars)), tuple(marks))


def _bar(window: Window, zone: ZoneInfo) -> list[tuple[float, float]]:
    start = _minutes(window.start_at, zone)
    end = start + (window.end_at - window.start_at).total_seconds() / 60
    if end <= DAY_MINUTES:
        return [(_x(start), _x(end - start))]
    return [(_x(start), _x(DAY_MINUTES - start)), (0.0, _x(min(end - DAY_MINUTES, DAY_MINUTES)))]


def _minutes(at: datetime, zone: ZoneInfo) -> float:
    local = at.astimezone(zone)
    return local.hour * 60 + local.minute


def _x(minutes: float) -> float:
    return round(minutes * WIDTH / DAY_MINUTES, 1)
