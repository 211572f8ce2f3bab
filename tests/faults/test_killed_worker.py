"""The worker is killed with SIGKILL at every point of the SMTP dialogue: what must arrive arrives once."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.post_office import TEN
from tests.support.processes import wait_until
from tests.support.proxy import Point
from tests.support.works import LEASES_LAPSED, Works

pytestmark = pytest.mark.journey

PERSONS = 45
GROUP = 20  # at most so many of a killed worker's end unknown
BEFORE_CONTENT: tuple[Point, ...] = ("connect", "MAIL", "RCPT")
AFTER: tuple[Point, ...] = ("DATA", "content", "dot", "answered")


def kill_at(site: Works, point: Point) -> None:
    """Let a worker die at its sixth message, or before it connects, and another one start."""
    addresses = site.people(PERSONS)
    site.without_alice_and_bob()
    with site.worker() as first:

        def kill() -> None:
            with suppress(ProcessLookupError):
                os.killpg(first.pid, signal.SIGKILL)

        site.line.order(point, "cut", tell=kill, after=0 if point == "connect" else 5)
        site.due()
        assert site.line.reached.wait(60), site.states()
        first.wait(10)
    site.at(TEN + LEASES_LAPSED)
    with site.worker():
        site.wait_for_the_end(sweeping=True)
    states, copies = site.state_of(), site.copies()
    assert set(states) == set(addresses)
    assert set(states.values()) <= {"sent", "unknown"}
    unknown = [address for address in addresses if states[address] == "unknown"]
    assert len(unknown) <= GROUP
    assert all(copies[address] == 1 for address in addresses if address not in unknown)
    assert max(copies.values()) == 1


@pytest.mark.parametrize("point", BEFORE_CONTENT)
def test_killed_before_the_content_leaves_everybody_gets_one(site: Works, point: Point) -> None:
    kill_at(site, point)
    assert len(site.copies()) == PERSONS  # those whose answer was not written down had arrived


@pytest.mark.parametrize("point", AFTER)
def test_killed_while_the_content_leaves_nobody_gets_two(site: Works, point: Point) -> None:
    kill_at(site, point)
    assert site.states()["unknown"] >= 1
    assert len(site.copies()) >= PERSONS - GROUP


def test_a_killed_process_of_the_pool_is_replaced_and_nothing_doubled(small_site: Works) -> None:
    site = small_site
    site.people(PERSONS)
    site.without_alice_and_bob()
    with site.worker() as worker:

        def kill() -> None:
            (child,) = children(worker.pid)
            os.kill(child, signal.SIGKILL)

        wait_until(lambda: children(worker.pid), what="the pool")
        site.line.order("content", "cut", tell=kill, after=5)
        site.due()
        assert site.line.reached.wait(60)
        site.at(TEN + LEASES_LAPSED)
        site.wait_for_the_end(sweeping=True)
        assert worker.poll() is None
    assert max(site.copies().values()) == 1
    assert site.states()["sent"] >= PERSONS - GROUP


def children(pid: int) -> list[int]:
    """The processes that a worker has forked."""
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
