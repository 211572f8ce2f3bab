"""Two webs, three senders, two planners, two beats over one database: everybody gets one mail, once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery import Celery

from daybreak.launch.valkey import free_port
from tests.support import crew
from tests.support.house import House, house_at
from tests.support.letters import answer_address
from tests.support.processes import wait_until
from tests.support.smtp import SmtpSink
from tests.support.workspaces import workspace_of

pytestmark = pytest.mark.journey

PERSONS = [f"p{number}" for number in range(300)]
JUST_BEFORE_TEN = datetime(2026, 3, 2, 9, 59, 40, tzinfo=UTC)  # a Monday; Lisbon is on UTC in winter
THE_FRIDAY_BEFORE = datetime(2026, 2, 27, 18, 0, tzinfo=UTC)
ENDED = ("sent", "failed", "unknown", "expired", "suppressed", "cancelled")


@pytest.fixture
def house(tmp_path: Path, servers: dict[str, str], smtp_sink: SmtpSink) -> House:
    """Three hundred persons of one team, due at the same instant."""
    made = house_at(tmp_path, SMTP_URL=smtp_sink.url, **servers)
    made.set_clock(THE_FRIDAY_BEFORE)
    made.command("migrate")
    (tmp_path / "acme.toml").write_text(workspace_of(PERSONS))
    made.command("apply", str(tmp_path / "acme.toml"))
    return made


def test_everybody_gets_one_mail_and_one_answer_counts(
    house: House, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    ports = [int(house.base_url.rsplit(":", 1)[1]), free_port()]
    house.set_clock(JUST_BEFORE_TEN)
    with ExitStack() as running:
        for number in range(3):
            running.enter_context(crew.crew(house, f"send{number}", crew.worker("send", f"send{number}")))
        for number in range(2):
            running.enter_context(crew.crew(house, f"plan{number}", crew.worker("plan", f"plan{number}")))
            running.enter_context(
                crew.crew(house, f"beat{number}", crew.beat(str(tmp_path / f"schedule{number}")))
            )
            running.enter_context(crew.crew(house, f"web{number}", crew.web(ports[number])))
        wait_until(lambda: deliveries(house) == len(PERSONS), seconds=90, what="a delivery for everybody")
        ids = [row[0] for row in house.rows("SELECT id FROM delivery")]
        redeliver(house, ids)
        wait_until(lambda: settled(house), seconds=120, what="an end for every delivery")
        redeliver(house, ids)
        press_twice_at_once(smtp_sink, ports)
        wait_until(lambda: queues_are_empty(house), seconds=60, what="empty queues")

    assert Counter(mail.recipients for mail in smtp_sink.mails) == Counter(
        (f"{name}@acme.test",) for name in PERSONS
    )
    assert house.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", len(PERSONS))]
    assert house.rows("SELECT count(*) FROM break_taken") == [(10,)]
    senders = [(tmp_path / f"send{number}.log").read_text() for number in range(3)]
    assert not [log for log in senders if "Traceback" in log]


def redeliver(house: House, ids: list[object]) -> None:
    """Do what a broker may do after a fault: hand every task out again, and again, in other batches."""
    with Celery(broker=house.environ["REDIS_URL"]) as app:
        for size in (7, 50, 300):
            for start in range(0, len(ids), size):
                app.send_task("tasks.deliver", (ids[start : start + size],), queue="send")
        for _time in range(3):
            app.send_task("tasks.tick", queue="plan")
            app.send_task("tasks.sweep", queue="plan")


def deliveries(house: House) -> object:
    """How many there are by now."""
    return house.rows("SELECT count(*) FROM delivery")[0][0]


def settled(house: House) -> bool:
    """Whether every delivery has ended."""
    return {row[0] for row in house.rows("SELECT DISTINCT state FROM delivery")} <= set(ENDED)


def queues_are_empty(house: House) -> bool:
    """Whether nobody has anything left to do."""
    with (
        Celery(broker=house.environ["REDIS_URL"]) as app,
        app.connection_for_read() as connection,
        connection.channel() as channel,
    ):
        return not channel.client.llen("send") and not channel.client.hlen("unacked")


def press_twice_at_once(smtp: SmtpSink, ports: list[int]) -> None:
    """Answer ten prompts, each through both webs at the same moment."""
    addresses = [answer_address(mail) for mail in smtp.mails[:10]]
    both = [address.replace(f":{ports[0]}/", f":{port}/") for address in addresses for port in ports]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(crew.press, both))
    assert all("Logged at" in page for page in pages)
