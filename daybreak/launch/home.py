"""The home while `up` runs on it: its folders, and the lock that keeps a second one out."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybreak.domain.errors import DaybreakError

HANDOVER_SECONDS = 15
"""How long to wait for what is left of an `up` that was killed."""


class HomeTrouble(DaybreakError):  # noqa: N818 - a sentence for the person at the terminal
    """The home cannot be used."""


def make(home: Path) -> None:
    """Make the home's folders, for their owner alone; HomeTrouble where they cannot be written."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
        for name in ("run", "log"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
            if not os.access(home / name, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied", str(home / name))
    except OSError as problem:
        raise HomeTrouble(
            f"The home {home} cannot be written ({problem.strerror}).",
            hint="Choose another with --home FOLDER, or make this one yours.",
        ) from problem


@contextmanager
def held(home: Path, address: str) -> Iterator[None]:
    """Hold the home for this run; HomeTrouble naming who has it. The kernel lets go when we end, however."""
    path = home / "run" / "up.lock"
    with path.open("a+") as file:
        path.chmod(0o600)
        deadline = time.monotonic() + HANDOVER_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = _holder(path)
                if _lives(holder.get("pid")) or time.monotonic() > deadline:
                    raise HomeTrouble(
                        f"Daybreak already runs on the home {home}: process {holder.get('pid', 'unknown')}, "
                        f"at {holder.get('address', 'an unknown address')}.",
                        hint=f"Use that one, stop it with `kill {holder.get('pid', 'PID')}`, "
                        "or start this one elsewhere with --home FOLDER.",
                    ) from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "address": address}))
        file.flush()
        yield


def note(home: Path, name: str, text: str) -> None:
    """Write down what this run is, for the commands beside it; settings.py reads it."""
    path = home / "run" / name
    path.touch(mode=0o600)
    path.write_text(text)


def forget(home: Path) -> None:
    """Take back all notes: nothing runs on the home."""
    for name in ("base-url", "redis-url"):
        (home / "run" / name).unlink(missing_ok=True)


def _holder(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lives(pid: object) -> bool:
    """Whether the process runs; one that has ended but was not yet reaped does not."""
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return state not in "ZX"
