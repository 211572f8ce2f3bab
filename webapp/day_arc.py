"""A day as an arc: from the start of work to its end, a mark for each break, the sun where it is now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import cos, pi, sin
from zoneinfo import ZoneInfo

from daybreak.domain.window import Window
from daybreak.services.today import Item

CENTRE, BASE, RADIUS = 300.0, 262.0, 232.0  # in a box of 600 x 300
LABEL_RADIUS, LABEL_DROP = 258.0, 5.0
DUE_LABEL_RADIUS = 284.0  # outside of the full sun
SIZES = {"done": 12, "late": 12, "own": 8, "skipped": 10, "next": 10, "due": 10, "later": 8}
CROWDED = 0.028  # two labels nearer than this part of the day would touch


@dataclass(frozen=True)
class Mark:
    """A break on the arc; `kind` is that of its line in the list, `label` may be empty."""

    kind: str
    x: float
    y: float
    r: int
    label: str
    label_x: float
    label_y: float


@dataclass(frozen=True)
class DayArc:
    """What the drawing is made of: path data of work, gaps and the time that has passed; marks; the sun."""

    work: tuple[str, ...]
    gaps: tuple[str, ...]
    passed: tuple[str, ...]
    marks: tuple[Mark, ...]
    sun: tuple[float, float]
    starts_at: datetime
    ends_at: datetime


def day_arc(windows: Sequence[Window], items: Iterable[Item], now: datetime, zone: ZoneInfo) -> DayArc | None:
    """The arc of a day with work, None without; breaks outside of work are not drawn."""
    if not windows:
        return None
    starts_at, ends_at = windows[0].start_at, max(window.end_at for window in windows)
    length = (ends_at - starts_at).total_seconds()

    def part(at: datetime) -> float:
        return min(max((at - starts_at).total_seconds() / length, 0.0), 1.0)

    work = [(part(window.start_at), part(window.end_at)) for window in windows]
    gaps = [(a[1], b[0]) for a, b in pairwise(work) if a[1] < b[0]]
    sun = part(now)
    passed = [(a, min(b, sun)) for a, b in work if a < sun]
    drawn = [(part(item.at), item) for item in items if starts_at <= item.at <= ends_at]
    return DayArc(
        work=tuple(_arc(a, b) for a, b in work),
        gaps=tuple(_arc(a, b) for a, b in gaps),
        passed=tuple(_arc(a, b) for a, b in passed),
        marks=tuple(_marks(drawn, zone)),
        sun=_point(sun),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _marks(drawn: Sequence[tuple[float, Item]], zone: ZoneInfo) -> Iterable[Mark]:
    labelled = -1.0
    for where, item in drawn:
        label = ""
        if item.kind != "own" and where - labelled >= CROWDED:
            local = item.at.astimezone(zone)
            label = str(local.hour) if local.minute == 0 else f"{local:%-H:%M}"
            labelled = where
        x, y = _point(where)
        label_x, label_y = _point(where, DUE_LABEL_RADIUS if item.kind == "due" else LABEL_RADIUS)
        yield Mark(item.kind, x, y, SIZES.get(item.kind, 9), label, label_x, round(label_y + LABEL_DROP, 1))


def _point(part: float, radius: float = RADIUS) -> tuple[float, float]:
    """Where a part of the day (0 to 1) lies: left at the horizon, over the top, right at the horizon."""
    angle = pi * (1 - part)
    return round(CENTRE + radius * cos(angle), 1), round(BASE - radius * sin(angle), 1)


def _arc(start: float, end: float) -> str:
    (x0, y0), (x1, y1) = _point(start), _point(end)
    return f"M{x0} {y0}A{RADIUS:g} {RADIUS:g} 0 0 1 {x1} {y1}"
