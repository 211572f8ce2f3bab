"""The log of deliveries: what was attempted, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from daybreak.domain.delivery import DeliveryState
from daybreak.store.deliveries import OPEN_STATES
from daybreak.store.tables import Attempt, Channel, Delivery, Policy, Prompt, Team

RETRYING, DROPPED = "retrying", "dropped"
STATUSES: Mapping[str, tuple[DeliveryState, ...]] = {
    "sent": (DeliveryState.SENT,),
    RETRYING: OPEN_STATES,
    "failed": (DeliveryState.FAILED,),
    "unknown": (DeliveryState.UNKNOWN,),
    "expired": (DeliveryState.EXPIRED,),
    DROPPED: (DeliveryState.SUPPRESSED, DeliveryState.CANCELLED),
}
"""The log's words for a delivery's states: what is open has been tried, else it would not be listed."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries are wanted; None: all. `own` are members' own webhooks, whoever's they are."""

    team_id: int | None = None
    delivery_id: int | None = None
    transport: str | None = None
    channel_id: int | None = None
    own: bool = False
    status: str | None = None  # one of STATUSES
    since_at: datetime | None = None
    until_at: datetime | None = None
    before_id: int | None = None  # older than this delivery


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery with where it went and how its last try ended."""

    delivery: Delivery
    team: Team | None
    policy: Policy | None
    channel: Channel | None
    last: Attempt


def lines(session: Session, wanted: Filter, limit: int | None = None) -> list[Line]:
    """Return attempted deliveries, the one due last first."""
    older, another = aliased(Delivery), aliased(Attempt)
    newest = select(func.max(another.id)).where(another.delivery_id == Delivery.id).correlate(Delivery)
    query = (
        select(Delivery, Team, Policy, Channel, Attempt)
        .select_from(Delivery)
        .join(Attempt, Attempt.id == newest.scalar_subquery())
        .outerjoin(Team, Team.id == Delivery.team_id)
        .outerjoin(Policy, Policy.id == Delivery.policy_id)
        .outerjoin(Channel, Channel.id == Delivery.channel_id)
        .order_by(Delivery.due_at.desc(), Delivery.id.desc())
    )
    if wanted.team_id is not None:
        query = query.where(Delivery.team_id == wanted.team_id)
    if wanted.delivery_id is not None:
        query = query.where(Delivery.id == wanted.delivery_id)
    if wanted.transport is not None:
        query = query.where(Delivery.transport == wanted.transport)
    if wanted.channel_id is not None:
        query = query.where(Delivery.channel_id == wanted.channel_id)
    if wanted.own:
        query = query.where(Delivery.transport != "email", Channel.team_id.is_(None))
    if wanted.status is not None:
        query = query.where(Delivery.state.in_(STATUSES[wanted.status]))
    if wanted.since_at is not None:
        query = query.where(Delivery.due_at >= wanted.since_at)
    if wanted.until_at is not None:
        query = query.where(Delivery.due_at < wanted.until_at)
    if wanted.before_id is not None:
        at = select(older.due_at).where(older.id == wanted.before_id).scalar_subquery()
        same = and_(Delivery.due_at == at, Delivery.id < wanted.before_id)
        query = query.where(or_(Delivery.due_at < at, same))
    rows = session.execute(query.limit(limit) if limit is not None else query)
    return [Line(*row) for row in rows]


def attempts(session: Session, delivery_id: int) -> Sequence[Attempt]:
    """Return the tries of a delivery, the first first."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.id)
    return session.scalars(query).all()


def taken_over(session: Session, post_id: int) -> bool:
    """Tell whether a prompt that a shared post carried has been given to another channel, or is closed."""
    own = exists().where(Delivery.prompt_id == Prompt.id)
    query = select(Prompt.id).where(
        Prompt.shared_delivery_id == post_id, or_(own, Prompt.standing != "open", ~Prompt.pushed)
    )
    return session.scalars(query.limit(1)).first() is not None


def last_mail_attempt(session: Session, since_at: datetime) -> Attempt | None:
    """Return the newest try of any mail since an instant."""
    query = (
        select(Attempt)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(Delivery.transport == "email", Attempt.at >= since_at)
    )
    return session.scalars(query.order_by(Attempt.id.desc()).limit(1)).first()


def is_overdue(session: Session, since_at: datetime, now: datetime) -> bool:
    """Tell whether something has waited for its try since before an instant, and could still go out."""
    query = select(Delivery.id).where(
        Delivery.state == DeliveryState.PLANNED, Delivery.next_try_at < since_at, Delivery.expires_at > now
    )
    return session.scalars(query.limit(1)).first() is not None
