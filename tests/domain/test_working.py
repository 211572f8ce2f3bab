"""Working time as text: what is read, what is written back, and what is refused by name."""

from datetime import time

import pytest

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.working import QuietBlock, Range, Week, hours_of


def test_a_week_is_read_and_written_back() -> None:
    hours = {"mon": ["09:00-12:00", "13:00-17:00"], "fri": ["22:00-06:00"]}
    week = Week.parse(hours)
    assert week.days[0] == (Range(time(9), time(12)), Range(time(13), time(17)))
    assert week.days[4] == (Range(time(22), time(6)),)
    assert week.days[1] == ()
    assert week.to_mapping() == hours


def test_ranges_are_sorted_and_may_end_at_midnight() -> None:
    week = Week.parse({"mon": ["13:00-24:00", "9:00–12:00"]})
    assert week.to_mapping() == {"mon": ["09:00-12:00", "13:00-00:00"]}
    assert Week.parse(week.to_mapping()) == week


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({"monday": ["09:00-12:00"]}, "hours.monday"),
        ({"tue": "09:00-12:00"}, "hours.tue"),
        ({"tue": ["9-12"]}, "hours.tue"),
        ({"tue": ["09:00-25:00"]}, "hours.tue"),
        ({"tue": ["09:60-12:00"]}, "hours.tue"),
        ({"tue": ["24:00-12:00"]}, "hours.tue"),
        ({"tue": ["٠٩:٠٠-١٢:٠٠"]}, "hours.tue"),
        ({"tue": [5]}, "hours.tue"),
        ({"tue": ["09:00-12:00", "11:00-13:00"]}, "hours.tue"),
        ({"mon": ["22:00-06:00"], "tue": ["05:00-09:00"]}, "hours.tue"),
        ({"sun": ["22:00-06:00"], "mon": ["05:00-09:00"]}, "hours.mon"),
        (["09:00-12:00"], "hours"),
    ],
)
def test_bad_hours_name_the_key(hours: object, field: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        Week.parse(hours)
    assert caught.value.field == field


def test_ranges_may_touch() -> None:
    Week.parse({"sun": ["22:00-06:00"], "mon": ["06:00-09:00", "09:00-22:00"]})
    Week.parse({"mon": ["09:00-09:00"], "tue": ["09:00-09:00"]})


def test_a_quiet_block_is_read_and_written_back() -> None:
    entry = {"days": ["mon", "fri"], "range": "12:00-13:00"}
    block = QuietBlock.parse(entry)
    assert block == QuietBlock(frozenset({1, 5}), Range(time(12), time(13)))
    assert block.to_mapping() == entry
    assert QuietBlock.parse({"range": "12:00-13:00"}).weekdays == frozenset(range(1, 8))


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"days": ["mon"]}, "quiet_blocks.range"),
        ({"days": ["noday"], "range": "12:00-13:00"}, "quiet_blocks.days"),
        ({"days": "mon", "range": "12:00-13:00"}, "quiet_blocks.days"),
        ({"days": [True], "range": "12:00-13:00"}, "quiet_blocks.days"),
        ("12:00-13:00", "quiet_blocks"),
    ],
)
def test_bad_quiet_blocks_name_the_key(entry: object, field: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        QuietBlock.parse(entry)
    assert caught.value.field == field


def test_hours_of_gives_the_same_range_to_weekdays() -> None:
    assert hours_of(time(9), time(17), [1, 3]).to_mapping() == {
        "mon": ["09:00-17:00"],
        "wed": ["09:00-17:00"],
    }
