"""Counting, rounding, weeks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain.participation import (
    Count,
    Tally,
    closes_at,
    parse_week,
    shares,
    typical_reply_min,
    week_name,
    week_start,
)
from daybreak.domain.prompt import Standing


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(any), st.sampled_from([1, 5]))
def test_shares_add_to_100_and_are_nearest(counts: list[int], step: int) -> None:
    rounded = shares(counts, step)
    assert sum(rounded) == 100
    assert all(share % step == 0 for share in rounded)
    exact = [100 * count / sum(counts) for count in counts]
    assert all(abs(share - true) < step for share, true in zip(rounded, exact, strict=True))


def test_shares_of_nothing_is_an_error_and_not_zero() -> None:
    with pytest.raises(ValueError, match="nothing"):
        shares([0, 0])


def test_equal_remainders_go_to_the_earlier() -> None:
    assert shares([1, 1, 1]) == [34, 33, 33]


def test_a_tally_pools_prompts_not_people() -> None:
    tally = Tally.of([Count(1, Standing.DONE, 9), Count(2, Standing.MISSED, 1)])
    assert (tally.done, tally.eligible, tally.people) == (9, 10, frozenset({1, 2}))
    assert tally.shares()[Standing.DONE] == 90  # a mean of people would say 50


def test_the_typical_reply_needs_five() -> None:
    assert typical_reply_min([60.0] * 4) is None
    assert typical_reply_min([5.0, 5.0, 5.0, 5.0, 5.0]) == 1
    assert typical_reply_min([60.0, 120.0, 240.0, 600.0, 6000.0]) == 4


@pytest.mark.parametrize(
    ("name", "monday"),
    [
        ("2026-W53", date(2026, 12, 28)),
        ("2027-W01", date(2027, 1, 4)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-W30", date(2026, 7, 20)),
    ],
)
def test_weeks_are_iso_weeks_across_the_year(name: str, monday: date) -> None:
    assert parse_week(name) == monday
    assert week_name(monday) == name
    assert week_start(monday + timedelta(days=6)) == monday


@pytest.mark.parametrize(
    "text", ["", "2027-W53", "2026-W00", "2026-30", "-W1", "2026-W", "x-W1", "99999-W01", "²-W1"]
)
def test_what_is_no_week(text: str) -> None:
    assert parse_week(text) is None


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_date_has_one_week(day: date) -> None:
    monday = week_start(day)
    assert monday.weekday() == 0
    assert 0 <= (day - monday).days < 7
    assert parse_week(week_name(day)) == monday


def test_a_week_closes_when_its_sunday_has_ended_everywhere_and_a_day_more() -> None:
    monday = date(2026, 3, 2)
    zones = [ZoneInfo("Asia/Tokyo"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon")]
    assert closes_at(monday, zones) == datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
    # New York puts its clocks forward on that Sunday: its midnight is at 04:00 UTC, not 05:00.
    assert closes_at(monday, [ZoneInfo("America/New_York")]) == datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
