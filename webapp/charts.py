"""Geometry and steps of the team page's charts, from figures that have passed the floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from daybreak.domain.floor import Figure, NothingDue, Shown

STEPS = 5  # of the heat map: 0-19, 20-39, 40-59, 60-79, 80-100
WIDTH, HEIGHT = 520, 190
LEFT, RIGHT = 68, 494
TOP, BOTTOM = 16, 156  # where 100 % and 0 % lie
LINES = (0, 50, 100)


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of rates, of rows and columns in which something is shown: an empty one would betray a few."""

    hours: Sequence[int]
    rows: Sequence[tuple[int, Sequence[Figure | None]]]  # weekday, Monday 0; None: nothing shown there


def heat(cells: Mapping[tuple[int, int], Figure]) -> Heat:
    """Lay cells by (weekday, hour) out as a table."""
    shown = {place for place, figure in cells.items() if isinstance(figure, Shown)}
    hours = sorted({hour for _, hour in shown})
    days = sorted({day for day, _ in shown})
    return Heat(
        hours,
        [(day, [cells[day, hour] if (day, hour) in shown else None for hour in hours]) for day in days],
    )


def step(shown: Shown) -> int:
    """The step of a heat map cell, 0 to 4, from the value as it is shown."""
    return min(STEPS - 1, shown.rate.drawn * STEPS // 100)


@dataclass(frozen=True, slots=True)
class Point:
    """A week of the trend, in the drawing's units; `y` is None where there is nothing to draw."""

    monday: date
    figure: Figure
    x: float
    y: float | None

    @property
    def is_hollow(self) -> bool:
        """Whether fewer than 20 prompts counted."""
        return isinstance(self.figure, Shown) and self.figure.few

    @property
    def nothing_due(self) -> bool:
        """Whether the gap is one of a week without breaks."""
        return isinstance(self.figure, NothingDue)


@dataclass(frozen=True, slots=True)
class Trend:
    """A line with gaps, the area under it, and its points; `size` is the drawing's width and height."""

    points: Sequence[Point]
    lines: Sequence[str]  # `points` of a polyline, one for each run of weeks without a gap
    areas: Sequence[str]  # `d` of a path under each of them
    grid: Sequence[tuple[int, float]]  # percent, y
    size: tuple[int, int] = (WIDTH, HEIGHT)


def trend(weeks: Sequence[tuple[date, Figure]]) -> Trend:
    """Draw participation week by week on a scale from 0 to 100 %."""
    gap = (RIGHT - LEFT) / max(1, len(weeks) - 1)
    points = [
        Point(monday, figure, round(LEFT + n * gap, 1), _height(figure))
        for n, (monday, figure) in enumerate(weeks)
    ]
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    drawn = [run for run in runs if len(run) > 1]
    return Trend(
        points=points,
        lines=[" ".join(f"{point.x},{point.y}" for point in run) for run in drawn],
        areas=[
            f"M{run[0].x} {BOTTOM}"
            + "".join(f"L{point.x} {point.y}" for point in run)
            + f"L{run[-1].x} {BOTTOM}Z"
            for run in drawn
        ],
        grid=[(percent, _y(percent)) for percent in LINES],
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a bar, in percent of its width."""

    start: float
    width: float


def slices(values: Sequence[int]) -> list[Slice]:
    """A bar cut into parts in proportion to the values, of which one at least is above zero."""
    total, start, parts = sum(values), 0.0, []
    for value in values:
        width = 100 * value / total
        parts.append(Slice(round(start, 2), round(width, 2)))
        start += width
    return parts


def _height(figure: Figure) -> float | None:
    return _y(figure.rate.drawn) if isinstance(figure, Shown) else None


def _y(percent: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * percent / 100, 1)
