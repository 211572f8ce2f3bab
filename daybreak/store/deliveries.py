"""Deliveries: the queries of planning, claiming, handing off and recording them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, bindparam, func, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from daybreak.domain.delivery import DeliveryState
from daybreak.store.tables import (
    Attempt,
    Channel,
    Delivery,
    Invitation,
    Letter,
    Membership,
    Person,
    Policy,
    Prompt,
    SignInLink,
    Team,
)
from daybreak.store.tables.base import Base

OPEN_STATES = (DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.HANDING_OFF)


FACTS = (
    select(Delivery, Prompt, Person, Policy, Team, Channel, Membership, Letter)
    .outerjoin(Prompt, Prompt.id == Delivery.prompt_id)
    .outerjoin(Person, Person.id == Delivery.person_id)
    .outerjoin(Policy, Policy.id == Delivery.policy_id)
    .outerjoin(Team, Team.id == Delivery.team_id)
    .outerjoin(Channel, Channel.id == Delivery.channel_id)
    .outerjoin(
        Membership,
        and_(Membership.team_id == Delivery.team_id, Membership.person_id == Delivery.person_id),
    )
    .outerjoin(Letter, Letter.id == Delivery.letter_id)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)))
    .order_by(Delivery.expires_at, Delivery.id)
)
"""Made once: putting it together takes longer than asking it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A delivery with all that decides whether it is still wanted, and all that it tells."""

    delivery: Delivery
    prompt: Prompt | None = None
    person: Person | None = None
    policy: Policy | None = None
    team: Team | None = None
    channel: Channel | None = None
    membership: Membership | None = None
    letter: Letter | None = None


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any]) -> int | None:
    """Insert a row and return its id; None where a row with one of its unique keys exists already."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = _rows(table)
    session.flush()
    statement = insert(rows).values(**values).on_conflict_do_nothing()
    returned = session.execute(statement.returning(rows.c.id)).scalar()
    return None if returned is None else int(returned)


def _rows(table: type[Base]) -> Table:
    """The bare table: for one row at a time the mapper does more work than the database."""
    rows = inspect(table).local_table
    assert isinstance(rows, Table)  # noqa: S101 - not a join: no table of ours inherits from another
    return rows


def claimable(session: Session, ids: Sequence[int], now: datetime) -> list[int]:
    """Return and lock those of the deliveries that are due for a try; others hold the rest."""
    ready = or_(
        and_(Delivery.state == DeliveryState.PLANNED, Delivery.next_try_at <= now),
        and_(Delivery.state == DeliveryState.CLAIMED, Delivery.lease_until_at <= now),
    )
    query = select(Delivery.id).where(Delivery.id.in_(ids), ready).order_by(Delivery.id)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def facts(session: Session, ids: Iterable[int]) -> list[Facts]:
    """Read deliveries with their surroundings, as they stand now, in one query, the most urgent first."""
    rows = session.execute(FACTS, {"ids": list(ids)}, execution_options={"populate_existing": True})
    return [Facts(*row) for row in rows]


def move(
    session: Session,
    delivery: Delivery,
    to: DeliveryState,
    *,
    held_by: str | None = None,
    **values: object,
) -> bool:
    """Move a delivery from the state it was read in; False where somebody else has moved it since.

    `held_by` is the key whose lease it must still be; `values` are further columns to set.
    """
    rows = _rows(Delivery)
    moving = update(rows).where(rows.c.id == delivery.id, rows.c.state == delivery.state)
    if held_by is not None:
        moving = moving.where(rows.c.lease_key == held_by)
    session.flush()
    moving = moving.values(state=to.value, **values)
    if session.execute(moving.returning(rows.c.id)).first() is None:
        session.expire(delivery)
        return False
    for name, value in {"state": to.value, **values}.items():
        set_committed_value(delivery, name, value)  # what the row says now, without asking it again
    return True


def last_attempt(session: Session, delivery_id: int) -> Attempt | None:
    """Return the newest try of a delivery."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.id.desc()).limit(1)
    return session.scalars(query).first()


def keys_of(session: Session, prompt_id: int) -> set[str]:
    """Return the keys of a prompt's deliveries, which name nudge and channel."""
    return set(session.scalars(select(Delivery.key).where(Delivery.prompt_id == prompt_id)))


def undecided(session: Session, prompt_id: int) -> bool:
    """Tell whether a delivery of a prompt is still open, was sent, or may have arrived."""
    states = (*OPEN_STATES, DeliveryState.SENT, DeliveryState.UNKNOWN)
    query = select(Delivery.id).where(Delivery.prompt_id == prompt_id, Delivery.state.in_(states)).limit(1)
    return session.scalars(query).first() is not None


def shared_post(session: Session, key: str) -> Delivery | None:
    """Return a shared post by its key, unless it has ended without being posted."""
    states = (*OPEN_STATES, DeliveryState.SENT, DeliveryState.UNKNOWN)
    return session.scalars(select(Delivery).where(Delivery.key == key, Delivery.state.in_(states))).first()


def carried_by(session: Session, delivery_id: int) -> Sequence[tuple[Prompt, Person, Policy]]:
    """Return the open prompts that a shared post carries, with their persons and policies."""
    query = (
        select(Prompt, Person, Policy)
        .join(Person, Person.id == Prompt.person_id)
        .join(Policy, Policy.id == Prompt.policy_id)
        .where(Prompt.shared_delivery_id == delivery_id, Prompt.standing == "open")
        .order_by(Prompt.id)
    )
    return [(prompt, person, policy) for prompt, person, policy in session.execute(query)]


def channel_named(session: Session, team_id: int, name: str) -> Channel | None:
    """Return a team's channel by its name."""
    return session.scalars(select(Channel).where(Channel.team_id == team_id, Channel.name == name)).first()


def channel_of(session: Session, delivery: Delivery) -> Channel | None:
    """Return the channel a delivery goes to."""
    return None if delivery.channel_id is None else session.get(Channel, delivery.channel_id)


def own_webhook(session: Session, person_id: int) -> Channel | None:
    """Return a person's own webhook that is switched on."""
    query = select(Channel).where(Channel.person_id == person_id, Channel.off_at.is_(None))
    return session.scalars(query.order_by(Channel.id).limit(1)).first()


def sign_in_link(session: Session, link_id: int | None) -> SignInLink | None:
    """Return the sign-in link a letter carries."""
    return None if link_id is None else session.get(SignInLink, link_id)


def invitation(session: Session, invitation_id: int | None) -> Invitation | None:
    """Return the invitation a letter carries."""
    return None if invitation_id is None else session.get(Invitation, invitation_id)


def overdue(session: Session, now: datetime, limit: int) -> list[int]:
    """Return and lock open deliveries whose expiry has passed, or the lease of whoever held them."""
    lapsed = Delivery.lease_until_at <= now
    ended = or_(
        and_(Delivery.state == DeliveryState.PLANNED, Delivery.expires_at <= now),
        and_(Delivery.state.in_((DeliveryState.CLAIMED, DeliveryState.HANDING_OFF)), lapsed),
    )
    query = select(Delivery.id).where(Delivery.state.in_(OPEN_STATES), ended).order_by(Delivery.id)
    return list(session.scalars(query.limit(limit).with_for_update(skip_locked=True)))


def waiting_since(session: Session, now: datetime) -> datetime | None:
    """Return the instant at which the longest waiting delivery should have been tried; None: none waits."""
    free = or_(
        and_(Delivery.state == DeliveryState.PLANNED, Delivery.next_try_at <= now),
        and_(
            Delivery.state.in_((DeliveryState.CLAIMED, DeliveryState.HANDING_OFF)),
            Delivery.lease_until_at <= now,
        ),
    )
    return session.scalar(select(func.min(Delivery.next_try_at)).where(free))


def last_tried_at(session: Session) -> datetime | None:
    """Return the instant of the newest try of any delivery."""
    return session.scalar(select(Attempt.at).order_by(Attempt.id.desc()).limit(1))


def unheard(session: Session, since_at: datetime, limit: int) -> list[int]:
    """Return planned deliveries that were due for a try before an instant: nobody has heard their bell.

    The teams come in turn, and so do webhooks: a backlog of one stands in nobody else's way.
    """
    ways = (Delivery.team_id, Delivery.channel_id)
    waiting = (Delivery.next_try_at, Delivery.id)
    turn = func.row_number().over(partition_by=ways, order_by=waiting).label("turn")
    overdue = Delivery.state == DeliveryState.PLANNED, Delivery.next_try_at <= since_at
    due = select(Delivery.id, turn).where(*overdue).subquery()
    return list(session.scalars(select(due.c.id).order_by(due.c.turn, due.c.id).limit(limit)))


def take_turn(session: Session, channel_id: int, now: datetime, until_at: datetime) -> bool:
    """Take a webhook's turn in the database, for when Redis is away; False where it must wait."""
    free = or_(Channel.wait_until_at.is_(None), Channel.wait_until_at <= now)
    taken = update(Channel).where(Channel.id == channel_id, free).values(wait_until_at=until_at)
    return session.execute(taken.returning(Channel.id)).first() is not None
