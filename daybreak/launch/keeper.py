"""Keeps the processes of `up` alive, and ends them all when it is told to or when `up` itself is gone."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daybreak import pulse
from daybreak.launch import children, logs, tether
from daybreak.launch import home as homes
from daybreak.launch.children import Child
from daybreak.launch.environment import ROOT
from daybreak.launch.valkey import Embedded

PROBE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
WEB_FIRST_SECONDS = 8
"""How long the workers wait so that the first page comes first."""


@dataclass(frozen=True)
class Plan:
    """What `up` found out before it starts anything: where, on what, and with which variables."""

    home: Path
    listener: socket.socket
    address: str
    env: Mapping[str, str]
    valkey: Embedded | None
    welcome: str = ""
    """What to say once it can be opened."""


def tell(line: str) -> None:
    """Print one line; who started us may have closed the terminal."""
    try:
        print(line, flush=True)
    except OSError:
        # What is left in the buffer would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@dataclass
class Keeper:
    """One run of all children: `run` returns when they have ended. Single-threaded."""

    plan: Plan
    parent_gone: int
    """A pipe that ends when `up` does."""
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    running: list[Child] = field(default_factory=list)
    stopping: bool = False
    orphaned: bool = False

    def run(self) -> int:
        """Start everything, watch it, stop it; the exit status."""
        self._listen()
        try:
            code = self._begin()
            if code is None:
                return self._stop(1)
            self._serve(code)
        except OSError as problem:
            tell(f"Something could not be started: {problem}.")
            return self._stop(1)
        return self._stop(0)

    def _listen(self) -> None:
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        self.selector.register(wake, selectors.EVENT_READ, "signal")
        self.selector.register(self.parent_gone, selectors.EVENT_READ, "parent")
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _asked_to_stop(self, *_: object) -> None:
        if self.stopping:  # asked twice: at once
            self.orphaned = True
        self.stopping = True

    def _begin(self) -> str | None:
        """Valkey and the database, side by side; the set-up code ("" if none is needed), None on failure."""
        preparing = _Preparation(self.plan)
        valkey = self.plan.valkey
        if valkey is not None:
            self._start(Child("valkey", valkey.command, grace=15))
        status = None
        while not self.stopping:
            self._wait(0.05)
            self._restart()
            status = preparing.status()
            if status is not None and (status != 0 or valkey is None or valkey.answers()):
                break
        code = preparing.finish()
        if status:
            log = self.plan.home / "log" / "prepare.log"
            tell(f"The database could not be made ready: {logs.tail(log, 1)}")
            tell(f"Is DATABASE_URL right, and the database running? What was tried stands in {log}.")
        return code if status == 0 else None

    def _serve(self, code: str) -> None:
        self._start(children.web(self.plan.listener.fileno()))
        self._probe()
        began = time.monotonic()
        waiting = [children.plan_worker(), children.send_worker(), children.beat(self.plan.home)]
        ready = False
        while not self.stopping:
            kinds = self._wait(0.5 if waiting else 5.0)
            if "web" in kinds and not ready:
                ready = True
                self._greet(code)
            if waiting and (ready or time.monotonic() - began > WEB_FIRST_SECONDS):
                for child in waiting:
                    self._start(child)
                waiting = []
            self._end_what_stands_still()
            self._restart()
            tether.reap_adopted({child.process.pid for child in self.running if child.process is not None})
            for child in self.running:
                logs.set_aside(self.plan.home / "log" / f"{child.name}.log")

    def _greet(self, code: str) -> None:
        tell("")
        if code:
            tell(f"Set up Daybreak at {self.plan.address}/setup with the code {code}")
        else:
            tell(f"Daybreak is at {self.plan.address}")
        if self.plan.welcome:
            tell(self.plan.welcome)
        tell("Stop it with Ctrl-C.")
        tell("")

    def _probe(self) -> None:
        """Ask for one page ahead: the socket is open, so the answer comes as soon as there is a web."""
        host, port = self.plan.listener.getsockname()[:2]
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to ask, not to bind
        probe = socket.create_connection((near, port), timeout=5)
        probe.sendall(PROBE)
        self.selector.register(probe, selectors.EVENT_READ, "web")

    def _wait(self, seconds: float) -> set[str]:
        """Sleep until something happens or the time is over; what happened."""
        due = [child.due - time.monotonic() for child in self.running if child.due is not None]
        happened = set()
        for key, _ in self.selector.select(max(0.0, min([seconds, *due]))):
            happened.add(str(key.data))
            if key.data == "signal":
                os.read(key.fd, 4096)
            elif key.data == "parent":
                self.selector.unregister(key.fd)
                self.stopping = self.orphaned = True
            elif isinstance(key.fileobj, socket.socket):
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
        return happened

    def _start(self, child: Child) -> None:
        child.start(self.plan.home / "log", self.plan.env)
        if child not in self.running:
            self.running.append(child)
        tell(f"{child.name} started")

    def _restart(self) -> None:
        """Start again what ended, each at its time; reap what was adopted."""
        for child in self.running:
            status = child.ended()
            if status is not None:
                wait = child.again_in()
                log = self.plan.home / "log" / f"{child.name}.log"
                tell(f"{child.name} ended with {status}, starting again in {wait} s; see {log}")
            elif child.process is None and child.due is not None and child.due <= time.monotonic():
                self._start(child)

    def _end_what_stands_still(self) -> None:
        """Kill what runs and has no pulse: its leases lapse, and a new one goes on."""
        for child in self.running:
            patience_s = pulse.PATIENCE_S.get(child.name)
            if child.process is None or patience_s is None:
                continue
            age_s = pulse.age_s(self.plan.home, child.name, since=child.started_at)
            if age_s > patience_s:
                tell(f"{child.name} has not moved for {age_s:.0f} s")
                child.signal(signal.SIGKILL)

    def _stop(self, status: int) -> int:
        """End the children in order, the doorbell last, and whatever they left; the exit status."""
        order = {"beat": 0, "plan": 1, "send": 1, "web": 2, "valkey": 3}
        if not self.orphaned:
            tell("Stopping.")
        for step in sorted(set(order.values())):
            self._end([child for child in self.running if order[child.name] == step])
        tether.end_children()
        homes.forget(self.plan.home)
        if not self.orphaned:
            tell("Stopped.")
        return status

    def _end(self, group: list[Child]) -> None:
        began = time.monotonic()
        for child in group:
            child.due = None
            # Without anyone to wait for, only Valkey still gets its moment to write what it holds.
            hard = self.orphaned and child.name != "valkey"
            child.signal(signal.SIGKILL if hard else signal.SIGTERM)
        while any(child.process is not None for child in group):
            for child in group:
                if child.ended() is None and child.process is not None:
                    grace = 2 if self.orphaned else child.grace
                    if time.monotonic() - began > grace:
                        child.signal(signal.SIGKILL)
            if any(child.process is not None for child in group):
                self._wait(0.1)


class _Preparation:
    """The short-lived child that migrates and says the set-up code."""

    def __init__(self, plan: Plan) -> None:
        output = logs.open_log(plan.home / "log" / "prepare.log")
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daybreak.launch.prepare"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=ROOT,
                env=plan.env,
                start_new_session=True,
                preexec_fn=tether.die_with(os.getpid()),
            )
        finally:
            os.close(output)

    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll()

    def finish(self) -> str:
        """What it said; ends it where it still runs."""
        self.process.kill()
        said, _ = self.process.communicate()
        return said.decode().strip()
