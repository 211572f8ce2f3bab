"""The audit log as it is read: rows hold numbers, names are found when they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.domain.spreadsheet import to_csv
from daybreak.services import auditing
from daybreak.store import audit as store
from daybreak.store.tables import AuditEntry, Channel, Person, Policy, Team
from daybreak.wording import gettext as _

PAGE = 50
MOST = 10_000  # rows of an export, the newest
KINDS = ("person", "policy", "channel", "team", "workspace")


@dataclass(frozen=True)
class Entry:
    """One line of the log, with the names that its numbers have today."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    team: str
    changes: Sequence[tuple[str, str, str]]  # key, old, new; "" for none
    origin: str


@dataclass(frozen=True)
class Trail:
    """A page of the log; `older` continues it."""

    entries: Sequence[Entry]
    older: int | None
    actors: Sequence[tuple[int, str]]  # who may be chosen as a filter


def trail(
    session: Session,
    team: Team | None,
    *,
    before_id: int | None = None,
    actor_id: int | None = None,
    kind: str | None = None,
    limit: int = PAGE,
) -> Trail:
    """Read a team's log, or the whole workspace's for None, newest first."""
    team_id = team.id if team else None
    rows = store.entries(
        session, team_id, before_id=before_id, actor_id=actor_id, object_kind=kind, limit=limit + 1
    )
    more, rows = len(rows) > limit, rows[:limit]
    actors = store.actors(session, team_id)
    names = _Names(session, [*rows], actors)
    return Trail(
        entries=[names.entry(row) for row in rows],
        older=rows[-1].id if more else None,
        actors=sorted(((one, names.person(one)) for one in actors), key=lambda pair: pair[1].casefold()),
    )


def export(
    session: Session, team: Team | None, actor_id: int, now: datetime, *, origin: str | None = None
) -> bytes:
    """Return the log as CSV, the newest 10,000 rows; that it was taken is logged first."""
    team_id = team.id if team else None
    auditing.record(session, actor_id, "audit.exported", "workspace", 1, team_id, None, None, now, origin)
    rows = (
        (
            f"{one.at:%Y-%m-%dT%H:%M:%SZ}", one.actor, one.action, one.object, one.team,
            "; ".join(f"{key}: {old} → {new}" for key, old, new in one.changes), one.origin,
        )
        for one in trail(session, team, limit=MOST).entries
    )  # fmt: skip
    return to_csv(("when (UTC)", "who", "what", "whom or which", "team", "old → new", "from where"), rows)


class _Names:
    """What the numbers of some rows are called, found in one query a table."""

    def __init__(self, session: Session, rows: Iterable[AuditEntry], actors: Iterable[int]) -> None:
        wanted: dict[str, set[int]] = {kind: set() for kind in KINDS}
        wanted["person"].update(actors)
        for row in rows:
            if row.object_kind in wanted and row.object_id is not None:
                wanted[row.object_kind].add(row.object_id)
            if row.team_id is not None:
                wanted["team"].add(row.team_id)
        tables = {"person": Person, "policy": Policy, "channel": Channel, "team": Team}
        self.found: dict[tuple[str, int], str] = {}
        for kind, table in tables.items():
            for row_id, one in store.named(session, table, wanted[kind]).items():
                self.found[kind, row_id] = _name_of(one)

    def entry(self, row: AuditEntry) -> Entry:
        """Return a row in words."""
        return Entry(
            id=row.id,
            at=row.at,
            actor=self.person(row.actor_id),
            action=row.action,
            object=self._object(row),
            team=self.found.get(("team", row.team_id or 0), ""),
            changes=_changes(row.old or {}, row.new or {}),
            origin=row.origin or "",
        )

    def person(self, person_id: int | None) -> str:
        """Return the name of a person; of one who was erased the number."""
        if person_id is None:
            return _("Operator")
        return self.found.get(("person", person_id)) or _("Erased (number %(n)s)", n=person_id)

    def _object(self, row: AuditEntry) -> str:
        if row.object_kind == "person":
            return self.person(row.object_id)
        if row.object_id is None or row.object_kind == "workspace":
            return row.object_kind
        name = self.found.get((row.object_kind, row.object_id), "")
        return f"{row.object_kind} {name or row.object_id}"


def _name_of(row: Any) -> str:
    return row.name or (row.email or "" if isinstance(row, Person) else "")


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(key, _shown(old.get(key)), _shown(new.get(key))) for key in dict.fromkeys((*old, *new))]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_shown(inner) for inner in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    return str(value)
