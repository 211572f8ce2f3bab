"""A running demo: `up --demo` in real processes, and the links it prints."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from daybreak.settings import ROOT
from tests.support.house import House
from tests.support.processes import running, wait_until

LINKS = re.compile(r"^  (an owner|an admin|a member) +(http://\S+/signin/\S+)$", re.MULTILINE)


@contextmanager
def demo(house: House) -> Iterator[Mapping[str, str]]:
    """Run `up --demo` until the block ends; the sign-in links by role, as in "an owner"."""
    port = house.base_url.rsplit(":", 1)[1]
    line = [sys.executable, "-m", "daybreak", "up", "--demo", "--port", port]
    log = house.home.parent / "up.log"
    log.unlink(missing_ok=True)
    environ = {**house.environ, "PYTHONPATH": str(ROOT)}
    with running(line, log=log, ready=lambda: True, env=environ) as process:

        def is_open() -> bool:
            assert process.poll() is None, log.read_text()
            return "Stop it with" in log.read_text()

        wait_until(is_open, seconds=180, what=f"the demo; see {log}")  # on a machine that is busy
        yield dict(LINKS.findall(log.read_text()))
    assert "Traceback" not in log.read_text()
