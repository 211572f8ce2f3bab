"""Redis is cut off, emptied, killed, gone and back empty, each in the middle of a burst: nothing lost or
doubled.

A burst is 450 prompts, three tasks; DAYBREAK_BURST=2000 runs it in full.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from daybreak.launch import valkey
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, proxy_before
from tests.support.smtp import SmtpSink
from tests.support.works import Works, works

pytestmark = pytest.mark.journey

BURST = int(os.environ.get("DAYBREAK_BURST", "450"))
AGAIN_WITHIN_S = 20  # after Redis is back
A_WHILE_S = 30 if BURST >= 2000 else 8


class Bell:
    """A Valkey that tests may hurt, behind a proxy."""

    def __init__(self, folder: Path) -> None:
        self.made = valkey.prepare(folder)
        self.line: Proxy | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            self.made.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=self.made.folder
        )
        wait_until(self.made.answers, what="Valkey")

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def forget(self) -> None:
        """Lose what was written down."""
        for path in self.made.folder.glob("appendonlydir"):
            shutil.rmtree(path)


@contextmanager
def bell_at(folder: Path) -> Iterator[tuple[Bell, str]]:
    """Run a Valkey behind a proxy."""
    bell = Bell(folder)
    bell.start()
    with proxy_before("127.0.0.1", bell.made.port) as line:
        bell.line = line
        try:
            yield bell, bell.made.url.replace(f":{bell.made.port}/", f":{line.port}/")
        finally:
            bell.kill()


@pytest.fixture
def belled(sqlite_database_url: str, tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[tuple[Works, Bell]]:
    """Works whose Redis can be hurt; what happens then does not depend on the database."""
    with (
        bell_at(tmp_path / "valkey") as (bell, url),
        works(sqlite_database_url, tmp_path, url, smtp_sink) as made,
    ):
        yield made, bell


def resets(bell: Bell) -> None:
    """Every connection is reset, three times."""
    assert bell.line is not None
    for _time in range(3):
        bell.line.cut_all()
        time.sleep(0.3)


def flushed(bell: Bell) -> None:
    """FLUSHALL."""
    with redis.Redis.from_url(bell.made.url) as client:
        client.flushall()


def killed(bell: Bell) -> None:
    """SIGKILL, and back with what it had."""
    bell.kill()
    bell.start()


def gone(bell: Bell) -> None:
    """Away for a while, and back with what it had."""
    bell.kill()
    time.sleep(A_WHILE_S)
    bell.start()


def empty(bell: Bell) -> None:
    """Killed, and back with nothing."""
    bell.kill()
    bell.forget()
    bell.start()


@pytest.mark.parametrize("hurt", [resets, flushed, killed, gone, empty])
def test_a_burst_survives(belled: tuple[Works, Bell], hurt: Callable[[Bell], None]) -> None:
    site, bell = belled
    site.people(BURST)
    site.without_alice_and_bob()
    with ExitStack() as crew:
        for name, queues in (("send", "send"), ("plan", "plan")):
            crew.enter_context(site.worker(name, queues))
        crew.enter_context(site.beat())
        site.due()
        wait_until(lambda: len(site.mail.mails) >= BURST // 20, seconds=90, what="the first mails")
        hurt(bell)
        assert len(site.mail.mails) < BURST
        silence_s = longest_silence(site)
    print(f"{hurt.__name__}: {BURST} prompts, at most {silence_s:.1f} s without a mail")  # noqa: T201
    assert silence_s < AGAIN_WITHIN_S
    assert site.states() == {"sent": BURST}
    assert set(site.copies().values()) == {1}
    assert len(site.copies()) == BURST


def longest_silence(site: Works) -> float:
    """Wait until every delivery has ended; the longest time in which no mail came, in seconds."""
    longest, last_s, number = 0.0, time.monotonic(), len(site.mail.mails)
    while site.open():
        time.sleep(0.1)
        now_s = time.monotonic()
        if len(site.mail.mails) > number:
            number, last_s = len(site.mail.mails), now_s
        longest = max(longest, now_s - last_s)
        assert longest < 120, f"nothing moves any more: {site.states()}"
    return longest
