"""Start a real server for tests and be sure that it ends."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


def wait_until(condition: Callable[[], object], *, seconds: float = 30, what: str = "the condition") -> None:
    """Poll until `condition` is true; AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.05)


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], object],
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with its output in `log`, wait until `ready()`, end it on leaving."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            cwd=log.parent,
        )
    try:
        wait_until(lambda: process.poll() is not None or ready(), what=f"{Path(command[0]).name}; see {log}")
        assert process.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}"
        yield process
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
