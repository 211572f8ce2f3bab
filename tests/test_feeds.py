"""From the bytes of a calendar to busy intervals, whatever the bytes are."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybreak.feeds import EVENTS_MAX, SIZE_MAX, SPANS_MAX, UnreadableCalendarError, busy_spans
from tests.support.calendars import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 23, 8, tzinfo=UTC)  # a Monday; on Sunday the clocks go forward


def busy(*events: str, zone: ZoneInfo = BERLIN) -> list[str]:
    shown = [(one.start_at, one.end_at) for one in busy_spans(calendar(*events), zone, NOW)]
    return [f"{start:%d %H:%M}-{end:%d %H:%M}" for start, end in shown if end]


def refused(content: bytes) -> str:
    with pytest.raises(UnreadableCalendarError) as caught:
        busy_spans(content, BERLIN, NOW)
    return caught.value.code


MEETING = ("DTSTART:20260323T100000Z", "DTEND:20260323T110000Z")
DAY = ("DTSTART;VALUE=DATE:20260324", "DTEND;VALUE=DATE:20260326")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (MEETING, ["23 10:00-23 11:00"]),
        (("DTSTART:20260323T100000Z", "DURATION:PT45M"), ["23 10:00-23 10:45"]),
        (("DTSTART:20260323T100030Z", "DTEND:20260323T104530Z"), ["23 10:00-23 10:46"]),
        (("DTSTART:20260323T100000", "DTEND:20260323T110000"), ["23 09:00-23 10:00"]),  # floating: Berlin
        (("DTSTART;TZID=Asia/Tokyo:20260323T180000", "DURATION:PT1H"), ["23 09:00-23 10:00"]),
        (("DTSTART;TZID=W. Europe Standard Time:20260323T180000", "DURATION:PT1H"), ["23 17:00-23 18:00"]),
        (("DTSTART:20260323T100000Z",), []),  # a reminder, no time of its own
        ((*MEETING, "TRANSP:TRANSPARENT"), []),
        ((*MEETING, "STATUS:CANCELLED"), []),
        ((*MEETING, "STATUS:TENTATIVE"), ["23 10:00-23 11:00"]),
        ((*MEETING, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), []),
        (DAY, []),  # a birthday, unless it says that it takes the day
        ((*DAY, "TRANSP:OPAQUE"), ["23 23:00-25 23:00"]),
        (("DTSTART:20260323T110000Z", "DTEND:20260323T100000Z"), ["23 10:00-23 11:00"]),  # the library mends
        (("DTSTART:20250101T000000Z", "DTEND:20270101T000000Z"), ["21 08:00-07 08:00"]),  # cut at the horizon
        (("DTSTART:20260501T100000Z", "DTEND:20260501T110000Z"), []),
    ],
)  # fmt: skip
def test_what_is_busy(lines: tuple[str, ...], expected: list[str]) -> None:
    assert busy(event(*lines)) == expected


def test_repeated_events_follow_the_clock_on_the_wall_and_their_exceptions() -> None:
    daily = event(
        "DTSTART;TZID=Europe/Berlin:20250101T100000",
        "DTEND;TZID=Europe/Berlin:20250101T103000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO",
        "EXDATE;TZID=Europe/Berlin:20260406T100000",
        "RDATE;TZID=Europe/Berlin:20260325T100000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260330T100000",
        "DTSTART;TZID=Europe/Berlin:20260331T150000",
        "DTEND;TZID=Europe/Berlin:20260331T153000",
    )
    assert busy(daily, moved) == ["23 09:00-23 09:30", "25 09:00-25 09:30", "31 13:00-31 13:30"]
    assert busy(daily)[2] == "30 08:00-30 08:30"  # an hour earlier by UTC after the change


def test_what_overlaps_or_meets_is_one_busy_time() -> None:
    later = ("DTSTART:20260323T110000Z", "DTEND:20260323T120000Z")
    inside = ("DTSTART:20260323T101500Z", "DTEND:20260323T103000Z")
    assert busy(event(*later, uid="2"), event(*MEETING), event(*inside, uid="3")) == ["23 10:00-23 12:00"]


@pytest.mark.parametrize("rule", ["SECONDLY", "MINUTELY", "HOURLY", "DAILY;BYMINUTE=0,1,2;BYSECOND=0,1"])
def test_a_rule_that_repeats_within_a_day_is_left_out(rule: str) -> None:
    bomb = event("DTSTART:19700101T000000Z", "DTEND:19700101T000001Z", f"RRULE:FREQ={rule}", uid="bomb")
    assert busy(bomb, event(*MEETING)) == ["23 10:00-23 11:00"]


def test_rules_that_search_for_ever_are_given_up() -> None:
    never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"
    bombs = [
        event("DTSTART:19700101T000000Z", "DTEND:19700101T010000Z", never, uid=str(n)) for n in range(50)
    ]
    assert refused(calendar(*bombs)) == "too_complex"


def test_no_more_is_read_and_kept_than_a_day_needs() -> None:
    assert refused(calendar() + b" " * SIZE_MAX) == "too_large"
    assert refused(calendar(*[event(*MEETING)] * EVENTS_MAX)) == "too_many"
    start = datetime(2026, 3, 23, tzinfo=UTC)
    many = [start + timedelta(minutes=10 * n) for n in range(SPANS_MAX + 50)]
    short = [event(f"DTSTART:{at:%Y%m%dT%H%M%SZ}", "DURATION:PT1M", uid=f"{at}") for at in many]
    assert len(busy(*short)) == SPANS_MAX


@pytest.mark.parametrize(
    "content", [b"", b"<html>Sign in</html>", b"\xff\xfe\x00", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:"]
)
def test_what_is_no_calendar_is_said_to_be_none(content: bytes) -> None:
    assert refused(content) == "not_a_calendar"


LINES = (
    *(
        "DTSTART:20260323T100000Z",
        "DTSTART:99991231T235959Z",
        "DTSTART;VALUE=DATE:20260323",
        "DTEND:20260323",
    ),
    *("DTEND:20260323T113000", "DURATION:-P1D", "DURATION:PT99999999H", "RRULE:FREQ=WEEKLY", "RRULE:FREQ="),
    *(
        "RRULE:FREQ=YEARLY;UNTIL=00010101",
        "RDATE:20260324T100000Z",
        "EXDATE;VALUE=DATE:20260330",
        "BEGIN:VEVENT",
    ),
    *(
        "RECURRENCE-ID:20260323T100000Z",
        "TRANSP:OPAQUE",
        "SEQUENCE:x",
        "END:VEVENT",
        "X-WR-TIMEZONE:Nowhere/At",
    ),
    *(
        "DTSTART;TZID=../../etc/passwd:20260323T100000",
        "RDATE;VALUE=PERIOD:20260323T100000Z/PT1H",
        ";;:,",
        "\0",
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(LINES), max_size=6), max_size=4), st.binary(max_size=40))
def test_hostile_bytes_are_read_or_refused(events: list[list[str]], tail: bytes) -> None:
    content = calendar(*(event(*lines, uid=str(n % 2)) for n, lines in enumerate(events))) + tail
    try:
        spans = busy_spans(content, BERLIN, NOW)
    except UnreadableCalendarError:
        return
    for before, after in pairwise(spans):
        assert before.end_at is not None
        assert before.start_at < before.end_at < after.start_at
