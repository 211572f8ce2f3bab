"""The geometry of the team page's charts."""

from datetime import date, timedelta

import pytest

from daybreak.domain.floor import Figure, Floor, NothingDue, Shown, Withheld
from daybreak.domain.participation import Tally
from daybreak.domain.prompt import Standing
from webapp import charts

MONDAY = date(2026, 3, 2)


def shown(percent: int, prompts: int = 100, people: int = 30) -> Shown:
    counts = {Standing.DONE: percent * prompts // 100, Standing.MISSED: prompts - percent * prompts // 100}
    return Shown(Tally(counts, frozenset(range(people))), Floor())


@pytest.mark.parametrize(
    ("percent", "step"),
    [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2), (59, 2), (60, 3), (79, 3), (80, 4), (100, 4)],
)
def test_five_steps(percent: int, step: int) -> None:
    assert charts.step(shown(percent)) == step


def test_a_capped_cell_takes_the_step_of_what_is_shown() -> None:
    assert charts.step(shown(0, people=12)) == 0
    assert charts.step(shown(100, people=12)) == 4


def test_rows_and_columns_of_withheld_cells_alone_are_left_out() -> None:
    table = charts.heat(
        {
            (0, 10): shown(50),
            (0, 11): Withheld(),
            (1, 10): Withheld(),
            (1, 11): shown(60),
            (6, 23): Withheld(),
        }
    )
    assert table.hours == [10, 11]
    assert [day for day, _ in table.rows] == [0, 1]
    assert [[cell is not None for cell in cells] for _, cells in table.rows] == [[True, False], [False, True]]


def test_nothing_to_show_is_an_empty_table() -> None:
    assert charts.heat({(0, 10): Withheld()}).rows == []


def test_a_trend_has_gaps_where_nothing_is_shown() -> None:
    figures: list[Figure] = [
        shown(0),
        shown(100),
        Withheld(),
        shown(50),
        NothingDue(),
        shown(50),
        shown(50, 10),
    ]
    trend = charts.trend([(MONDAY + timedelta(weeks=n), figure) for n, figure in enumerate(figures)])
    ys = [point.y for point in trend.points]
    assert ys == [charts.BOTTOM, charts.TOP, None, ys[3], None, ys[3], ys[3]]
    assert ys[3] == (charts.BOTTOM + charts.TOP) / 2
    assert len(trend.lines) == len(trend.areas) == 2, "a week between two gaps is a point and no line"
    assert [point.is_hollow for point in trend.points] == [False] * 6 + [True]
    assert [point.nothing_due for point in trend.points] == [False] * 4 + [True] + [False] * 2
    assert trend.points[0].x == charts.LEFT
    assert trend.points[-1].x == charts.RIGHT


def test_a_bar_is_filled_whatever_its_parts_add_to() -> None:
    parts = charts.slices([95, 5, 5, 5])
    assert parts[0].start == 0
    assert parts[-1].start + parts[-1].width == pytest.approx(100, abs=0.02)
