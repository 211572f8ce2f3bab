"""The three persons of the demo whose sign-in links are printed, and the break that comes to them first.

Nothing makes an exception for them. They live where it is late morning as the demo is made, and at each start
their own hours of today begin exactly an interval, or two, before the minute that comes next: there the
ordinary plan puts an occurrence of their policy, whatever the day and the time of the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain.time import MINUTE, instant, whole_minute
from daybreak.domain.working import WEEKDAYS
from daybreak.services import accounts, planning
from daybreak.store import people as store
from daybreak.store.tables import Person

INTERVAL = timedelta(hours=1)  # of their policy, "Hourly reset"
LATE_MORNING = time(11, 15)
# Around the world in steps of no more than two hours, so that it is late morning in one of them.
ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Chicago", "America/New_York",
    "America/Sao_Paulo", "Atlantic/Azores", "Europe/Lisbon", "Europe/Berlin", "Africa/Nairobi",
    "Asia/Tashkent", "Asia/Dhaka", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane", "Pacific/Auckland",
)  # fmt: skip
LUNCH = time(13), time(14)
EVENING = time(17, 30)
LINK_LIFETIME = timedelta(days=1)
SHAPES_THE_DAY = frozenset({"zone", "hours", "quiet_blocks"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """One of the three, and what they are."""

    email: str
    role: str  # owner | admin | member


VISITORS = (
    Visitor("maya@northlight.example", "owner"),
    Visitor("tiago@northlight.example", "admin"),
    Visitor("priya@northlight.example", "member"),
)


def rows(session: Session) -> list[Person]:
    """Return the visitors that are still there."""
    found = (store.person_by_email(session, visitor.email) for visitor in VISITORS)
    return [person for person in found if person is not None]


def next_minute(now: datetime) -> datetime:
    """Return the whole minute that begins next: when the first break is due."""
    return whole_minute(now + timedelta(seconds=1))


def settle_zone(persons: Sequence[Person], now: datetime) -> None:
    """Let the visitors live where it is late morning."""
    target = LATE_MORNING.hour * 60 + LATE_MORNING.minute

    def distance(key: str) -> int:
        local = now.astimezone(ZoneInfo(key))
        away = abs(local.hour * 60 + local.minute - target)
        return min(away, 24 * 60 - away)

    zone = min(ZONES, key=distance)
    for person in persons:
        person.zone, person.quiet_blocks = zone, []


def arrange_first_break(
    session: Session, persons: Sequence[Person], now: datetime, *, intervals: int = 1
) -> datetime:
    """Begin the visitors' working time of today so many intervals before the next minute; return that minute.

    Who has set hours or zone of their own since keeps them. The plan decides as for anybody else: paused,
    switched off, or prompted a moment ago, they get nothing.
    """
    due_at = next_minute(now)
    for person in persons:
        membership = next((one for one in person.memberships if one.left_at is None), None)
        if membership is None or person.zone is None or SHAPES_THE_DAY & set(person.own_fields):
            continue
        start = (due_at - intervals * INTERVAL).astimezone(ZoneInfo(person.zone))
        today = WEEKDAYS[start.weekday()]
        person.hours = {**membership.team.hours, today: _ranges(start, due_at)}
    planning.replan(session, persons, now)
    return due_at


def first_break(session: Session, now: datetime) -> datetime | None:
    """Bring a break within a minute to whoever opens the demo again; when it is due, None for none soon."""
    persons = rows(session)
    due_at = arrange_first_break(session, persons, now)
    return due_at if any(person.next_due_at == due_at for person in persons) else None


def sign_in_token(session: Session, visitor: Visitor, now: datetime) -> str | None:
    """Return the token of a link that signs the visitor in once, within a day; None where they are gone."""
    person = store.person_by_email(session, visitor.email)
    return accounts.make_link_for_command(session, person, now, LINK_LIFETIME) if person else None


def _ranges(start: datetime, due_at: datetime) -> list[str]:
    """Working time from `start`, with lunch where the break falls well before it."""
    zone = start.tzinfo
    lunch_at, evening_at = (_at(start, wall) for wall in (LUNCH[0], EVENING))
    if start < lunch_at and due_at + 15 * MINUTE <= lunch_at:
        return [f"{start:%H:%M}-{LUNCH[0]:%H:%M}", f"{LUNCH[1]:%H:%M}-{EVENING:%H:%M}"]
    end = max(evening_at, due_at + 3 * INTERVAL).astimezone(zone)
    return [f"{start:%H:%M}-{end:%H:%M}"]


def _at(start: datetime, wall: time) -> datetime:
    assert isinstance(start.tzinfo, ZoneInfo)  # noqa: S101 - given by arrange_first_break
    return instant(start.date(), wall, start.tzinfo)
