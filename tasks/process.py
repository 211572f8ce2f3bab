"""One runtime a process: made after the fork, since a connection is never shared across one."""

import os

from daybreak import runtime as runtimes
from daybreak.runtime import Runtime

_made: tuple[int, Runtime] | None = None


def here() -> Runtime:
    """Return this process's runtime, built from the environment when it is first asked for."""
    global _made
    if _made is None or _made[0] != os.getpid():
        _made = (os.getpid(), runtimes.build())
    return _made[1]


def use(runtime: Runtime) -> None:
    """Let this process's tasks work with a runtime that exists already, such as the web app's."""
    global _made
    _made = (os.getpid(), runtime)
