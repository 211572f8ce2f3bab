"""Asking for less: pause, resume, prompts off and on. One press, no reason asked."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from daybreak.domain.time import DAY, instant, local_date
from daybreak.services import planning
from daybreak.services.answering import zone_for
from daybreak.store.people import cancel_open
from daybreak.store.prompts import locked_person
from daybreak.store.tables import Person


class Pause(StrEnum):
    """How long a pause lasts."""

    HOUR = "hour"
    TODAY = "today"  # until the next local date begins


def pause(session: Session, person: Person, length: Pause, now: datetime) -> datetime:
    """Send nothing for an hour or until tomorrow; return when the pause ends by itself."""
    zone = zone_for(session, person)
    tomorrow_at = instant(local_date(now, zone) + DAY, time.min, zone)
    until_at = now + timedelta(hours=1) if length is Pause.HOUR else tomorrow_at
    return pause_until(session, person, until_at, now)


def pause_until(session: Session, person: Person, until_at: datetime, now: datetime) -> datetime:
    """Send nothing until an instant; what waits for an answer is cancelled."""
    person = locked_person(session, person.id)
    if person.paused_from_at is None or not is_paused(person, now):
        person.paused_from_at = now
    person.paused_until_at = until_at
    cancel_open(session, now, "paused", person_id=person.id)
    planning.replan(session, [person], now)
    return until_at


def resume(session: Session, person: Person, now: datetime) -> None:
    """End a pause; what it dropped stays dropped."""
    person = locked_person(session, person.id)
    if is_paused(person, now):
        person.paused_until_at = now
    planning.replan(session, [person], now)


def switch_prompts(session: Session, person: Person, now: datetime, *, on: bool) -> None:
    """Switch prompts off until further notice, or on again."""
    person = locked_person(session, person.id)
    if person.prompts_on != on:
        person.prompts_on = on
        person.prompts_changed_at = now
        if not on:
            cancel_open(session, now, "opted_out", person_id=person.id)
    planning.replan(session, [person], now)


def is_paused(person: Person, now: datetime) -> bool:
    """Whether a pause of the person is running."""
    return (
        person.paused_from_at is not None
        and person.paused_from_at <= now
        and (person.paused_until_at is None or now < person.paused_until_at)
    )
