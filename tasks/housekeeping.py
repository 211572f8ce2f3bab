"""The hourly round of letting go: old answers, and those who were removed; then the file is written anew."""

import time
from datetime import timedelta

from daybreak.runtime import Runtime
from daybreak.services import erasing, retention

BUDGET_S = 30.0  # the next hour goes on with the rest
PERSONS = 20  # a transaction


def tidy_up(runtime: Runtime) -> None:
    """Prune and erase in short transactions, until there is nothing left or the time is up."""
    stop_at = time.monotonic() + BUDGET_S
    keep = timedelta(days=runtime.settings.retention_days)
    folder = runtime.settings.home / "outbox"
    retention.prune_outbox(folder, runtime.now(), keep)
    while time.monotonic() < stop_at:
        with runtime.writing() as session:
            if not erasing.erase_departed(session, runtime.now(), folder, keep, PERSONS):
                break
    while time.monotonic() < stop_at:
        with runtime.writing() as session:
            if not retention.prune(session, runtime.now(), keep):
                break
    erasing.scrub(runtime)
