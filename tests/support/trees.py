"""Look at the processes below a process, as an operator would with `ps`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    """A process that had not ended when it was looked at, told apart from a later one of the same number."""

    pid: int
    started: str
    command: str

    def lives(self) -> bool:
        """Whether this very process still runs."""
        return _look(self.pid) == self


def below(pid: int) -> list[Running]:
    """All descendants of a process."""
    return [process for child in _children(pid) if (process := _look(child))]


def one_below(pid: int, *words: str) -> Running:
    """The first descendant whose command line holds all the words; the parent before its forks."""
    found = [process for process in below(pid) if all(word in process.command for word in words)]
    assert found, f"no process with {words} among {below(pid)}"
    return min(found, key=lambda process: process.pid)


def using(text: str) -> list[Running]:
    """Every process of the machine whose command line or environment holds the text."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environ = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        process = _look(int(entry.name))
        if process and process.pid != os.getpid() and (text in environ or text in process.command):
            found.append(process)
    return found


def _children(pid: int) -> Iterator[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(entry.name))
        if fields:
            parents[int(entry.name)] = int(fields[1])
    generation = [pid]
    while generation:
        generation = [child for child, parent in parents.items() if parent in generation]
        yield from generation


def _fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _look(pid: int) -> Running | None:
    fields = _fields(pid)
    if not fields or fields[0] in "ZX":
        return None
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    return Running(pid, fields[19], command)
