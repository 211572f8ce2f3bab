"""Wall clock to instant: the table, and every change of every zone to 2037."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.time import (
    IsoWeek,
    instant,
    iso_week,
    local_date,
    local_day,
    utc,
    week_dates,
    whole_minute,
    zone_of,
)

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("Europe/Lisbon", "2026-03-29T01:30", "2026-03-29T01:30"),  # gap 01-02: 02:30 WEST
        ("Europe/Lisbon", "2026-03-29T00:59", "2026-03-29T00:59"),
        ("Europe/Lisbon", "2026-03-29T02:00", "2026-03-29T01:00"),
        ("Europe/Lisbon", "2026-10-25T01:30", "2026-10-25T00:30"),  # twice: the first, in summer time
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),  # gap: 03:30 EDT
        ("America/New_York", "2026-11-01T01:15", "2026-11-01T05:15"),  # twice: the first, EDT
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # half-hour gap: 02:45 at +11
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),  # half-hour overlap: the first, +11
        ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00"),  # the gap swallows midnight: 01:00 at +3
        ("Asia/Kathmandu", "2026-06-01T09:00", "2026-06-01T03:15"),
        ("UTC", "2026-06-01T09:00", "2026-06-01T09:00"),
    ],
)
def test_wall_clock_to_instant(zone: str, wall: str, expected: str) -> None:
    local = datetime.fromisoformat(wall)
    at = instant(local.date(), local.time(), ZoneInfo(zone))
    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert at.tzinfo is UTC
    assert instant(local.date(), local.time().replace(fold=1), ZoneInfo(zone)) == at


def transitions(zone: ZoneInfo) -> list[tuple[datetime, timedelta, timedelta]]:
    """The instants from 2024 to 2037 at which a zone's offset changes, found from the outside."""
    found = []
    at, end, step = datetime(2024, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC), timedelta(days=7)

    def offset(moment: datetime) -> timedelta:
        shown = moment.astimezone(zone).utcoffset()
        assert shown is not None
        return shown

    while at < end:
        if offset(at) != offset(at + step):
            low, high = at, at + step
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append((high, offset(low), offset(high)))
        at += step
    return found


def test_every_change_of_every_zone_to_2037() -> None:
    tried = 0
    for key in sorted(available_timezones()):
        zone = ZoneInfo(key)
        for at, before, after in transitions(zone):
            gap = after - before
            for minutes in (-61, -30, -1, 0, 1, 14, 29, 30, 59, 60, 61, 119, 120):
                shown = (at + before).replace(
                    tzinfo=None
                ) + minutes * MINUTE  # by the clock before the change
                meant = instant(shown.date(), shown.time(), zone)
                back = meant.astimezone(zone).replace(tzinfo=None)
                if gap > timedelta() and timedelta() <= minutes * MINUTE < gap:
                    assert back == shown + gap, (key, shown)  # does not exist: forward by the gap
                else:
                    assert back == shown, (key, shown)
                earlier = [meant - change * MINUTE for change in (30, 60, 120)]
                shows = [one.astimezone(zone).replace(tzinfo=None) for one in earlier]
                assert shown not in shows, (key, shown)  # the first of two
                tried += 1
    print(f"\nwall times tried: {tried}")  # noqa: T201
    assert tried > 20_000


def test_days_are_as_long_as_they_are() -> None:
    lisbon, lord_howe = ZoneInfo("Europe/Lisbon"), ZoneInfo("Australia/Lord_Howe")

    def hours(day: date, zone: ZoneInfo) -> float:
        start_at, end_at = local_day(day, zone)
        return (end_at - start_at) / timedelta(hours=1)

    assert hours(date(2026, 3, 29), lisbon) == 23
    assert hours(date(2026, 10, 25), lisbon) == 25
    assert hours(date(2026, 6, 1), lisbon) == 24
    assert hours(date(2026, 10, 4), lord_howe) == 23.5
    assert hours(date(2026, 4, 5), lord_howe) == 24.5


def test_local_date_is_that_of_the_wall() -> None:
    at = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
    assert local_date(at, ZoneInfo("Asia/Tokyo")) == date(2026, 6, 2)
    assert local_date(at, ZoneInfo("America/Sao_Paulo")) == date(2026, 6, 1)


def test_naive_datetimes_are_refused() -> None:
    naive = datetime(2026, 6, 1, 9, 0)  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="needs a zone"):
        utc(naive)
    with pytest.raises(ValueError, match="needs a zone"):
        local_date(naive, ZoneInfo("UTC"))


def test_iso_weeks_belong_to_iso_years() -> None:
    assert iso_week(date(2027, 1, 3)) == IsoWeek(2026, 53)
    assert iso_week(date(2024, 12, 30)) == IsoWeek(2025, 1)
    assert week_dates(IsoWeek(2026, 53)) == (date(2026, 12, 28), date(2027, 1, 3))


def test_whole_minutes_round_up() -> None:
    at = datetime(2026, 6, 1, 9, 7, tzinfo=UTC)
    assert whole_minute(at) == at
    assert whole_minute(at + timedelta(microseconds=1)) == at + MINUTE


@pytest.mark.parametrize(
    "key", ["Europe/Lisboa", "", "../etc/passwd", "GMT+1", "Europe", "/etc/passwd", "a\0b"]
)
def test_unknown_zones_name_the_field(key: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        zone_of(key, "team.zone")
    assert caught.value.field == "team.zone"
    assert "Europe/Lisbon" in caught.value.hint
