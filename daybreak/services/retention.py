"""Keeping no longer than was said: answers go after RETENTION_DAYS, frozen weeks stay."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from daybreak.channels import outbox
from daybreak.domain.time import DAY
from daybreak.store import erasing, retention

BATCH = 200  # rows of each kind in a transaction: SQLite has one writer, and prompts must not wait for it


def prune(session: Session, now: datetime, keep: timedelta, limit: int = BATCH) -> int:
    """Delete one batch of what is older than `keep`, and return how many rows of their own right went.

    Prompts of a week that is not frozen yet stay until it is: they still count. Flushes. Call it, a
    transaction each time, until it returns 0.
    """
    before = now - keep
    frozen = retention.frozen_until(session)
    pruned = 0
    for team_id, until in frozen.items():
        pruned += retention.prune_prompts(session, team_id, min(before.date(), until), limit)
    pruned += retention.prune_messages(session, before, limit)
    pruned += retention.prune_expired(session, before, limit)
    pruned += retention.prune_days_off(session, before.date() - DAY, limit)
    pruned += erasing.drop_nobodies(session, limit)
    session.flush()
    return pruned


def prune_outbox(folder: Path, now: datetime, keep: timedelta) -> int:
    """Delete old mails of the outbox; returns how many."""
    return outbox.forget_before(folder, now - keep)
