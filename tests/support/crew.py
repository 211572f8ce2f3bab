"""Daybreak's processes one by one, without `up`: as containers or a service manager run them."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from daybreak.settings import ROOT
from tests.support.house import House


@contextmanager
def crew(house: House, name: str, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one process in a group of its own until the block ends; its log is `NAME.log` beside the home."""
    with (house.home.parent / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=house.environ,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its children: nothing here needs a goodbye."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def web(port: int) -> list[str]:
    """A web server of its own."""
    options = ["--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *options]


def worker(queue: str, name: str) -> list[str]:
    """A worker of one queue under a name of its own."""
    options = ["--pool", "solo", "--without-gossip", "--without-mingle"]
    named = ["--queues", queue, "--hostname", f"{name}@%h"]
    return [sys.executable, "-m", "celery", "--app", "tasks", "worker", *named, *options]


def beat(schedule: str) -> list[str]:
    """A timetable that keeps its notes in a file of its own."""
    notes = ["--schedule", schedule, "--pidfile="]
    return [sys.executable, "-m", "celery", "--app", "tasks", "beat", *notes]


def press(address: str, button: str = "done") -> str:
    """Open the page behind a message's link, press a button without any cookie; the page that follows."""
    with urllib.request.urlopen(address, timeout=30) as response:
        found = re.search(r'name="nonce" value="([^"]+)"', response.read().decode())
    assert found
    form = urlencode({"nonce": found.group(1), "do": button}).encode()
    with urllib.request.urlopen(address, data=form, timeout=30) as response:
        page: str = response.read().decode()
    return page
