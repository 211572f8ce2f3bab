"""Calendar feeds: from the bytes of an ICS file to the intervals in which somebody is busy, and no titles.

The bytes are a stranger's. They are counted and measured before a library reads them, rules that repeat
within a day are refused, and what takes too long is given up.
"""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from daybreak.domain.occurrence import Span
from daybreak.domain.time import DAY, instant, utc, whole_minute

SIZE_MAX = 2 * 1024 * 1024
EVENTS_MAX = 5000
SPANS_MAX = 1000
SECONDS_MAX = 3.0
BEHIND, AHEAD = 2 * DAY, 15 * DAY  # the plan looks two weeks ahead, the Why page back
CALM = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
WITHIN_A_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


class UnreadableCalendarError(Exception):
    """A feed that cannot be used; `code` is not_a_calendar, too_large, too_many or too_complex."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def busy_spans(content: bytes, zone: ZoneInfo, now: datetime) -> tuple[Span, ...]:
    """Return when the calendar's owner is busy from two days ago to 15 days ahead: in order, not overlapping.

    Times without a zone and whole days are the person's own, in `zone`. Busy is what has a start and an end
    and is neither cancelled, nor transparent, nor marked free; an event of whole days is busy only where it
    says so, since most are birthdays and public holidays. Bounds are whole minutes, rounded outwards.
    Raises UnreadableCalendarError.
    """
    if len(content) > SIZE_MAX:
        raise UnreadableCalendarError("too_large")
    if b"BEGIN:VCALENDAR" not in content[:4096].upper():
        raise UnreadableCalendarError("not_a_calendar")
    if content.upper().count(b"BEGIN:") > EVENTS_MAX:
        raise UnreadableCalendarError("too_many")
    try:
        with _time_limit(SECONDS_MAX):
            return _merged(_spans(content, zone, utc(now) - BEHIND, utc(now) + AHEAD))
    except UnreadableCalendarError:
        raise
    except Exception as problem:  # libraries raise whatever they like at hostile bytes
        raise UnreadableCalendarError("not_a_calendar") from problem


def _spans(content: bytes, zone: ZoneInfo, from_at: datetime, until_at: datetime) -> Iterator[Span]:
    calendar = icalendar.Calendar.from_ical(content)
    calendar.subcomponents = [part for part in calendar.subcomponents if _is_readable(part)]
    query = recurring_ical_events.of(calendar, skip_bad_series=True)
    for event in query.between(from_at - DAY, until_at + DAY):  # a day more: its floating times are not ours
        start, end = (_bound(event, name) for name in ("DTSTART", "DTEND"))
        if start is None or end is None or not _is_busy(event, whole_days=not isinstance(start, datetime)):
            continue
        start_at, end_at = max(_at(start, zone), from_at), min(_at(end, zone), until_at)
        if start_at < end_at:
            yield Span(start_at - timedelta(seconds=start_at.second), whole_minute(end_at))


def _is_readable(part: Any) -> bool:
    """Zones are, and events that do not repeat within a day: no meeting does, and a bomb would."""
    if part.name != "VEVENT":
        return bool(part.name == "VTIMEZONE")
    rules = part.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = [str(one).upper() for one in rule.get("FREQ", [])]
        if not CALM.issuperset(frequency) or any(len(rule.get(key, [])) > 1 for key in WITHIN_A_DAY):
            return False
    return True


def _bound(event: Any, name: str) -> date | None:
    value = getattr(event.get(name), "dt", None)
    return value if isinstance(value, date) else None


def _is_busy(event: Any, *, whole_days: bool) -> bool:
    says = str(event.get("TRANSP", "TRANSPARENT" if whole_days else "OPAQUE")).upper()
    status = str(event.get("STATUS", "")).upper()
    microsoft = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    return says == "OPAQUE" and status != "CANCELLED" and microsoft not in ("FREE", "WORKINGELSEWHERE")


def _at(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return instant(value, datetime.min.time(), zone)
    if value.tzinfo is None:
        return instant(value.date(), value.time(), zone)
    return utc(value).replace(microsecond=0)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for one in sorted(spans, key=lambda span: span.start_at):
        last = merged[-1] if merged else None
        if last is not None and last.end_at is not None and one.start_at <= last.end_at:
            merged[-1] = Span(last.start_at, max(last.end_at, one.end_at or last.end_at))
        else:
            merged.append(one)
    return tuple(merged[:SPANS_MAX])


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End the block after so long; works where tasks run, in a process's main thread."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise UnreadableCalendarError("too_complex")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
