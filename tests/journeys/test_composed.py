"""docker-compose.yml without Docker: its commands, health checks and variables, as processes of this machine.

What containers would add is missing: images, users, read-only file systems, limits and networks. Host names,
ports and folders are replaced by this machine's; nothing else is.
"""

import http.cookiejar
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from daybreak.launch.valkey import free_port
from daybreak.settings import ROOT
from tests.support import compose
from tests.support.processes import running, wait_until
from tests.support.redis import binary
from tests.support.smtp import SmtpSink
from tests.support.workspaces import workspace_of

pytestmark = pytest.mark.journey


@dataclass
class Composed:
    """The services as processes: `here` says what stands for what."""

    folder: Path
    services: dict[str, Any]
    here: dict[str, str]
    stack: ExitStack = field(default_factory=ExitStack)

    def local(self, text: str) -> str:
        """The text with what exists on this machine in the place of what containers have."""
        for there, here in self.here.items():
            text = text.replace(there, here)
        return text

    def environ(self, name: str) -> dict[str, str]:
        """A service's variables, and where to find programs."""
        given = {key: self.local(value) for key, value in self.services[name]["environment"].items()}
        return {
            **given,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }

    def command(self, name: str) -> list[str]:
        """What a service runs."""
        return [self.local(word) for word in self.services[name]["command"]]

    def once(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in a service's surroundings: the service's own where none is given."""
        words = list(command) or self.command(name)
        return subprocess.run(
            words, env=self.environ(name), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
        )

    def is_healthy(self, name: str) -> bool:
        """Ask a service's own health check."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        command = [self.local(word) for word in words]
        return self.once(name, *(["sh", "-c", *command] if kind == "CMD-SHELL" else command)).returncode == 0

    def start(self, name: str) -> None:
        """Run a service until the test ends, and wait until its health check is content."""
        log = self.folder / f"{name}.log"
        process = running(self.command(name), log=log, ready=lambda: True, env=self.environ(name))
        self.stack.enter_context(process)
        wait_until(lambda: self.is_healthy(name), seconds=120, what=f"the health check of {name}; see {log}")


@pytest.fixture
def composed(postgres_url: str, tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[Composed]:
    """The rendered file on this machine, with nothing started yet."""
    if not shutil.which("redis-cli"):
        binary()  # skips, or fails, with what to install
    web, redis = free_port(), free_port()
    values = {**compose.FILLED, "BASE_URL": f"http://127.0.0.1:{web}", "SMTP_URL": smtp_sink.url}
    services = compose.services(tmp_path, values)
    (tmp_path / "data").mkdir()
    database = urlsplit(postgres_url)
    here = {
        "postgres:5432/daybreak": f"127.0.0.1:{database.port}{database.path}",
        "redis:6379": f"127.0.0.1:{redis}",
        "/var/lib/daybreak": str(tmp_path / "home"),
        "/tmp/beat-schedule": str(tmp_path / "beat-schedule"),
        ":8000": f":{web}",
        "dir /data": f"dir {tmp_path / 'data'}\nport {redis}",
        "redis-cli": f"redis-cli -p {redis}",
    }
    made = Composed(tmp_path, services, here)
    with made.stack:
        yield made


def test_the_services_work_together(composed: Composed, smtp_sink: SmtpSink, tmp_path: Path) -> None:
    composed.start("redis")
    migrated = composed.once("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert re.fullmatch(r"(\w{4}-){3}\w{4}\n", migrated.stdout)
    (tmp_path / "acme.toml").write_text(workspace_of(["ana"]))
    applied = composed.once("web", "python", "-m", "daybreak.cli", "apply", str(tmp_path / "acme.toml"))
    assert applied.returncode == 0, applied.stderr
    for name in ("web", "planner", "worker", "beat"):
        assert not composed.is_healthy(name), f"the health check of {name} cannot fail"
        composed.start(name)

    base_url = composed.environ("web")["BASE_URL"]
    wait_until(lambda: answers(f"{base_url}/readyz"), seconds=60, what="the first tick")
    ask_for_a_link(base_url, "ana@acme.test")
    wait_until(lambda: smtp_sink.to("ana@acme.test"), seconds=60, what="the link by mail")


def answers(address: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=10):
            return True
    except urllib.error.URLError:
        return False


def ask_for_a_link(base_url: str, email: str) -> None:
    """Fill in the sign-in page as a browser would."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    with browser.open(f"{base_url}/signin", timeout=30) as response:
        page = response.read().decode()
    form = re.search(r'<form[^>]*action="([^"]*)"[^>]*>(?:(?!</form>).)*name="email"', page, re.DOTALL)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert form
    assert token
    data = urlencode({"csrf_token": token.group(1), "email": email}).encode()
    with browser.open(f"{base_url}{form.group(1)}", data, timeout=30):
        pass
