"""Answers: done, snooze, skip, taking them back, and breaks nobody asked for; pressed twice is one record."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain import prompt as prompts
from daybreak.domain.catalogue import Catalogue, Movement
from daybreak.domain.errors import NotFoundError
from daybreak.domain.prompt import (
    ANSWERED,
    UNDO,
    Answer,
    PromptClosedError,
    PromptDayOverError,
    PromptFacts,
    Reply,
    Standing,
    UndoTooLateError,
)
from daybreak.domain.time import local_date, zone_of
from daybreak.services import planning
from daybreak.services.movements import another_movement, swap_coming
from daybreak.store import prompts as store
from daybreak.store.people import memberships_of
from daybreak.store.tables import BreakTaken, Person, Policy, Prompt

TWICE = timedelta(seconds=60)  # a second press within this means the first


@dataclass(frozen=True)
class Answered:
    """What has become of an answer; `changed` is False where it had been given before."""

    standing: Standing | None  # None: a break nobody had asked for
    changed: bool
    prompt_id: int | None = None
    break_id: int | None = None
    at: datetime | None = None
    snoozed_until_at: datetime | None = None


def zone_for(session: Session, person: Person) -> ZoneInfo:
    """Return the zone of a person's clock: their own, else that of the first team joined."""
    if person.zone:
        return zone_of(person.zone)
    joined = [m for m in memberships_of(session, person.id) if m.joined_at is not None]
    return zone_of(min(joined, key=lambda m: (m.joined_at, m.id)).team.zone if joined else "UTC")


def answer(session: Session, prompt_id: int, reply: Reply, now: datetime) -> Answered:
    """Give an answer to a prompt. Raises NotFoundError, or what `domain.prompt.apply` refuses.

    "I moved" to a prompt that was cancelled or reached nobody is kept as a break, but leaves its standing.
    """
    person, prompt, before = _locked(session, prompt_id)
    change = prompts.apply(before, reply, now)
    standing = prompts.standing_at(before, now)
    if standing in (Standing.CANCELLED, Standing.UNDELIVERED) and reply.answer is Answer.DONE:
        return _unasked(session, person, prompt, before, now)
    if not change.changed or not store.store_facts(session, prompt, before, change.facts):
        return _told(prompt, changed=False)
    store.cancel_planned(session, prompt.id, "answered", now)
    if reply.answer is Answer.DONE:
        _take_break(session, person, prompt, now)
    planning.replan(session, [person], now)
    if reply.answer is Answer.SNOOZE and person.next_due_at is not None:
        prompt.deadline_at = min(prompt.deadline_at, person.next_due_at)
        session.flush()
    return _told(prompt, changed=True)


def undo(session: Session, prompt_id: int, now: datetime) -> Answered:
    """Take an answer back within a minute. Raises NotFoundError or UndoTooLateError."""
    person, prompt, before = _locked(session, prompt_id)
    taken = store.break_of(session, prompt.id)
    if before.standing in (Standing.CANCELLED, Standing.UNDELIVERED) and taken is not None:
        _take_back(session, taken, now)
    else:
        change = prompts.undo(before, now)
        if not change.changed or not store.store_facts(session, prompt, before, change.facts):
            return _told(prompt, changed=False)
        if taken is not None:
            session.delete(taken)
            session.flush()
    planning.replan(session, [person], now)
    return _told(prompt, changed=True)


def spontaneous(session: Session, person: Person, now: datetime) -> Answered:
    """Keep a break nobody asked for, a double press once; an open prompt takes it as its answer."""
    person = store.locked_person(session, person.id)
    for prompt in store.open_prompts(session, person.id):
        if prompts.standing_at(store.facts_of(session, prompt), now) is Standing.OPEN:
            return answer(session, prompt.id, prompts.DONE, now)
    last = store.last_break(session, person.id)
    if last is not None and now - last.taken_at < TWICE:
        return Answered(None, changed=False, prompt_id=last.prompt_id, break_id=last.id, at=last.taken_at)
    taken = _take_break(session, person, None, now)
    planning.replan(session, [person], now)
    return Answered(None, changed=True, break_id=taken.id, at=now)


def undo_spontaneous(session: Session, person: Person, break_id: int, now: datetime) -> Answered:
    """Take back a break nobody asked for; one gone already, or of somebody else, changes nothing.

    Raises UndoTooLateError.
    """
    person = store.locked_person(session, person.id)
    taken = session.get(BreakTaken, break_id, populate_existing=True)
    if taken is None or taken.person_id != person.id or taken.prompt_id is not None:
        return Answered(None, changed=False)
    _take_back(session, taken, now)
    planning.replan(session, [person], now)
    return Answered(None, changed=True)


def swap_movement(session: Session, prompt_id: int, catalogue: Catalogue, now: datetime) -> Movement:
    """Suggest another movement for an open prompt ("I can't do this one"). Raises PromptClosedError."""
    person, prompt, facts = _locked(session, prompt_id)
    if prompts.standing_at(facts, now) is not Standing.OPEN:
        raise PromptClosedError
    policy = session.get_one(Policy, prompt.policy_id)
    movement = another_movement(session, person, policy, prompt, catalogue)
    prompt.movement_id = movement.id
    session.flush()
    return movement


def swap_next(session: Session, person: Person, catalogue: Catalogue, now: datetime) -> Movement | None:
    """Suggest another movement for the next occurrence, whose prompt is still to be made; None without one.

    A prompt that has come due meanwhile is the one that is meant.
    """
    person = store.locked_person(session, person.id)
    for prompt in store.open_prompts(session, person.id):
        if prompts.standing_at(store.facts_of(session, prompt), now) is Standing.OPEN:
            return swap_movement(session, prompt.id, catalogue, now)
    occurrence = planning.next_for(session, person, now)
    if occurrence is None:
        return None
    policy = session.get_one(Policy, occurrence.policy_id)
    return swap_coming(session, person, policy, occurrence, catalogue)


def show(session: Session, prompt_id: int, now: datetime) -> None:
    """Note that a visible page has shown the due prompt: from now on its response time runs."""
    person, prompt, facts = _locked(session, prompt_id)
    is_open = prompts.standing_at(facts, now) is Standing.OPEN
    if is_open and facts.first_sent_at is None and prompt.due_at <= now:
        deadline_at = prompts.deadline(now, facts.response_minutes, 0, person.next_due_at)
        store.mark_shown(session, prompt.id, deadline_at, now)


def _locked(session: Session, prompt_id: int) -> tuple[Person, Prompt, PromptFacts]:
    known = session.get(Prompt, prompt_id)
    if known is None:
        raise NotFoundError
    person = store.locked_person(session, known.person_id)
    prompt = store.locked_prompt(session, prompt_id)
    return person, prompt, store.facts_of(session, prompt)


def _unasked(session: Session, person: Person, prompt: Prompt, facts: PromptFacts, now: datetime) -> Answered:
    """Keep the break of a prompt that does not count, once."""
    taken = store.break_of(session, prompt.id)
    if taken is None:
        if now >= facts.day_ends_at:
            raise PromptDayOverError
        if facts.standing is Standing.OPEN:
            closed = replace(
                facts, standing=Standing.UNDELIVERED, closed_at=prompts.closed_by_clock_at(facts)
            )
            store.store_facts(session, prompt, facts, closed)
        taken = _take_break(session, person, prompt, now)
        planning.replan(session, [person], now)
    return Answered(
        None, changed=taken.taken_at == now, prompt_id=prompt.id, break_id=taken.id, at=taken.taken_at
    )


def _take_break(session: Session, person: Person, prompt: Prompt | None, now: datetime) -> BreakTaken:
    day = prompt.local_date if prompt else local_date(now, zone_for(session, person))
    taken = BreakTaken(
        person_id=person.id, prompt_id=prompt.id if prompt else None, local_date=day, taken_at=now
    )
    session.add(taken)
    session.flush()
    return taken


def _take_back(session: Session, taken: BreakTaken, now: datetime) -> None:
    if now > taken.taken_at + UNDO:
        raise UndoTooLateError
    session.delete(taken)
    session.flush()


def _told(prompt: Prompt, *, changed: bool) -> Answered:
    standing = Standing(prompt.standing)
    return Answered(
        standing,
        changed=changed,
        prompt_id=prompt.id,
        at=prompt.answered_at if standing in ANSWERED else None,
        snoozed_until_at=prompt.snoozed_until_at,
    )
