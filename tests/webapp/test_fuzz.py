"""Two thousand requests that nobody would send: none is answered by 500, none leaves a traceback."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.fuzz import Fuzzer, installation

SHARE = 500  # a part of the 2,000, each on an installation of its own


@pytest.fixture
def fuzzer(sqlite_database_url: str, tmp_path: Path) -> Iterator[Fuzzer]:
    """A fuzzer over a fresh installation; its logs go nowhere else."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield from installation(tmp_path, sqlite_database_url)
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("seed", range(4))
def test_nothing_breaks(fuzzer: Fuzzer, seed: int) -> None:
    fuzzer.random.seed(seed)
    report = fuzzer.run(SHARE)
    assert report.requests == SHARE
    got_through = sum(report.statuses[status] for status in (200, 204, 422))  # a page, nothing new, a form
    # Some runs erase everybody early on, so the bar is low: it is there for a fuzzer that is shut out.
    assert got_through > SHARE / 20, "it must get through to something to mean anything"
    assert report.faults == []
