"""Claiming what is due: each query locks what it returns, and passes over what another worker holds.

On PostgreSQL by SKIP LOCKED; on SQLite a writing transaction is alone anyway.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from daybreak.store.tables import Membership, Person, Policy, Prompt

FRESH = {"populate_existing": True}


def claim_persons(session: Session, now: datetime, limit: int) -> Sequence[Person]:
    """Return persons whose next occurrence is due: the longest waiting of each team in turn.

    So a team of three is not planned behind a team of ten thousand that is due at the same moment.
    """
    joined = Membership.joined_at.is_not(None) & Membership.left_at.is_(None)
    team_id = select(func.min(Membership.team_id)).where(Membership.person_id == Person.id, joined)
    waiting = (Person.next_due_at, Person.id)
    turn = func.row_number().over(partition_by=team_id.scalar_subquery(), order_by=waiting).label("turn")
    due = select(Person.id, turn).where(Person.next_due_at <= now).subquery()
    # More than are wanted: others may hold the first.
    first = select(due).order_by(due.c.turn, due.c.id).limit(4 * limit).subquery()
    query = select(Person).join(first, first.c.id == Person.id).where(Person.next_due_at <= now)
    locked = query.order_by(first.c.turn, Person.id).limit(limit).with_for_update(of=Person, skip_locked=True)
    return session.scalars(locked, execution_options=FRESH).all()


def claim_policies(session: Session, now: datetime, limit: int) -> Sequence[Policy]:
    """Return policies whose post to a shared channel is due."""
    query = select(Policy).where(Policy.shared_due_at <= now).order_by(Policy.shared_due_at, Policy.id)
    return session.scalars(
        query.limit(limit).with_for_update(skip_locked=True), execution_options=FRESH
    ).all()


def claim_snoozed(session: Session, now: datetime, limit: int) -> Sequence[tuple[Prompt, Person]]:
    """Return open prompts whose snooze is over and that have not been nudged again, with their persons."""
    query = (
        select(Prompt, Person)
        .join(Person, Person.id == Prompt.person_id)
        .where(
            Prompt.standing == "open",
            Prompt.snoozed_until_at <= now,
            Prompt.nudges <= Prompt.snooze_count,
        )
        .order_by(Prompt.snoozed_until_at, Prompt.id)
    )
    rows = session.execute(query.limit(limit).with_for_update(skip_locked=True), execution_options=FRESH)
    return [(prompt, person) for prompt, person in rows]


def claim_closing(session: Session, now: datetime, limit: int) -> Sequence[Prompt]:
    """Return open prompts that the clock may have closed; their standing is the domain's to say."""
    unsent = Prompt.first_sent_at.is_(None) & Prompt.pushed & (Prompt.expires_at <= now)
    query = (
        select(Prompt)
        .where(Prompt.standing == "open", or_(Prompt.deadline_at <= now, unsent))
        .order_by(Prompt.deadline_at, Prompt.id)
    )
    return session.scalars(
        query.limit(limit).with_for_update(skip_locked=True), execution_options=FRESH
    ).all()


def cut_deadlines(session: Session, person_ids: Sequence[int]) -> None:
    """End the response time of open prompts where the person's next occurrence begins."""
    next_due_at = select(Person.next_due_at).where(Person.id == Prompt.person_id).scalar_subquery()
    session.execute(
        update(Prompt)
        .where(
            Prompt.person_id.in_(person_ids),
            Prompt.standing == "open",
            Prompt.deadline_at > next_due_at,
            Prompt.due_at < next_due_at,
        )
        .values(deadline_at=next_due_at),
        execution_options={"synchronize_session": False},
    )


def anything_due(session: Session, now: datetime) -> bool:
    """Tell whether a tick would find a person or a shared post that is due."""
    person = select(Person.id).where(Person.next_due_at <= now).exists()
    policy = select(Policy.id).where(Policy.shared_due_at <= now).exists()
    return bool(session.scalar(select(person | policy)))


def slice_of_persons(session: Session, part: int, parts: int, limit: int) -> Sequence[Person]:
    """Return the accepted members of one of so many equal parts, for a look at their `next_due_at`."""
    joined = exists().where(
        Membership.person_id == Person.id, Membership.joined_at.is_not(None), Membership.left_at.is_(None)
    )
    query = select(Person).where(Person.id % parts == part, joined).order_by(Person.id)
    return session.scalars(
        query.limit(limit).with_for_update(skip_locked=True), execution_options=FRESH
    ).all()


def persons_after(session: Session, person_id: int, limit: int) -> Sequence[Person]:
    """Return the next persons by number, for planning everybody anew a batch at a time."""
    query = select(Person).where(Person.id > person_id).order_by(Person.id).limit(limit)
    return session.scalars(query.with_for_update(), execution_options=FRESH).all()


def slice_of_policies(session: Session, part: int, parts: int) -> Sequence[Policy]:
    """Return the live policies of one of so many equal parts."""
    query = select(Policy).where(Policy.id % parts == part, Policy.archived_at.is_(None))
    return session.scalars(
        query.order_by(Policy.id).with_for_update(skip_locked=True), execution_options=FRESH
    ).all()
