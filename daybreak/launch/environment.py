"""The project's own environment in `.venv`: made, kept up to date and repaired. Standard library only.

`.venv/.making` is held while anything is changed, so that two commands at once take turns. `.venv/.stamp` is
written last and says what was installed; `.venv/.unfinished` stands while an installation runs, and where
it is found the packages are made anew.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybreak.launch import installer
from daybreak.launch.installer import EnvironmentTrouble, say

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}
VERSION = 1
"""Raise it when what is laid into the environment changes."""

CONSOLE_SCRIPT = """\
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
PYTHONPATH="${here%/.venv/bin}${PYTHONPATH:+:$PYTHONPATH}" exec "$here/python" -m daybreak "$@"
"""

__all__ = ["ROOT", "EnvironmentTrouble", "ensure", "inside"]


def inside(root: Path = ROOT) -> bool:
    """Whether this process runs in the project's environment."""
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def ensure(*, tests: bool, root: Path = ROOT) -> Path:
    """Make or mend `.venv` where needed, with the test tools if `tests`; its interpreter.

    Raises EnvironmentTrouble with a sentence that says what happened and what to do.
    """
    venv = root / ".venv"
    if not _fits(root, tests=tests):
        try:
            venv.mkdir(exist_ok=True)
            # Not `.lock`: uv takes that name for itself.
            with _locked(venv / ".making"):
                if not _fits(root, tests=tests):
                    _make(root, tests=tests)
        except (OSError, subprocess.SubprocessError) as problem:
            raise EnvironmentTrouble(
                f"The environment {venv} could not be made: {problem}. "
                "Put that right and run the command again: it goes on from there."
            ) from problem
    return venv / "bin" / "python"


def _fits(root: Path, *, tests: bool) -> bool:
    """Whether the stamp tells of exactly these locks and of the interpreter that is still there."""
    found = _stamp(root / ".venv")
    wanted = _wanted(root, tests=tests)
    return bool(found) and all(found.get(key) == value for key, value in wanted.items())


def _wanted(root: Path, *, tests: bool) -> dict[str, object]:
    kinds = ("run", "test") if tests else ("run",)
    hashes = {kind: hashlib.sha256((root / LOCKS[kind]).read_bytes()).hexdigest() for kind in kinds}
    # A system that moved on to another Python leaves a link that leads elsewhere than it did.
    interpreter = str((root / ".venv" / "bin" / "python").resolve())
    return {"version": VERSION, "root": str(root), "interpreter": interpreter, **hashes}


def _stamp(venv: Path) -> dict[str, object]:
    try:
        found = json.loads((venv / ".stamp").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and (venv / "bin" / "python").exists() else {}


def _make(root: Path, *, tests: bool) -> None:
    began = time.monotonic()
    venv = root / ".venv"
    before = _stamp(venv)
    tests = tests or "test" in before
    unfinished = venv / ".unfinished"
    anew = unfinished.exists() or before.get("root", str(root)) != str(root) or not _usable(venv)
    (venv / ".stamp").unlink(missing_ok=True)
    if anew:
        say(f"Making the environment in {venv}: once, and it takes up to a minute.")
        _empty(venv)
        _create(venv)
    else:
        say(f"Bringing the environment in {venv} up to date.")
    unfinished.touch()
    installer.install(venv, root / LOCKS["test" if tests else "run"])
    script = venv / "bin" / "daybreak"
    script.write_text(CONSOLE_SCRIPT)
    script.chmod(0o755)
    draft = venv / ".stamp.new"
    draft.write_text(json.dumps(_wanted(root, tests=tests)))
    draft.replace(venv / ".stamp")
    unfinished.unlink()
    say(f"The environment is ready after {time.monotonic() - began:.0f} s.")


def _usable(venv: Path) -> bool:
    """Whether the environment's interpreter runs and finds its own packages' folder."""
    python = venv / "bin" / "python"
    check = "import sys, sysconfig, os; sys.exit(not os.path.isdir(sysconfig.get_path('purelib')))"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _create(venv: Path) -> None:
    try:
        from venv import EnvBuilder
    except ImportError as problem:
        raise EnvironmentTrouble(
            "This Python comes without its venv module: install it (Debian and Ubuntu: "
            "apt-get install python3-venv) and run the command again."
        ) from problem
    EnvBuilder(with_pip=False, symlinks=True).create(venv)


def _empty(venv: Path) -> None:
    """Remove everything but the lock, which we hold."""
    for entry in venv.iterdir():
        if entry.name == ".making":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is making the environment: waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
