"""Deleting what has been kept long enough, a batch at a time, children first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from daybreak.domain.delivery import DeliveryState
from daybreak.store.tables import (
    AnswerLink,
    Attempt,
    Base,
    BreakTaken,
    DayOff,
    Delivery,
    Invitation,
    Letter,
    Prompt,
    Publication,
    SignInLink,
    SignInSession,
    SlackConnect,
    SlackReply,
    SlackRequest,
    Try,
)

OPEN = (DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.HANDING_OFF)

EXPIRING: tuple[tuple[type[Base], InstrumentedAttribute[datetime]], ...] = (
    (SignInLink, SignInLink.expires_at),
    (SignInSession, SignInSession.expires_at),
    (SlackConnect, SlackConnect.expires_at),
    (SlackReply, SlackReply.expires_at),
    (SlackRequest, SlackRequest.expires_at),
    (Invitation, Invitation.expires_at),
    (Try, Try.at),
)
"""Tables whose rows go by one instant of theirs; nothing refers to them."""


def frozen_until(session: Session) -> dict[int, date]:
    """Return by team the date up to which its weeks are frozen: what came before counts nowhere any more."""
    query = (
        select(Publication.team_id, func.max(Publication.starts_on))
        .where(Publication.period == "week", Publication.frozen_at.is_not(None))
        .group_by(Publication.team_id)
    )
    return {team_id: monday + timedelta(weeks=1) for team_id, monday in session.execute(query)}


def prune_prompts(session: Session, team_id: int, before: date, limit: int) -> int:
    """Delete a team's prompts of local dates before one, with all that hangs on them; returns how many."""
    query = select(Prompt.id).where(Prompt.team_id == team_id, Prompt.local_date < before).limit(limit)
    ids = session.scalars(query).all()
    if ids:
        session.execute(delete(AnswerLink).where(AnswerLink.prompt_id.in_(ids)))
        session.execute(delete(BreakTaken).where(BreakTaken.prompt_id.in_(ids)))
        _prune_deliveries(
            session, session.scalars(select(Delivery.id).where(Delivery.prompt_id.in_(ids))).all()
        )
        session.execute(delete(Prompt).where(Prompt.id.in_(ids)))
    return len(ids)


def prune_messages(session: Session, before: datetime, limit: int) -> int:
    """Delete closed deliveries that no prompt has: shared posts, letters and tries; returns how many."""
    query = (
        select(Delivery.id, Delivery.letter_id)
        .where(Delivery.prompt_id.is_(None), Delivery.due_at < before, Delivery.state.not_in(OPEN))
        .limit(limit)
    )
    rows = session.execute(query).all()
    _prune_deliveries(session, [row.id for row in rows])
    letters = [row.letter_id for row in rows if row.letter_id is not None]
    session.execute(delete(Letter).where(Letter.id.in_(letters)))
    return len(rows)


def prune_expired(session: Session, before: datetime, limit: int) -> int:
    """Delete sessions, links, unasked breaks and the like that ended before an instant; returns how many."""
    spontaneous = BreakTaken.prompt_id.is_(None), BreakTaken.taken_at < before
    pruned = sum(_prune(session, table, limit, instant < before) for table, instant in EXPIRING)
    pruned += _prune(session, SignInSession, limit, SignInSession.revoked_at < before)
    return pruned + _prune(session, BreakTaken, limit, *spontaneous)


def prune_days_off(session: Session, before: date, limit: int) -> int:
    """Delete days off that are long over; returns how many."""
    return _prune(session, DayOff, limit, DayOff.last_date < before)


def _prune(session: Session, table: type[Base], limit: int, *conditions: ColumnElement[bool]) -> int:
    (key,) = inspect(table).primary_key
    ids = session.scalars(select(key).where(*conditions).limit(limit)).all()
    if ids:
        session.execute(delete(table).where(key.in_(ids)))
    return len(ids)


def _prune_deliveries(session: Session, ids: Sequence[int]) -> None:
    if ids:
        session.execute(delete(Attempt).where(Attempt.delivery_id.in_(ids)))
        session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
