"""Wall clock and instants: the DST rules, the local day and the ISO week.

An instant is an aware UTC `datetime` and its name ends in `_at`; the wall clock is a `date` and a `time`
in an IANA zone. Between instants time is counted in UTC only.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daybreak.domain.errors import InvalidValueError

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class IsoWeek(NamedTuple):
    """An ISO week: the year is the ISO year, which is not always that of the date."""

    year: int
    week: int


def utc(at: datetime) -> datetime:
    """The instant in UTC. Raises ValueError for a naive datetime, which names no instant."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"An instant needs a zone, this one has none: {at.isoformat()}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def zone_of(key: str, field: str = "zone") -> ZoneInfo:
    """The zone of an IANA key such as `Europe/Lisbon`. Raises InvalidValueError that names the field."""
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the key of a folder, such as "Europe"
        raise InvalidValueError(
            field, f"There is no time zone called “{key}”.", hint="Use an IANA name such as Europe/Lisbon."
        ) from None


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local wall clock (behaviour: a gap moves it forward, of two the first is meant).

    fold=0 says both: PEP 495 reads a time in a gap with the offset before it, which lands as far behind the
    gap as the time lay in it, and a time that occurs twice as its first occurrence.
    """
    if wall.fold:
        wall = wall.replace(fold=0)
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in the zone at an instant. Raises ValueError for a naive one."""
    return utc(at).astimezone(zone).date()


def local_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of a local date as instants: 23 to 25 hours apart where the clocks change."""
    return instant(day, time.min, zone), instant(day + DAY, time.min, zone)


def iso_week(day: date) -> IsoWeek:
    """The ISO week of a date."""
    year, week, _ = day.isocalendar()
    return IsoWeek(year, week)


def week_dates(week: IsoWeek) -> tuple[date, date]:
    """Monday and Sunday of an ISO week. Raises ValueError where the year has no such week."""
    monday = date.fromisocalendar(week.year, week.week, 1)
    return monday, monday + timedelta(days=6)


def whole_minute(at: datetime) -> datetime:
    """The instant itself if it is a whole minute, else the next one: what clocks on walls can show."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + MINUTE
