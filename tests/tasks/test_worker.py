"""The real thing: a Celery worker and beat as processes, on an embedded Valkey, with a real SMTP server."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybreak.domain.delivery import DeliveryState
from daybreak.settings import ROOT
from tests.support.post_office import PostOffice, post_office
from tests.support.processes import wait_until
from tests.support.smtp import SmtpSink
from tests.support.valkey import valkey_server
from tests.support.world import make_person

pytestmark = pytest.mark.journey


@contextmanager
def celery(office: PostOffice, smtp: SmtpSink, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Celery process on the office's database, in a process group of its own."""
    settings = office.runtime.settings
    environ = {
        "PATH": os.environ["PATH"],
        "DAYBREAK_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": str(settings.redis_url),
        "SMTP_URL": smtp.url,
        "DAYBREAK_CLOCK_FILE": str(settings.home / "clock"),
    }
    log = (settings.home / f"{arguments[0]}.log").open("ab")
    command = [sys.executable, "-m", "celery", "-A", "tasks", *arguments]
    process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        end(process)
        log.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its children: nothing here needs a goodbye."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def worker(office: PostOffice, smtp: SmtpSink) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker for both queues, as small as can be."""
    arguments = ("worker", "-Q", "plan,send", "-c", "2", "--without-gossip", "--without-mingle")
    return celery(office, smtp, *arguments)


@pytest.fixture
def real(sqlite_database_url: str, tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[PostOffice]:
    """An office whose bell is heard, and in which two prompts come due right now."""
    with valkey_server(tmp_path / "valkey") as url:
        environ = {"REDIS_URL": url, "SMTP_URL": smtp_sink.url}
        with post_office(sqlite_database_url, tmp_path / "home", **environ) as office:
            yield office


def make_due(office: PostOffice) -> None:
    """Work all day, every day, in UTC, with a prompt a moment ago."""
    now = datetime.now(UTC)
    office.at(now)
    due_at = (now - timedelta(seconds=20)).replace(second=0, microsecond=0)
    start = (due_at - timedelta(minutes=30)).strftime("%H:%M")
    finish = (due_at + timedelta(hours=3)).strftime("%H:%M")
    hours = {day: [f"{start}-{finish}"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    with office.runtime.writing() as session:
        team = session.merge(office.world.team)
        team.hours, team.zone = hours, "UTC"
    office.policy(interval_min=30, interval_max=30, tail_guard=0, changed_at=now - timedelta(hours=2))


def test_beat_ticks_and_a_worker_mails_each_prompt_once(real: PostOffice, smtp_sink: SmtpSink) -> None:
    make_due(real)
    with worker(real, smtp_sink), celery(real, smtp_sink, "beat"), celery(real, smtp_sink, "beat"):
        wait_until(lambda: len(smtp_sink.mails) >= 2, seconds=60, what="two mails")
        time.sleep(5)  # two ticks more, from each beat
    assert sorted(mail.recipients[0] for mail in smtp_sink.mails) == ["alice@acme.test", "bob@acme.test"]
    assert [one.state for one in real.deliveries()] == ["sent", "sent"]


def test_a_killed_worker_doubles_nothing_and_the_next_one_sends_the_rest(
    real: PostOffice, smtp_sink: SmtpSink
) -> None:
    with real.runtime.writing() as session:
        team = session.merge(real.world.team)
        for number in range(118):
            make_person(session, f"p{number}", real.runtime.now() - timedelta(days=14), team)
    make_due(real)
    with celery(real, smtp_sink, "beat"):
        with worker(real, smtp_sink) as first:
            wait_until(lambda: len(smtp_sink.mails) >= 5, seconds=60, what="the first mails")
            end(first)
        at_the_kill = len(smtp_sink.mails)
        assert at_the_kill < 120
        (real.runtime.settings.home / "clock").write_text("+95")  # its leases have lapsed
        with worker(real, smtp_sink):
            wait_until(lambda: all_ended(real), seconds=90, what="an end for every delivery")
    states = Counter(one.state for one in real.deliveries())
    recipients = Counter(mail.recipients for mail in smtp_sink.mails)
    assert max(recipients.values()) == 1
    assert states["sent"] + states["unknown"] == 120
    assert states["unknown"] <= 2  # what was being handed off: one a process
    assert states["sent"] <= len(recipients) <= 120


def all_ended(office: PostOffice) -> bool:
    """Whether nothing is open any more."""
    deliveries = office.deliveries()
    return len(deliveries) == 120 and all(DeliveryState(one.state).ended for one in deliveries)
