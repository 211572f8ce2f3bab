"""Queries about the audit log; nothing here can change or remove a row."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.store.tables import AuditEntry


def entries(
    session: Session,
    team_id: int | None,
    *,
    before_id: int | None = None,
    actor_id: int | None = None,
    object_kind: str | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """Return entries of a team, or for None of all, newest first; `before_id` continues a list."""
    query = select(AuditEntry)
    if team_id is not None:
        query = query.where(AuditEntry.team_id == team_id)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    if actor_id is not None:
        query = query.where(AuditEntry.actor_id == actor_id)
    if object_kind is not None:
        query = query.where(AuditEntry.object_kind == object_kind)
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()


def actors(session: Session, team_id: int | None) -> Sequence[int]:
    """Return the persons who did what the entries of a team, or for None all, tell of."""
    query = select(AuditEntry.actor_id).where(AuditEntry.actor_id.is_not(None)).distinct()
    if team_id is not None:
        query = query.where(AuditEntry.team_id == team_id)
    return [actor_id for actor_id in session.scalars(query) if actor_id is not None]


def named(session: Session, table: type[Any], ids: Collection[int]) -> dict[int, Any]:
    """Return the rows of some numbers by number."""
    rows = session.scalars(select(table).where(table.id.in_(list(ids))))
    return {row.id: row for row in rows}


def entries_of(
    session: Session, object_kind: str, object_id: int, action: str, team_id: int | None = None
) -> Sequence[AuditEntry]:
    """Return the entries of an action on an object (in a team, where one is given), newest first."""
    query = select(AuditEntry).where(
        AuditEntry.object_kind == object_kind,
        AuditEntry.object_id == object_id,
        AuditEntry.action == action,
    )
    if team_id is not None:
        query = query.where(AuditEntry.team_id == team_id)
    return session.scalars(query.order_by(AuditEntry.id.desc())).all()


def last_of(
    session: Session, object_kind: str, object_id: int, action: str, team_id: int | None = None
) -> AuditEntry | None:
    """Return the newest of `entries_of`."""
    return next(iter(entries_of(session, object_kind, object_id, action, team_id)), None)
