"""Everything that is kept about one person, for that person: each row that refers to them, no secrets."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import LargeBinary, Table, or_, select
from sqlalchemy.orm import Session

from daybreak.store.erasing import keys_to_persons
from daybreak.store.tables import Attempt, AuditEntry, Delivery, Person, Policy, Team

SECRET = ("hash", "_key")
"""Ends of the names of columns that hold a secret or a technical key; bytes are sealed and left out too."""
TITLES: Mapping[str, tuple[type[Any], str]] = {"team_id": (Team, "team"), "policy_id": (Policy, "policy")}


def export(session: Session, person: Person, now: datetime) -> dict[str, Any]:
    """Return all data of a person as JSON can hold it; instants are UTC, dates and times the person's own.

    Of tables that name others as well only the rows that refer to this person are told.
    """
    data: dict[str, Any] = {
        "made_at": _plain(now),
        "person": _rows(session, Person.__table__, Person.id == person.id)[0],
    }
    tables: dict[str, tuple[Table, list[Any]]] = {}
    for column in keys_to_persons().values():
        table, conditions = tables.setdefault(column.table.name, (column.table, []))
        conditions.append(column == person.id)
    for name, (table, conditions) in sorted(tables.items()):
        data[name] = _rows(session, table, or_(*conditions))
    own = select(Delivery.id).where(Delivery.person_id == person.id)
    data["attempt"] = _rows(session, Attempt.__table__, Attempt.delivery_id.in_(own))
    about = (AuditEntry.object_kind == "person") & (AuditEntry.object_id == person.id)
    data["audit_entry"] = _rows(session, AuditEntry.__table__, about | (AuditEntry.actor_id == person.id))
    for entry in data["audit_entry"]:
        if entry["actor_id"] != person.id:  # that it was somebody else is told, who it was is theirs
            entry["actor_id"] = entry["origin"] = None
    return data


def _rows(session: Session, table: Any, condition: Any) -> list[dict[str, Any]]:
    shown = [
        column
        for column in table.columns
        if not isinstance(column.type, LargeBinary) and not column.name.endswith(SECRET)
    ]
    order = table.primary_key.columns
    rows = session.execute(select(*shown).where(condition).order_by(*order)).mappings().all()
    return [_named(session, {key: _plain(value) for key, value in row.items()}) for row in rows]


def _named(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """Say which team and policy a number means."""
    for key, (table, title) in TITLES.items():
        if isinstance(row.get(key), int) and (named := session.get(table, row[key])) is not None:
            row[title] = named.name
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date | time) else value
