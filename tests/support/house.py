"""A whole Daybreak in real processes: `up` on a home of its own, with a clock the test sets."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from daybreak.launch.valkey import free_port
from daybreak.settings import ROOT
from daybreak.store.engine import make_engine, reading
from tests.support.processes import running

CHILDREN = {
    "web": ("gunicorn", "wsgi:app"),
    "send": ("celery", "--queues send"),
    "plan": ("celery", "--queues plan"),
    "beat": ("celery", "beat"),
    "valkey": ("valkey-server",),
}
"""The processes of `up`, by words in their command lines."""


@dataclass
class House:
    """A running installation: where it lives, where it answers, and its environment."""

    home: Path
    base_url: str
    environ: dict[str, str]

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `daybreak WORDS` against this installation."""
        line = [sys.executable, "-m", "daybreak", *words]
        return subprocess.run(line, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=check)

    def set_clock(self, instant: datetime) -> None:
        """Make every process read `instant` from now on, and the seconds after it as they pass."""
        offset = (instant - datetime.now(UTC)).total_seconds()
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(f"{offset:+.3f}")
        draft.replace(self.clock_file)

    @property
    def clock_file(self) -> Path:
        """Where DAYBREAK_CLOCK_FILE points."""
        return Path(self.environ["DAYBREAK_CLOCK_FILE"])

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Ask the database, read-only."""
        engine = make_engine(self.environ.get("DATABASE_URL", f"sqlite:///{self.home / 'daybreak.sqlite3'}"))
        try:
            with reading(engine).connect() as connection:
                return [tuple(row) for row in connection.exec_driver_sql(query)]
        finally:
            engine.dispose()

    def sign_in_link(self, email: str) -> str:
        """Return a one-time address that signs this person in (and makes them an owner)."""
        found = re.search(r"http://\S+/signin/\S+", self.command("owner", email).stdout)
        assert found
        return found.group()


def house_at(folder: Path, **environ: str) -> House:
    """Describe an installation in `folder` that is not started yet."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    given = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DAYBREAK_HOME": str(folder / "home"),
        "DAYBREAK_CLOCK_FILE": str(folder / "clock"),
        "BASE_URL": base_url,
        **environ,
    }
    return House(folder / "home", base_url, given)


@contextmanager
def up(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python3 -m daybreak up` until the block ends."""
    port = house.base_url.rsplit(":", 1)[1]
    line = [sys.executable, "-m", "daybreak", "up", "--port", port]
    environ = {**house.environ, "PYTHONPATH": str(ROOT)}
    log = house.home.parent / "up.log"
    with running(line, log=log, ready=lambda: _answers(house), env=environ) as process:
        yield process


def _answers(house: House) -> bool:
    try:
        with urllib.request.urlopen(f"{house.base_url}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False
