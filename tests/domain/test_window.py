"""Windows: what is left of a working day, in UTC."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from daybreak.domain.reason import Reason
from daybreak.domain.window import windows_of
from daybreak.domain.working import DayOff, Half, QuietBlock, Range, Week

LISBON = ZoneInfo("Europe/Lisbon")
BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TUESDAY = date(2026, 3, 10)


def daily(*ranges: str) -> Week:
    return Week((tuple(Range.parse(text) for text in ranges),) * 7)


def block(text: str, *days: str) -> QuietBlock:
    return QuietBlock.parse({"days": list(days or EVERY_DAY), "range": text})


def shown(day: date, zone: ZoneInfo, week: Week, *args: object) -> list[str]:
    """Windows as `HH:MM-HH:MM` in UTC; what was cut behind them as `>HH:MM reason`."""
    return [
        f"{one.start_at:%H:%M}-{one.end_at:%H:%M}"
        + (f">{one.cut_until_at:%H:%M} {one.cut_reason}" if one.cut_until_at else "")
        for one in windows_of(day, zone, week, *args)  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(
    ("day", "zone", "ranges", "expected"),
    [
        (TUESDAY, "Europe/Lisbon", ["09:00-12:00", "13:00-17:00"], ["09:00-12:00", "13:00-17:00"]),
        (TUESDAY, "Asia/Tokyo", ["09:00-12:00"], ["00:00-03:00"]),
        # a gap (01:00-02:00): an hour less at night, a range inside it keeps its length
        (date(2026, 3, 29), "Europe/Lisbon", ["00:30-04:00"], ["00:30-03:00"]),
        (date(2026, 3, 29), "Europe/Lisbon", ["01:10-01:50"], ["01:10-01:50"]),
        (date(2026, 3, 29), "Europe/Lisbon", ["01:30-02:00"], []),  # it ends before it has begun
        # a range moved by the gap does not take time from the one after it
        (date(2026, 3, 29), "Europe/Lisbon", ["00:00-01:30", "02:00-04:00"], ["00:00-01:30", "01:30-03:00"]),
        # an overlap (02:00 shows 01:00 again): an hour more at night
        (date(2026, 10, 25), "Europe/Lisbon", ["00:30-04:00"], ["23:30-04:00"]),
        # Lord Howe moves by half an hour, at 02:00
        (date(2026, 10, 4), "Australia/Lord_Howe", ["01:00-04:00"], ["14:30-17:00"]),
        (date(2026, 4, 5), "Australia/Lord_Howe", ["01:00-04:00"], ["14:00-17:30"]),
        # overnight: the window belongs to the date it starts on, and clocks may change inside it
        (TUESDAY, "Europe/Lisbon", ["22:00-06:00"], ["22:00-06:00"]),
        (date(2026, 3, 28), "Europe/Berlin", ["22:00-06:00"], ["21:00-04:00"]),
        (date(2026, 10, 24), "Europe/Berlin", ["22:00-06:00"], ["20:00-05:00"]),
    ],
)
def test_ranges_become_windows(day: date, zone: str, ranges: list[str], expected: list[str]) -> None:
    assert shown(day, ZoneInfo(zone), daily(*ranges)) == expected


def test_quiet_blocks_cut_and_the_clock_restarts() -> None:
    cuts = (block("12:00-13:00"), block("15:00-15:30", "tue"), block("10:00-11:00", "wed"))
    assert shown(TUESDAY, LISBON, daily("09:00-17:00"), cuts) == [
        "09:00-12:00>13:00 quiet",
        "13:00-15:00>15:30 quiet",
        "15:30-17:00",
    ]


def test_blocks_at_the_edges_and_over_each_other() -> None:
    cuts = (block("08:00-10:00"), block("09:30-11:00"), block("16:00-20:00"))
    assert shown(TUESDAY, LISBON, daily("09:00-17:00"), cuts) == [
        "09:00-09:00>10:00 quiet",
        "10:00-10:00>11:00 quiet",
        "11:00-16:00>17:00 quiet",
    ]


def test_a_block_of_the_next_date_cuts_a_window_that_reaches_into_it() -> None:
    assert shown(TUESDAY, LISBON, daily("22:00-06:00"), (block("02:00-03:00", "wed"),)) == [
        "22:00-02:00>03:00 quiet",
        "03:00-06:00",
    ]
    overnight = (block("23:00-01:00", "tue"),)
    assert shown(TUESDAY, LISBON, daily("22:00-06:00"), overnight)[0] == "22:00-23:00>01:00 quiet"
    assert shown(date(2026, 3, 11), LISBON, daily("00:00-06:00"), overnight)[0] == "00:00-00:00>01:00 quiet"


def test_half_a_day_off_is_half_of_the_working_day() -> None:
    week, lunch = daily("09:00-17:00"), (block("12:00-13:00"),)
    morning = (DayOff(TUESDAY, TUESDAY, Half.AM),)
    afternoon = (DayOff(TUESDAY, TUESDAY, Half.PM),)
    assert shown(TUESDAY, LISBON, week, lunch, morning) == [
        "09:00-09:00>12:00 day_off",
        "12:00-12:00>13:00 quiet",
        "13:00-17:00",
    ]
    assert shown(TUESDAY, LISBON, week, (), afternoon) == ["09:00-12:00>17:00 day_off"]
    assert shown(TUESDAY, LISBON, daily("22:00-06:00"), (), morning) == ["22:00-06:00"]
    assert shown(TUESDAY, LISBON, daily("22:00-06:00"), (), afternoon) == ["22:00-22:00>06:00 day_off"]
    assert shown(date(2026, 3, 11), LISBON, week, (), morning) == ["09:00-17:00"]


def test_the_earlier_of_overlapping_ranges_keeps_its_time() -> None:
    week = daily("05:00-09:00", "22:00-06:00")
    assert shown(TUESDAY, LISBON, week) == ["06:00-09:00", "22:00-06:00"]
    monday_off = (DayOff(date(2026, 3, 9), date(2026, 3, 9)),)
    assert shown(TUESDAY, LISBON, week, (), monday_off) == ["05:00-09:00", "22:00-06:00"]


def test_a_free_weekday_has_no_windows() -> None:
    assert windows_of(date(2026, 3, 14), LISBON, Week.parse({"mon": ["09:00-17:00"]})) == ()


def test_the_start_time_is_that_on_the_wall() -> None:
    windows = windows_of(TUESDAY, BERLIN, daily("09:00-17:00"), (block("12:00-12:45"),))
    assert [one.start_time for one in windows] == [time(9), time(12, 45)]
    assert [one.cut_reason for one in windows] == [Reason.QUIET, None]


def test_a_block_whose_end_the_clocks_skip_reaches_into_the_next_date() -> None:
    east_greenland = ZoneInfo("America/Scoresbysund")  # on 28 March 2026 the clocks go from 23:00 to midnight
    block = QuietBlock(frozenset(range(1, 8)), Range(time(22, 39), time(23, 39)))
    day = date(2026, 3, 29)
    windows = windows_of(day, east_greenland, Week(((Range(time(0), time(8)),),) * 7), (block,))
    assert [f"{one.start_time:%H:%M}" for one in windows if one.start_at < one.end_at] == ["00:39"]
