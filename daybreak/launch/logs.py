"""The children's output: one file each in the home's log folder, mode 0600, with one older file kept."""

import os
import shutil
from pathlib import Path

LIMIT = 5 * 1024 * 1024
"""Bytes at which a log is set aside."""


def open_log(path: Path) -> int:
    """Open a log for appending; the file descriptor. Sets an overlong one aside first."""
    set_aside(path)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def set_aside(path: Path) -> None:
    """Move the content of an overlong log to `.1`, while its writers go on appending to the same file."""
    if path.is_file() and path.stat().st_size > LIMIT:
        older = path.with_name(path.name + ".1")
        shutil.copyfile(path, older)
        older.chmod(0o600)
        os.truncate(path, 0)


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log, to be shown where something did not start."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
