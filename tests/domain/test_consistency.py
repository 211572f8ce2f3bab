"""Own consistency: what counts, what rests, what never breaks."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain.consistency import DayCount, DayMark, consistency

TODAY = date(2026, 3, 27)


def ago(days: int, delivered: int = 5, breaks: int = 3) -> DayCount:
    return DayCount(TODAY - timedelta(days=days), delivered, breaks)


def test_a_day_counts_when_the_goal_is_met() -> None:
    found = consistency([ago(2), ago(1, breaks=2), ago(0, breaks=3)], None, TODAY)
    assert (found.met, found.counted) == (2, 3)
    assert [mark for _, mark in found.days] == [DayMark.MET, DayMark.REST, DayMark.MET]


def test_the_goal_is_never_more_than_reached_the_person() -> None:
    assert consistency([ago(1, delivered=1, breaks=1)], 6, TODAY).met == 1
    assert consistency([ago(1, delivered=5, breaks=3)], 4, TODAY).met == 0


def test_days_without_a_prompt_neither_count_nor_break() -> None:
    found = consistency([ago(3), ago(2, delivered=0, breaks=0), ago(1)], None, TODAY)
    assert (found.met, found.counted, len(found.days)) == (2, 2, 2)


def test_today_counts_once_its_goal_is_met() -> None:
    found = consistency([ago(1), ago(0, breaks=1)], None, TODAY)
    assert (found.met, found.counted, found.days[-1][1]) == (1, 1, DayMark.TODAY)


def test_two_rest_days_in_any_28_then_a_day_is_missed() -> None:
    found = consistency([ago(5, breaks=0), ago(4, breaks=0), ago(3, breaks=0)], None, TODAY)
    assert [mark for _, mark in found.days] == [DayMark.REST, DayMark.REST, DayMark.MISSED]
    assert (found.rest_used, found.rest_left) == (2, 0)
    fresh = consistency([ago(28, breaks=0), ago(27, breaks=0), ago(0, breaks=3)], None, TODAY)
    assert fresh.rest_used == 1  # the other lies 28 days back


@given(st.dictionaries(st.integers(0, 60), st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=60))
def test_the_last_twenty_days_add_up(days: dict[int, tuple[int, int]]) -> None:
    found = consistency([ago(n, *counts) for n, counts in days.items()], None, TODAY)
    assert len(found.days) <= 20
    assert 0 <= found.met <= found.counted <= 20
    assert found.met == sum(mark is DayMark.MET for _, mark in found.days)
    assert 0 <= found.rest_left <= 2
