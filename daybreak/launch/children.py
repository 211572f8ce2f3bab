"""The processes of `up`: their commands, and one of them as it runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daybreak.launch import logs, tether
from daybreak.launch.environment import ROOT

BACKOFF = (1, 2, 5, 10, 30)
"""Seconds until a child that ended is started again: each time in a row a step longer."""
STEADY_SECONDS = 60
"""A child that ran this long begins the backoff anew."""


@dataclass
class Child:
    """One process `up` keeps alive; in a session of its own, so that its whole group can be ended.

    `grace` is how many seconds it has for an orderly end before it is killed.
    """

    name: str
    command: list[str]
    grace: int
    pass_fds: tuple[int, ...] = ()
    failures: int = 0
    started: float = 0.0
    started_at: float = 0.0  # by time.time, as files are stamped
    due: float | None = field(default=None)
    process: subprocess.Popen[bytes] | None = None

    def start(self, log_folder: Path, env: Mapping[str, str]) -> None:
        """Start the process; OSError where the system refuses."""
        output = logs.open_log(log_folder / f"{self.name}.log")
        try:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=env,
                pass_fds=self.pass_fds,
                start_new_session=True,
                # Safe here: the keeper has one thread, and `tie` neither imports nor locks.
                preexec_fn=tether.die_with(os.getpid()),
            )
        finally:
            os.close(output)
        self.started, self.started_at = time.monotonic(), time.time()
        self.due = None

    def ended(self) -> int | None:
        """The exit status once the process is gone, with the rest of its group ended; None while it runs."""
        if self.process is None:
            return None
        # Look without reaping: until it is reaped its group cannot be mistaken for another's.
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self.signal(signal.SIGKILL)
        status = self.process.wait()
        self.process = None
        return status

    def again_in(self) -> int:
        """How many seconds to wait before the next start, and remember that it is due then."""
        if time.monotonic() - self.started > STEADY_SECONDS:
            self.failures = 0
        wait = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        self.failures += 1
        self.due = time.monotonic() + wait
        return wait

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL to the whole group, others to the process alone, which passes them on."""
        if self.process is None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)
        except ProcessLookupError:
            return


def web(listener: int) -> Child:
    """The web server, on a socket that is open already: while it starts again, visitors wait, not fail.

    One process with eight threads: pages are short, and a second process would cost 60 MB.
    """
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"fd://{listener}"]
    options = ["--workers", "1", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
    limits = ["--graceful-timeout", "5", "--timeout", "60", "--keep-alive", "5"]
    return Child("web", [*command, *options, *limits], grace=8, pass_fds=(listener,))


def send_worker() -> Child:
    """The worker that sends: one forked process under a parent that keeps time limits and the connection."""
    return Child("send", _worker("send", "--pool", "prefork", "--concurrency", "1"), grace=20)


def plan_worker() -> Child:
    """The worker that plans: short tasks one after another need no second process."""
    return Child("plan", _worker("plan", "--pool", "solo"), grace=10)


def beat(home: Path) -> Child:
    """The timetable; without a pid file, since the home's lock already keeps a second one out."""
    schedule = str(home / "run" / "beat-schedule")
    return Child("beat", [*_celery("beat"), "--schedule", schedule, "--pidfile="], grace=5)


def _worker(queue: str, *pool: str) -> list[str]:
    name = ["--queues", queue, "--hostname", f"{queue}@%h"]
    return [*_celery("worker"), *name, *pool, "--without-gossip", "--without-mingle"]


def _celery(command: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "tasks", command]
