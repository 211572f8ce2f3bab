"""`test`: the whole suite with everything real, in the environment with the test tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from daybreak.launch.environment import ROOT
from daybreak.launch.installer import say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(arguments: Sequence[str]) -> int:
    """Run pytest in place of this process, with two workers where no arguments are given."""
    if not any(map(shutil.which, BROWSERS)) and not os.environ.get("DAYBREAK_CHROMIUM"):
        _fetch_browser()
    os.chdir(ROOT)
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", *(arguments or ["-n", "2"])]
    os.execv(sys.executable, command)  # noqa: S606


def _fetch_browser() -> None:
    """Install Chromium where the system's own packages can be had without asking anybody."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say("No Chromium here: browser tests are skipped. Install the package chromium to run them.")
        return
    say("Installing Chromium for the browser tests, which may take a minute.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        result = subprocess.run(
            [apt, "--quiet=2", *arguments],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if result.returncode != 0:
            say(f"That failed, so browser tests are skipped: {result.stderr.strip()[-500:]}")
            return
