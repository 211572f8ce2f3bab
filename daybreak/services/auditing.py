"""The audit log: who changed what, old and new, without secrets and without anyone's name or breaks."""

import ipaddress
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.store.tables import AuditEntry

ORIGIN = "audit_origin"
"""Key of `session.info`: where what a session does comes from, as `truncated` returns it."""
WITHHELD = frozenset({"password", "password_hash", "secret", "token", "token_hash", "code", "url", "email"})
"""Keys whose values never reach a row: secrets, and what names a person (rows must survive erasure)."""

OF_A_PERSON = frozenset({"name", "zone", "hours", "quiet_blocks", "days_off"})
"""Keys withheld as well where the object is a person: that they changed is told, to what is not."""


def record(
    session: Session,
    actor_id: int | None,
    action: str,
    object_kind: str,
    object_id: int | None,
    team_id: int | None,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    now: datetime,
    origin: str | None = None,
) -> AuditEntry:
    """Add an entry and flush it; `actor_id` None is the operator's command.

    `action` reads as in `policy.changed`. Values that must not be kept become "…". `origin` is the name of
    a command or file; by default it is what the session's ORIGIN says.
    """
    withheld = WITHHELD | OF_A_PERSON if object_kind == "person" else WITHHELD
    entry = AuditEntry(
        at=now,
        actor_id=actor_id,
        team_id=team_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        old=_kept(old, withheld),
        new=_kept(new, withheld),
        origin=(origin or session.info.get(ORIGIN) or "")[:255] or None,
    )
    session.add(entry)
    session.flush()
    return entry


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the old and the new values of the keys of `new` that differ, ready to be recorded."""
    keys = [key for key, value in new.items() if old.get(key) != value]
    return {key: old.get(key) for key in keys}, {key: new[key] for key in keys}


def truncated(address: str | None) -> str | None:
    """Return a client's address without the part that tells homes apart (/24 of IPv4, /48 of IPv6)."""
    if not address:
        return None
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def _kept(values: Mapping[str, Any] | None, withheld: Collection[str]) -> dict[str, Any] | None:
    if values is None:
        return None
    return {key: "…" if key in withheld else _plain(value, withheld) for key, value in values.items()}


def _plain(value: Any, withheld: Collection[str]) -> Any:
    """Turn a value into what JSON can hold."""
    if isinstance(value, Mapping):
        return _kept({str(key): inner for key, inner in value.items()}, withheld)
    if isinstance(value, list | tuple):
        return [_plain(inner, withheld) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
