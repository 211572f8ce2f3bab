"""The README's first command, alone, on a copy of the tree with nothing made yet."""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from daybreak.launch.valkey import free_port
from daybreak.settings import ROOT
from tests.support.processes import wait_until
from tests.support.trees import using

pytestmark = pytest.mark.journey


def _first_command() -> list[str]:
    """The first command a reader of the README meets."""
    found = re.search(r"^\s*(python3 -m daybreak .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found
    return found.group(1).split()


def _copy(target: Path) -> None:
    """Copy what is tracked, and nothing that was made since."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def test_the_first_command_alone_leads_to_the_set_up(tmp_path: Path) -> None:
    tree, home = tmp_path / "daybreak", tmp_path / "nobody"
    _copy(tree)
    home.mkdir()
    # The interpreter under our own environment: a newcomer has no other.
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(str(ROOT))
    )
    # What a machine needs to reach its package index is the machine's, not ours: it stays.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "UV_", "SSL_")) or name.lower().endswith("_proxy")
    }
    port = free_port()
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_first_command(), "--port", str(port)],
            cwd=tree,
            env={**kept, "PATH": path, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(
            lambda: process.poll() is not None or "/setup with the code" in log.read_text(),
            seconds=300,
            what=f"the address; see {log}",
        )
        assert process.poll() is None, log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/setup", timeout=30) as response:
            assert response.status == 200
        assert (tree / "var" / "daybreak.sqlite3").exists()
        wait_until(lambda: "beat started" in log.read_text(), what=f"the timetable; see {log}")
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert status == 0
    assert using(str(tree)) == []
