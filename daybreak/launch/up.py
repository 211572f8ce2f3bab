"""`up`: everything on one machine, from the open socket to the last process ended.

Two processes stand above the children. This one holds the terminal and does next to nothing; the keeper,
forked from it, runs the children. Either notices at once when the other is killed: the keeper then ends the
children and itself, this one ends what is left and starts a new keeper.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daybreak import settings as settings_module
from daybreak.domain.errors import DaybreakError
from daybreak.launch import home as homes
from daybreak.launch import tether, valkey
from daybreak.launch.environment import ROOT
from daybreak.launch.keeper import Keeper, Plan, tell
from daybreak.settings import Settings

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _DemoFailed(Exception):  # noqa: N818 - why has been told already
    """The demo could not be made; `status` is what to end with."""

    def __init__(self, status: int) -> None:
        self.status = status


class AddressTrouble(DaybreakError):  # noqa: N818 - a sentence for the person at the terminal
    """The address cannot be used."""


def main(argv: Sequence[str]) -> int:
    """Run `up`; the exit status: 0 after an orderly stop, 1 where it could not start, 2 for wrong options."""
    options = _options(argv)
    os.umask(0o077)
    if options.demo:
        os.environ["SMTP_URL"] = ""  # whatever is set here or in .env: made-up people get no real mail
        os.environ.pop("SMTP_URL_FILE", None)
    os.environ["DAYBREAK_HOME"] = str(Path(options.home or os.environ["DAYBREAK_HOME"]).absolute())
    try:
        with _listening(options.host, options.port) as listener:
            address = _address(options.host, listener.getsockname()[1])
            os.environ.setdefault("BASE_URL", address)
            settings = settings_module.load()
            homes.make(settings.home)
            with homes.held(settings.home, address):
                welcome = _demo() if options.demo else ""
                return Front(_plan(settings.home, listener, settings, welcome)).run()
    except _DemoFailed as failure:
        return failure.status
    except DaybreakError as error:
        print(" ".join(filter(None, (str(error), error.hint))), file=sys.stderr)
        return 1


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="daybreak up", description="Start Daybreak and keep it running until Ctrl-C or SIGTERM."
    )
    parser.add_argument("--port", type=_port, default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1: this machine only")
    parser.add_argument("--home", help="folder for data, keys and logs; default var")
    parser.add_argument(
        "--demo", action="store_true", help="fill an empty home with a workspace to look at, and open it"
    )
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


def _listening(host: str, port: int) -> socket.socket:
    """Open the socket the web will serve; AddressTrouble saying what to do instead."""
    try:
        family, kind, *_, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except OSError as problem:
        raise AddressTrouble(
            f"{host}:{port} is no address to listen at ({problem}).",
            hint="Give a name or address of this machine with --host.",
        ) from problem
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(512)
    except OSError as problem:
        listener.close()
        raise AddressTrouble(
            f"The port {port} on {host} cannot be used ({problem.strerror}).",
            hint=f"Choose another, for example: python3 -m daybreak up --port {_free_near(port)}",
        ) from problem
    return listener


def _free_near(port: int) -> int:
    for candidate in range(max(port, 8000) + 1, 65536):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    return valkey.free_port()


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - to show, not to bind
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _demo() -> str:
    """Make the demo, or open it again, in a process of its own that shows its progress; what it says."""
    command = [sys.executable, "-m", "daybreak", "demo"]
    try:
        made = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=tether.die_with(os.getpid()),
        )
    except KeyboardInterrupt:  # it has said so
        raise _DemoFailed(130) from None
    if made.returncode:
        raise _DemoFailed(made.returncode)
    return made.stdout.strip()


def _plan(home: Path, listener: socket.socket, settings: Settings, welcome: str) -> Plan:
    """Decide on Redis: an address an earlier run left in the home is stale, now that the home is ours."""
    homes.forget(home)
    homes.note(home, "base-url", settings.base_url)
    env = dict(os.environ)
    embedded = None
    if settings_module.load().redis_url is None:
        embedded = valkey.prepare(home / "valkey")
        homes.note(home, "redis-url", embedded.url)
        env["REDIS_URL"] = embedded.url
    return Plan(
        home=home,
        listener=listener,
        address=settings.base_url,
        env=env,
        valkey=embedded,
        welcome=welcome,
    )


@dataclass
class Front:
    """The process a person or a service manager sees."""

    plan: Plan
    keeper: int | None = None
    asked: bool = False

    def run(self) -> int:
        """Run keepers until one ends in order; the exit status."""
        tell(f"Daybreak gets ready; its home is {self.plan.home}")
        tether.adopt_orphans()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        # The keeper reads its end: it closes when we are gone, and only then.
        parent_gone, held = os.pipe()
        try:
            while True:
                status = self._run_keeper(parent_gone, held)
                tether.end_children()
                if status >= 0 or self.asked:
                    return max(status, 0)
                tell("The keeper of the processes was killed, starting it again in 1 s")
                time.sleep(1)
        finally:
            os.close(parent_gone)
            os.close(held)

    def _run_keeper(self, parent_gone: int, held: int) -> int:
        """One keeper's life; its exit status, negative where a signal ended it."""
        sys.stdout.flush()
        self.keeper = os.fork()
        if self.keeper == 0:
            os.close(held)
            self._become_keeper(parent_gone)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        _, ended = os.waitpid(self.keeper, 0)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        self.keeper = None
        return os.waitstatus_to_exitcode(ended)

    def _become_keeper(self, parent_gone: int) -> None:
        """Never returns."""
        status = 1
        try:
            os.setsid()  # Ctrl-C is for the front alone
            tether.adopt_orphans()
            status = Keeper(self.plan, parent_gone).run()
        except BaseException:  # noqa: BLE001 - the process ends here whatever it was
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)

    def _stop(self, *_: object) -> None:
        self.asked = True
        if self.keeper:
            os.kill(self.keeper, signal.SIGTERM)
