"""A runtime for tests: real database, a home of its own, and a clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daybreak import runtime as runtimes
from daybreak.clock import Clock
from daybreak.runtime import Runtime
from daybreak.settings import load
from tests.support.world import MONDAY_0900


@dataclass(frozen=True)
class SetClock(Clock):
    """A clock that stands still until the test sets it."""

    at: list[datetime] | None = None

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self.at[0] if self.at else MONDAY_0900

    def set(self, now: datetime) -> None:
        """Move the clock, forward or back."""
        assert self.at is not None
        self.at[0] = now


@contextmanager
def runtime_for(database_url: str, home: Path, **environ: str) -> Iterator[Runtime]:
    """Build a runtime over a migrated database; its clock is a SetClock that shows MONDAY_0900."""
    settings = load({"DAYBREAK_HOME": str(home), "DATABASE_URL": database_url, **environ})
    built = runtimes.build(settings)
    object.__setattr__(built, "clock", SetClock(at=[MONDAY_0900]))
    try:
        yield built
    finally:
        built.engine.dispose()
