"""Fetch the locked packages into an environment: with uv where it can be had, else with pip.

Standard library only. Every package is checked against the hash in its lock, wherever it came from.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

INSTALLER_LOCK = "requirements-installer.lock"


class EnvironmentTrouble(Exception):  # noqa: N818 - a sentence for a person, said before any package is there
    """The environment could not be made; the message says why and what to do."""


def say(line: str) -> None:
    """Tell what goes on, on standard error: standard output belongs to the command itself."""
    print(line, file=sys.stderr, flush=True)


def install(venv: Path, lock: Path) -> None:
    """Make the packages in `venv` those of `lock`; EnvironmentTrouble if neither uv nor pip could."""
    pip = _pip()
    count = sum("==" in line for line in lock.read_text().splitlines() if not line.startswith((" ", "#")))
    say(f"Installing {count} packages.")
    uv = _uv(pip, venv, lock.with_name(INSTALLER_LOCK))
    python = str(venv / "bin" / "python")
    if uv is not None:
        sync = [str(uv), "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(lock)]
        result = _run([*sync, "--no-config", "--compile-bytecode"], {**os.environ, **_pip_settings(pip)})
        if result.returncode == 0:
            return
        say("uv could not do it, so pip tries: that takes a little longer.")
    result = _run([*pip, "--python", python, "install", "--quiet", "--require-hashes", "-r", str(lock)])
    if result.returncode != 0:
        raise EnvironmentTrouble(
            f"The packages could not be installed:\n{_tail(result.stderr)}\n"
            "Is there a connection to a package index? Then run the command again: it goes on from there."
        )


def _pip() -> list[str]:
    """The command that runs pip: this interpreter's, or that of the one it was made from."""
    base: str = getattr(sys, "_base_executable", sys.executable)
    for interpreter in dict.fromkeys((sys.executable, base)):
        if _run([interpreter, "-c", "import pip"]).returncode == 0:
            return [interpreter, "-m", "pip"]
    raise EnvironmentTrouble(
        "This Python has no pip: install it (Debian and Ubuntu: apt-get install python3-pip; elsewhere: "
        "python3 -m ensurepip) and run the command again."
    )


def _uv(pip: list[str], venv: Path, lock: Path) -> Path | None:
    """The pinned uv in a folder of its own beside the packages, fetched if it is not there; None without."""
    tools = venv / "tools"
    binary = tools / "bin" / "uv"
    version = next(line.split()[0] for line in lock.read_text().splitlines() if line.startswith("uv=="))
    note = tools / version.replace("==", "-")
    if not note.exists():
        shutil.rmtree(tools, ignore_errors=True)
        fetch = [*pip, "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        if _run([*fetch, "--target", str(tools)], {**os.environ, "PIP_USER": "0"}).returncode != 0:
            return None
        note.touch()
    return binary


def _pip_settings(pip: list[str]) -> dict[str, str]:
    """What uv has to know of a mirror or a certificate that this machine's pip is set up with."""
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = {}
    for line in _run([*pip, "config", "list"]).stdout.splitlines():
        key, _, value = line.partition("=")
        variable = names.get(key.rpartition(".")[2])
        if variable and variable not in os.environ:
            found[variable] = value.strip("'\"")
    return found


def _run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=env, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def _tail(text: str, lines: int = 15) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
