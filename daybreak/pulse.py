"""The pulse of workers and timetable: a file each touches as long as it gets on with its work.

`python -m daybreak.pulse send` is the health check of a container: 0 where the worker of that name on this
machine has a pulse. `up` looks at the same files. Standard library only.
"""

import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# Longer than a lost connection takes to be noticed; the planner's loop stands still while a task runs.
PATIENCE_S = {"send": 45, "plan": 90, "beat": 45}


def touch(home: Path, name: str) -> None:
    """Say that the worker `name` ("send", "plan", "beat") of this machine gets on."""
    path = _path(home, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def age_s(home: Path, name: str, since: float = 0.0) -> float:
    """How many seconds ago that was, counted from `since` (of time.time) at the most."""
    try:
        touched = _path(home, name).stat().st_mtime
    except FileNotFoundError:
        touched = 0.0
    return max(0.0, time.time() - max(touched, since))


def main(arguments: Sequence[str]) -> int:
    """Take a worker's name; 0 where it has a pulse, 1 with the cause said where it has none."""
    (name,) = arguments
    age = age_s(Path(os.environ["DAYBREAK_HOME"]), name)
    if age > PATIENCE_S[name]:
        sys.stderr.write(f"{name} has not moved for {age:.0f} s\n")
        return 1
    return 0


def _path(home: Path, name: str) -> Path:
    """Machines may share a home: scaled containers do."""
    return home / "run" / "pulse" / f"{name}@{socket.gethostname()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
