"""A process that dies in the middle of its work, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, event


class Crash(BaseException):
    """The process dies here."""


@contextmanager
def crash_after(engine: Engine, statements: int) -> Iterator[None]:
    """Die before the so manieth statement; what was not committed is gone."""
    left = [statements]

    def count(*_arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    event.listen(engine, "before_cursor_execute", count)
    try:
        with suppress(Crash):
            yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
