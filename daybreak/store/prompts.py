"""Prompts, their links and the breaks taken: the queries of answering and of Today."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from daybreak.domain.consistency import DayCount
from daybreak.domain.delivery import DeliveryState
from daybreak.domain.prompt import PromptFacts, Standing
from daybreak.store.tables import AnswerLink, BreakTaken, Delivery, Person, Policy, Prompt


def locked_person(session: Session, person_id: int) -> Person:
    """Return the person, locked until the transaction ends; writers lock the person before the prompt."""
    query = select(Person).where(Person.id == person_id).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def locked_prompt(session: Session, prompt_id: int) -> Prompt:
    """Return the prompt as it stands now, locked until the transaction ends."""
    query = select(Prompt).where(Prompt.id == prompt_id).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def facts_of(session: Session, prompt: Prompt) -> PromptFacts:
    """Return what decides the prompt's standing."""
    policy = session.get_one(Policy, prompt.policy_id)
    return PromptFacts(
        standing=Standing(prompt.standing),
        due_at=prompt.due_at,
        window_end_at=prompt.window_end_at,
        expires_at=prompt.expires_at,
        deadline_at=prompt.deadline_at,
        day_ends_at=prompt.day_ends_at,
        pushed=prompt.pushed,
        maybe_sent=_maybe_sent(session, prompt),
        first_sent_at=prompt.first_sent_at,
        answered_at=prompt.answered_at,
        closed_at=prompt.closed_at,
        snoozed_until_at=prompt.snoozed_until_at,
        snooze_count=prompt.snooze_count,
        snoozed_minutes=prompt.snoozed_minutes,
        response_minutes=policy.response_window,
        snooze=policy.snooze,
        max_snoozes=policy.max_snoozes,
        allow_skip=policy.allow_skip,
    )


def store_facts(session: Session, prompt: Prompt, before: PromptFacts, after: PromptFacts) -> bool:
    """Write what a reply changed and return True, or False where the row has moved since `before`."""
    unmoved = update(Prompt).where(
        Prompt.id == prompt.id,
        Prompt.standing == before.standing.value,
        Prompt.snooze_count == before.snooze_count,
    )
    values = {
        "standing": after.standing.value,
        "deadline_at": after.deadline_at,
        "first_sent_at": after.first_sent_at,
        "answered_at": after.answered_at,
        "closed_at": after.closed_at,
        "snoozed_until_at": after.snoozed_until_at,
        "snooze_count": after.snooze_count,
        "snoozed_minutes": after.snoozed_minutes,
    }
    changed = session.execute(unmoved.values(values).returning(Prompt.id)).first() is not None
    session.refresh(prompt)
    return changed


def _maybe_sent(session: Session, prompt: Prompt) -> bool:
    if prompt.first_sent_at is not None or not prompt.pushed or prompt.standing != Standing.OPEN:
        return False
    states = (DeliveryState.HANDING_OFF.value, DeliveryState.UNKNOWN.value)
    undecided = select(Delivery.id).where(Delivery.prompt_id == prompt.id, Delivery.state.in_(states))
    return session.scalars(undecided.limit(1)).first() is not None


def cancel_planned(session: Session, prompt_id: int, reason: str, now: datetime) -> None:
    """Close the deliveries of a prompt that nobody has begun to send: they are not wanted any more."""
    session.execute(
        update(Delivery)
        .where(Delivery.prompt_id == prompt_id, Delivery.state == DeliveryState.PLANNED.value)
        .values(state=DeliveryState.CANCELLED.value, reason=reason, closed_at=now)
    )


def suppress_email(session: Session, person_id: int, reason: str, now: datetime) -> Sequence[Prompt]:
    """Close a person's planned e-mail prompts, which may not be used any more; return what they carried."""
    closed = session.execute(
        update(Delivery)
        .where(
            Delivery.person_id == person_id,
            Delivery.kind == "prompt",
            Delivery.transport == "email",
            Delivery.state == DeliveryState.PLANNED.value,
        )
        .values(state=DeliveryState.SUPPRESSED.value, reason=reason, closed_at=now)
        .returning(Delivery.prompt_id)
    )
    return session.scalars(select(Prompt).where(Prompt.id.in_([row.prompt_id for row in closed]))).all()


def prompts_on(session: Session, person_id: int, day: date) -> Sequence[Prompt]:
    """Return a person's prompts of a local date, in order of time."""
    query = select(Prompt).where(Prompt.person_id == person_id, Prompt.local_date == day)
    return session.scalars(query.order_by(Prompt.due_at)).all()


def open_prompts(session: Session, person_id: int) -> Sequence[Prompt]:
    """Return the prompts of a person that nothing has closed, the newest first; the clock may have."""
    query = select(Prompt).where(Prompt.person_id == person_id, Prompt.standing == Standing.OPEN.value)
    return session.scalars(query.order_by(Prompt.due_at.desc())).all()


def own_prompt(session: Session, person_id: int, prompt_id: int) -> Prompt | None:
    """Return a prompt of this person; None for somebody else's, as for one that does not exist."""
    query = select(Prompt).where(Prompt.id == prompt_id, Prompt.person_id == person_id)
    return session.scalars(query).first()


def own_try(session: Session, person_id: int, delivery_id: int) -> Delivery | None:
    """Return a message that this person asked for as a try."""
    query = select(Delivery).where(
        Delivery.id == delivery_id, Delivery.person_id == person_id, Delivery.kind == "try"
    )
    return session.scalars(query).first()


def break_of(session: Session, prompt_id: int) -> BreakTaken | None:
    """Return the break that was taken in answer to a prompt."""
    return session.scalars(select(BreakTaken).where(BreakTaken.prompt_id == prompt_id)).first()


def last_break(session: Session, person_id: int, *, spontaneous: bool = False) -> BreakTaken | None:
    """Return the newest break a person took, or the newest nobody had asked for."""
    query = select(BreakTaken).where(BreakTaken.person_id == person_id)
    if spontaneous:
        query = query.where(BreakTaken.prompt_id.is_(None))
    return session.scalars(query.order_by(BreakTaken.taken_at.desc(), BreakTaken.id.desc()).limit(1)).first()


def spontaneous_breaks_on(session: Session, person_id: int, day: date) -> Sequence[BreakTaken]:
    """Return the breaks of a local date that no prompt had asked for, in order of time."""
    query = select(BreakTaken).where(
        BreakTaken.person_id == person_id, BreakTaken.local_date == day, BreakTaken.prompt_id.is_(None)
    )
    return session.scalars(query.order_by(BreakTaken.taken_at)).all()


def day_counts(session: Session, person_id: int, since: date) -> list[DayCount]:
    """Return how many prompts reached the person and how many breaks they took, by local date."""
    delivered = (
        select(Prompt.local_date, func.count())
        .where(
            Prompt.person_id == person_id,
            Prompt.local_date >= since,
            Prompt.first_sent_at.is_not(None),
            Prompt.standing.not_in((Standing.CANCELLED.value, Standing.UNDELIVERED.value)),
        )
        .group_by(Prompt.local_date)
    )
    taken = (
        select(BreakTaken.local_date, func.count())
        .where(BreakTaken.person_id == person_id, BreakTaken.local_date >= since)
        .group_by(BreakTaken.local_date)
    )
    breaks = Counter(dict(session.execute(taken).all()))
    reached = session.execute(delivered.order_by(Prompt.local_date))
    return [DayCount(day, n, breaks[day]) for day, n in reached]


def answer_link(session: Session, token_hash: str) -> AnswerLink | None:
    """Return the link with this hash, whether or not it has expired."""
    return session.get(AnswerLink, token_hash)


def mark_shown(session: Session, prompt_id: int, deadline_at: datetime, now: datetime) -> None:
    """Note that a visible page has shown the due prompt, unless something has reached its person before."""
    session.execute(
        update(Prompt)
        .where(Prompt.id == prompt_id, Prompt.first_sent_at.is_(None), Prompt.standing == Standing.OPEN.value)
        .values(first_sent_at=now, last_nudge_at=now, deadline_at=deadline_at)
    )
