"""Each process is killed once while breaks come due: the next ones arrive without a hand, nothing twice."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.house import CHILDREN, House, house_at, up
from tests.support.postgres import postgres_cluster
from tests.support.processes import running, wait_until
from tests.support.redis import prepare
from tests.support.smtp import SmtpSink
from tests.support.trees import below, one_below
from tests.support.workspaces import workspace_of

pytestmark = pytest.mark.journey

NAMES = ("ana", "ben", "cem", "dua")
TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday; Lisbon is on UTC in winter
HALF_AN_HOUR = timedelta(minutes=30)
POLICY = "interval_min = 30\ninterval_max = 30\nbackoff_after_ignored = 0\nmax_prompts_per_day = 12\n"


class Mortal:
    """A server of ours beside `up`, which dies and is started again on its data."""

    def __init__(
        self, stack: ExitStack, run: Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]
    ) -> None:
        self.stack, self.run = stack, run
        self.process = stack.enter_context(run())

    def kill(self) -> None:
        """End it without warning, and start it again once nothing is left of it."""
        helpers = below(self.process.pid)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(each.lives() for each in helpers), what="the end of its helpers")
        self.process = self.stack.enter_context(self.run())


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[dict[str, str], dict[str, Mortal]]]:
    """PostgreSQL and Redis of our own: their variables, and how to kill each."""
    redis = prepare(tmp_path / "redis")
    with postgres_cluster() as cluster, ExitStack() as stack:
        log = tmp_path / "redis.log"
        mortals = {
            "postgres": Mortal(stack, cluster.running),
            "redis": Mortal(stack, lambda: running(redis.command, log=log, ready=redis.answers)),
        }
        cluster.server.run("CREATE DATABASE daybreak")
        yield {"DATABASE_URL": cluster.server.url("daybreak"), "REDIS_URL": redis.url}, mortals


def test_children_of_up_are_killed(tmp_path: Path, smtp_sink: SmtpSink) -> None:
    house = house_with_persons(tmp_path, smtp_sink, {})
    with up(house) as process:
        wait_until(lambda: "beat started" in (tmp_path / "up.log").read_text(), what="all children")

        def killer(name: str) -> Callable[[], None]:
            return lambda: os.kill(one_below(process.pid, *CHILDREN[name]).pid, signal.SIGKILL)

        due_while_killing(house, smtp_sink, [killer(name) for name in CHILDREN])


def test_postgresql_and_redis_are_killed(
    tmp_path: Path, smtp_sink: SmtpSink, servers: tuple[dict[str, str], dict[str, Mortal]]
) -> None:
    environ, mortals = servers
    house = house_with_persons(tmp_path, smtp_sink, environ)
    with up(house):
        wait_until(lambda: "beat started" in (tmp_path / "up.log").read_text(), what="all children")
        due_while_killing(house, smtp_sink, [mortal.kill for mortal in mortals.values()])
    assert " ended with " not in (tmp_path / "up.log").read_text()  # they came to terms by themselves


def house_with_persons(folder: Path, smtp: SmtpSink, environ: dict[str, str]) -> House:
    """An installation whose four members are due every half hour, answered or not."""
    house = house_at(folder, SMTP_URL=smtp.url, **environ)
    house.set_clock(TEN - timedelta(days=3))
    house.command("migrate")
    (folder / "acme.toml").write_text(workspace_of(NAMES, POLICY))
    house.command("apply", str(folder / "acme.toml"))
    house.set_clock(TEN - timedelta(minutes=5))
    return house


def due_while_killing(house: House, smtp: SmtpSink, kills: list[Callable[[], None]]) -> None:
    """Kill something seconds before each break comes due; in the end everybody has each break's mail once."""
    due_at, expected = TEN, Counter[tuple[str, str]]()
    for kill in (None, *kills):
        while due_at.hour == 12 or due_at.strftime("%H:%M") == "13:00":  # lunch, and its first half hour
            due_at += HALF_AN_HOUR
        house.set_clock(due_at - timedelta(seconds=3))
        if kill is not None:
            kill()
        expected.update((f"{name}@acme.test", due_at.strftime("%H:%M")) for name in NAMES)
        # Recorded, not only sent: a mail whose record the next kill cuts off would rightly end as unknown.
        sent = [("sent", expected.total())]
        wait_until(lambda: states(house) == sent, seconds=90, what=f"the mails of {due_at}")  # noqa: B023
        due_at += HALF_AN_HOUR
    assert Counter((mail.recipients[0], mail.message["Subject"][:5]) for mail in smtp.mails) == expected


def states(house: House) -> list[tuple[object, ...]]:
    """How many deliveries are in each state."""
    return house.rows("SELECT state, count(*) FROM delivery GROUP BY state")
