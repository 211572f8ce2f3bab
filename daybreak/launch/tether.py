"""Ties between processes that hold when a parent is killed without warning.

Linux only: `prctl` with PR_SET_PDEATHSIG ends a child whose parent is gone, and PR_SET_CHILD_SUBREAPER makes
orphaned grandchildren ours, so that they can be found and ended. Elsewhere both do nothing.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36
# Loaded here, before any fork: between fork and exec nothing may be imported or locked.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if _prctl is not None:
        _prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> Callable[[], None]:
    """What a child runs between fork and exec, so that the end of `parent` (a process id) ends it too."""

    def tie() -> None:
        if _prctl is not None:
            _prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it ended before the tie held
                os._exit(1)

    return tie


def children() -> list[int]:
    """The process ids of our children, adopted ones among them; ended ones too until they are reaped."""
    own = os.getpid()
    found = []
    for entry in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            # The name in parentheses may hold anything; what follows the last one is state and parent.
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == own:
            found.append(int(entry.name))
    return found


def end_children() -> None:
    """Kill and reap all descendants, whatever they are doing."""
    while pids := children():
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                continue


def reap_adopted(own: set[int]) -> None:
    """Let adopted children that have ended go; `own` are those whose end somebody else waits for."""
    for pid in children():
        if pid not in own:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
