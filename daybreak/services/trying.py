"""Tries that are counted in the database, for when Redis cannot: so many in a moving stretch of time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from daybreak.store.tables import Try


def hit(session: Session, key: str, most: int, within: timedelta, now: datetime) -> bool:
    """Count a try; False, without counting, where there is none left. Flushes; commit it by itself."""
    if session.get_bind().dialect.name == "postgresql":  # on SQLite there is one writer at a time anyway
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})
    if not has_left(session, key, most, within, now):
        return False
    session.execute(delete(Try).where(Try.key == key, Try.at <= now - within))
    session.add(Try(key=key, at=now))
    session.flush()
    return True


def has_left(session: Session, key: str, most: int, within: timedelta, now: datetime) -> bool:
    """Tell whether another try is left."""
    query = select(func.count()).select_from(Try).where(Try.key == key, Try.at > now - within)
    return (session.scalar(query) or 0) < most


def forget(session: Session, key: str) -> None:
    """Start counting anew."""
    session.execute(delete(Try).where(Try.key == key))


def again_at(session: Session, key: str, within: timedelta, now: datetime) -> datetime:
    """Return when the oldest try that counts will no longer do so."""
    oldest = session.scalar(select(func.min(Try.at)).where(Try.key == key, Try.at > now - within))
    return (oldest or now - within) + within
