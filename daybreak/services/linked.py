"""What the links in messages lead to: a prompt to answer, and the end of e-mail prompts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.catalogue import Catalogue
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.domain.prompt import UNDO, Reply, Standing
from daybreak.services import answering, routing
from daybreak.services.answering import Answered, zone_for
from daybreak.services.today import Asked, asked_of
from daybreak.store import prompts as store
from daybreak.store.tables import Person, Policy, Prompt
from daybreak.tokens import hash_token


class LinkExpiredError(DaybreakError):
    """This link has ended with its day."""


class LinkState(StrEnum):
    """What the page behind a link says."""

    OPEN = "open"
    SNOOZED = "snoozed"
    MISSED = "missed"  # can still be logged, late
    LOGGED = "logged"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    UNDELIVERED = "undelivered"
    OVER = "over"  # its day has ended, the link has not


@dataclass(frozen=True)
class Linked:
    """A prompt as the page behind its link shows it: nothing about anybody else, and no address."""

    state: LinkState
    asked: Asked
    zone: ZoneInfo
    logged_at: datetime | None
    can_undo: bool
    next_due_at: datetime | None


def linked(session: Session, token: str, catalogue: Catalogue, now: datetime) -> Linked:
    """Return what a token's page shows; changes nothing. Raises NotFoundError or LinkExpiredError."""
    prompt = _prompt(session, token, now)
    person = session.get_one(Person, prompt.person_id)
    asked = asked_of(session, prompt, catalogue, now)
    taken = store.break_of(session, prompt.id)
    is_own = taken is not None and asked.standing in (Standing.CANCELLED, Standing.UNDELIVERED)
    next_due_at = person.next_due_at
    return Linked(
        state=_state(asked, is_own, now >= prompt.day_ends_at),
        asked=asked,
        zone=zone_for(session, person),
        logged_at=taken.taken_at if taken else None,
        can_undo=asked.can_undo or (is_own and taken is not None and now <= taken.taken_at + UNDO),
        next_due_at=next_due_at if next_due_at is not None and next_due_at > now else None,
    )


def answer_link(session: Session, token: str, reply: Reply, now: datetime) -> Answered:
    """Answer the prompt of a link. Raises as `answering.answer` does, and LinkExpiredError."""
    return answering.answer(session, _prompt(session, token, now).id, reply, now)


def undo_link(session: Session, token: str, now: datetime) -> Answered:
    """Take back what a link's page has answered. Raises as `answering.undo` does, and LinkExpiredError."""
    return answering.undo(session, _prompt(session, token, now).id, now)


def email_wanted(session: Session, key: str) -> bool:
    """Whether e-mail prompts are on for the person of an unsubscribe key. Raises NotFoundError."""
    return _person(session, key).email_off_at is None


def switch_email(session: Session, key: str, now: datetime, *, on: bool) -> list[int]:
    """Stop e-mail prompts at once, or allow them again; other channels stay. Raises NotFoundError.

    A prompt that was about to leave by e-mail takes its next channel: returns the deliveries to ring.
    """
    person = store.locked_person(session, _person(session, key).id)
    if on or person.email_off_at is not None:
        person.email_off_at = None if on else person.email_off_at
        session.flush()
        return []
    person.email_off_at = now
    session.flush()
    ids: list[int] = []
    for prompt in store.suppress_email(session, person.id, "unsubscribed", now):
        policy = session.get_one(Policy, prompt.policy_id)
        ids += routing.send_on(session, prompt, person, policy, now)
    return ids


def _prompt(session: Session, token: str, now: datetime) -> Prompt:
    link = store.answer_link(session, hash_token(token))
    if link is None:
        raise NotFoundError
    if now >= link.expires_at:
        raise LinkExpiredError
    return session.get_one(Prompt, link.prompt_id)


def _person(session: Session, key: str) -> Person:
    person = session.scalars(select(Person).where(Person.unsubscribe_key == key)).first()
    if person is None:
        raise NotFoundError
    return person


def _state(asked: Asked, is_own: bool, is_over: bool) -> LinkState:
    if is_own or asked.standing in (Standing.DONE, Standing.LATE):
        return LinkState.LOGGED
    if asked.standing is Standing.SKIPPED:
        return LinkState.SKIPPED
    if asked.standing is Standing.CANCELLED:
        return LinkState.CANCELLED
    if is_over:
        return LinkState.OVER
    if asked.standing is Standing.OPEN:
        return LinkState.SNOOZED if asked.snoozed_until_at else LinkState.OPEN
    return LinkState(asked.standing.value)
