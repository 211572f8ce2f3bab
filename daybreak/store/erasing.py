"""What refers to a person, and what becomes of it when that person is erased; a rule for every key."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Column, Engine, delete, exists, func, select, update
from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.store.tables import (
    AnswerLink,
    Attempt,
    Base,
    Channel,
    Delivery,
    Erasure,
    Invitation,
    Letter,
    Membership,
    Person,
    Prompt,
    SlackAccount,
    SlackConnect,
    SlackReply,
)

VACUUM_UP_TO = 512 * 1024 * 1024


class Fate(Enum):
    """What becomes of a row that names somebody who is erased."""

    GOES = "deleted"
    UNNAMED = "kept without naming anybody"
    NOBODYS = "kept, as that of a person who never was, so that totals stay"


RULES: dict[str, Fate] = {
    "break_taken.person_id": Fate.GOES,
    "busy_interval.person_id": Fate.GOES,
    "calendar_feed.person_id": Fate.GOES,
    "channel.person_id": Fate.GOES,
    "day_off.person_id": Fate.GOES,
    "delivery.person_id": Fate.NOBODYS,
    "invitation.created_by": Fate.UNNAMED,
    "letter.person_id": Fate.UNNAMED,
    "membership.person_id": Fate.GOES,
    "policy.changed_by": Fate.UNNAMED,
    "policy_member.person_id": Fate.GOES,
    "prompt.person_id": Fate.NOBODYS,
    "sign_in_link.person_id": Fate.GOES,
    "sign_in_session.person_id": Fate.GOES,
    "slack_account.person_id": Fate.GOES,
}
"""By table and column. A test fails for a key to a person that has no rule."""


def keys_to_persons() -> dict[str, Column[Any]]:
    """Return every column that refers to a person, by `table.column`."""
    return {
        f"{table.name}.{column.name}": column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == Person.__tablename__ for key in column.foreign_keys)
    }


def letters_of(session: Session, person_id: int) -> Sequence[int]:
    """Return the deliveries of all mail to a person, and of the invitations that name them as inviter."""
    invited = (
        select(Delivery.id)
        .join(Letter, Letter.id == Delivery.letter_id)
        .join(Invitation, Invitation.id == Letter.subject_id)
        .where(Letter.kind == "invitation", Invitation.created_by == person_id)
    )
    own = select(Delivery.id).where(Delivery.person_id == person_id)
    return [*session.scalars(own), *session.scalars(invited)]


def detach(session: Session, person_id: int, nobody_id: int) -> None:
    """Apply RULES to everything that refers to a person, and to what hangs on it."""
    prompts = select(Prompt.id).where(Prompt.person_id == person_id)
    deliveries = select(Delivery.id).where(Delivery.person_id == person_id)
    own_channels = select(Channel.id).where(Channel.person_id == person_id)
    memberships = select(Membership.id).where(Membership.person_id == person_id)
    session.execute(delete(AnswerLink).where(AnswerLink.prompt_id.in_(prompts)))
    # What the other side answered may quote the address.
    session.execute(update(Attempt).where(Attempt.delivery_id.in_(deliveries)).values(detail=""))
    session.execute(
        update(Delivery)
        .where(Delivery.person_id == person_id, Delivery.state == DeliveryState.PLANNED)
        .values(state=DeliveryState.CANCELLED, reason="gone")
    )
    session.execute(update(Delivery).where(Delivery.channel_id.in_(own_channels)).values(channel_id=None))
    session.execute(delete(Invitation).where(Invitation.membership_id.in_(memberships)))
    _forget_slack(session, person_id)
    keys = keys_to_persons()
    for name, fate in RULES.items():
        column = keys[name]
        table = column.table
        if fate is Fate.GOES:
            session.execute(delete(table).where(column == person_id))
        else:
            values = {column.name: nobody_id if fate is Fate.NOBODYS else None}
            session.execute(update(table).where(column == person_id).values(values))


def _forget_slack(session: Session, person_id: int) -> None:
    accounts = session.execute(
        select(SlackAccount.team_id, SlackAccount.user_id).where(SlackAccount.person_id == person_id)
    ).all()
    for table in (SlackConnect, SlackReply):
        for team_id, user_id in accounts:
            session.execute(delete(table).where(table.team_id == team_id, table.user_id == user_id))


def departed(session: Session, removed_before: datetime, limit: int) -> Sequence[Person]:
    """Return those whom others removed from all their teams before an instant: no owners, nobody who left."""
    living = exists().where(Membership.person_id == Person.id, Membership.left_at.is_(None))
    removed = select(func.max(Membership.left_at)).where(
        Membership.person_id == Person.id, Membership.refused_at.is_(None)
    )
    query = select(Person).where(
        Person.email.is_not(None),
        Person.is_owner.is_(False),
        ~living,
        removed.scalar_subquery() <= removed_before,
    )
    return session.scalars(query.order_by(Person.id).limit(limit)).all()


def never_came(session: Session, invited_before: datetime, limit: int) -> Sequence[Person]:
    """Return those who were invited before an instant, and never since, and have not said yes to any team."""
    ever = exists().where(Membership.person_id == Person.id, Membership.joined_at.is_not(None))
    invited = select(func.max(Membership.invited_at)).where(Membership.person_id == Person.id)
    query = select(Person).where(
        Person.email.is_not(None),
        Person.is_owner.is_(False),
        Person.password_hash.is_(None),
        ~ever,
        invited.scalar_subquery() <= invited_before,
    )
    return session.scalars(query.order_by(Person.id).limit(limit)).all()


def erasure_of(session: Session, person_id: int) -> Erasure | None:
    """Return the note of a person's erasure."""
    return session.scalar(select(Erasure).where(Erasure.person_id == person_id))


def erased_ids(session: Session) -> Sequence[tuple[int, datetime]]:
    """Return who was erased, as numbers, and when; the oldest first."""
    return session.execute(select(Erasure.person_id, Erasure.at).order_by(Erasure.id)).all()


def unscrubbed(session: Session, limit: int = 1000) -> Sequence[Erasure]:
    """Return erasures after which the database file was not written anew yet."""
    return session.scalars(select(Erasure).where(Erasure.scrubbed_at.is_(None)).limit(limit)).all()


def drop_nobodies(session: Session, limit: int) -> int:
    """Delete stand-ins to whom nothing belongs any more; returns how many."""
    query = select(Person.id).where(
        Person.email.is_(None),
        ~exists().where(Erasure.person_id == Person.id),
        ~exists().where(Prompt.person_id == Person.id),
        ~exists().where(Delivery.person_id == Person.id),
    )
    ids = session.scalars(query.limit(limit)).all()
    session.execute(delete(Person).where(Person.id.in_(ids)))
    return len(ids)


def scrub(engine: Engine) -> None:
    """Write out of an SQLite file what deleted rows and old pages left in it; elsewhere do nothing.

    Deleted cells are zeroed at once (secure_delete); what moved between pages goes with a VACUUM, up to
    VACUUM_UP_TO bytes, and what the log holds with a checkpoint. PostgreSQL has its own vacuum.
    """
    if engine.dialect.name != "sqlite":
        return
    pooled = engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        connection.execute("PRAGMA query_only=OFF").close()
        pages, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        if pages * size <= VACUUM_UP_TO:
            connection.execute("VACUUM").close()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        pooled.close()


def note_scrubbed(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Note that the database's file was written anew after some erasures."""
    session.execute(update(Erasure).where(Erasure.id.in_(ids)).values(scrubbed_at=now))
