"""Calendar feeds and what they say: which are due, and when their people are busy."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from daybreak.domain.occurrence import Span
from daybreak.store.tables import BusyInterval, CalendarFeed, Person


def feed_of(session: Session, person_id: int) -> CalendarFeed | None:
    """Return the calendar a person has linked."""
    return session.get(CalendarFeed, person_id, populate_existing=True)


def claim_due(session: Session, now: datetime, limit: int) -> Sequence[tuple[CalendarFeed, Person]]:
    """Return feeds whose turn it is, locked until the transaction ends, the longest waiting first."""
    query = (
        select(CalendarFeed, Person)
        .join(Person, Person.id == CalendarFeed.person_id)
        .where(CalendarFeed.next_fetch_at <= now)
        .order_by(CalendarFeed.next_fetch_at, CalendarFeed.person_id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=CalendarFeed)
    )
    rows = session.execute(query, execution_options={"populate_existing": True})
    return [(feed, person) for feed, person in rows]


def is_any_due(session: Session, now: datetime) -> bool:
    """Tell whether a feed waits for its turn."""
    query = select(CalendarFeed.person_id).where(CalendarFeed.next_fetch_at <= now).limit(1)
    return session.scalar(query) is not None


def busy_of(session: Session, person_id: int) -> list[Span]:
    """Return a person's busy intervals in order of time."""
    query = select(BusyInterval).where(BusyInterval.person_id == person_id).order_by(BusyInterval.start_at)
    return [Span(one.start_at, one.end_at) for one in session.scalars(query)]


def replace_busy(session: Session, person_id: int, spans: Sequence[Span]) -> None:
    """Keep these busy intervals of a person instead of those kept so far."""
    session.execute(delete(BusyInterval).where(BusyInterval.person_id == person_id))
    session.add_all(
        BusyInterval(person_id=person_id, start_at=one.start_at, end_at=one.end_at) for one in spans
    )
    session.flush()
