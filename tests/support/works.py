"""A post office with real workers: their Redis, their mail server behind a proxy, and a clock they share."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

from celery import Celery
from sqlalchemy import func, select

import tasks
from daybreak.domain.delivery import DeliveryState
from daybreak.services import planning
from daybreak.store.tables import Delivery, Person, Team
from tests.support import crew
from tests.support.house import House
from tests.support.post_office import TEN, PostOffice, post_office
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, proxy_before
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900, make_person

ENDED = [state.value for state in DeliveryState if state.ended]
LEASES_LAPSED = timedelta(seconds=95)
WEEKS_AGO = MONDAY_0900 - timedelta(days=14)


class Works:
    """What a fault test holds."""

    def __init__(self, office: PostOffice, house: House, mail: SmtpSink, line: Proxy) -> None:
        self.office, self.house, self.mail, self.line = office, house, mail, line

    def at(self, instant: datetime) -> None:
        """Set the clock of this process, and of all workers, which goes on from there."""
        self.office.at(instant)
        self.house.set_clock(instant)

    def people(self, number: int, team: Team | None = None) -> list[str]:
        """Add so many members and return their addresses, Alice's and Bob's not among them."""
        team = team or self.office.world.team
        names = [f"{team.slug}{index}" for index in range(number)]
        with self.office.runtime.writing() as session:
            there = session.merge(team)
            persons = [make_person(session, name, WEEKS_AGO, there) for name in names]
            planning.replan(session, persons, MONDAY_0900)
        return [f"{name}@acme.test" for name in names]

    def without_alice_and_bob(self) -> None:
        """Let nobody be prompted but those a test adds."""
        for person in (self.office.world.alice, self.office.world.bob):
            self.office.change(person, prompts_on=False)

    def due(self, instant: datetime = TEN) -> None:
        """Let it be this instant everywhere, and make what is due into deliveries, rung by a real bell."""
        self.at(instant)
        self.office.tick()

    def sweep(self) -> None:
        """Let the sweep run here, by the workers' clock, and ring for what it finds."""
        offset = float(self.house.clock_file.read_text())
        self.office.at(datetime.now(UTC) + timedelta(seconds=offset))
        tasks.sweep()

    def worker(
        self, name: str = "send", queues: str = "send", pool: Sequence[str] = ()
    ) -> AbstractContextManager[Popen[bytes]]:
        """A worker as `up` runs it: a parent and one forked process."""
        options = ["--without-gossip", "--without-mingle", "--hostname", f"{name}@%h"]
        pool = pool or ("--pool", "prefork", "--concurrency", "1")
        celery = [sys.executable, "-m", "celery", "--app", "tasks", "worker", "--queues", queues]
        return crew.crew(self.house, name, [*celery, *pool, *options])

    def beat(self, name: str = "beat") -> AbstractContextManager[Popen[bytes]]:
        """A timetable."""
        return crew.crew(self.house, name, crew.beat(str(self.house.home / f"{name}-schedule")))

    def states(self) -> Counter[str]:
        """How many deliveries stand where."""
        with self.office.runtime.reading() as session:
            rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
            return Counter({str(row[0]): int(row[1]) for row in rows})

    def open(self) -> int:
        """How many have not ended."""
        return sum(number for state, number in self.states().items() if state not in ENDED)

    def wait_for_the_end(self, seconds: float = 60, *, sweeping: bool = False) -> None:
        """Wait until every delivery has ended, sweeping here every second where no beat does."""

        def ended() -> bool:
            if sweeping:
                time.sleep(0.5)
                self.sweep()
            return not self.open()

        wait_until(ended, seconds=seconds, what="an end for every delivery")

    def copies(self) -> Counter[str]:
        """How many mails the server has taken in for each address."""
        return Counter(mail.recipients[0] for mail in list(self.mail.mails))

    def state_of(self) -> dict[str, str]:
        """The states of prompts' deliveries by address."""
        query = select(Person.email, Delivery.state).join(Delivery, Delivery.person_id == Person.id)
        with self.office.runtime.reading() as session:
            return {str(email): state for email, state in session.execute(query)}

    def send(self, name: str, *arguments: object, times: int = 1) -> None:
        """Put a task on its queue, as beat or a ring would, so many times."""
        queue = "send" if name == "deliver" else "plan"
        with Celery(broker=self.house.environ["REDIS_URL"]) as app:
            for _time in range(times):
                app.send_task(f"tasks.{name}", arguments, queue=queue)


@contextmanager
def works(database_url: str, folder: Path, redis_url: str, mail: SmtpSink, **environ: str) -> Iterator[Works]:
    """Make the world with nobody prompted yet; mail goes through the proxy `line`, clocks show nine."""
    with proxy_before(mail.host, mail.port) as line:
        smtp_url = f"smtp://127.0.0.1:{line.port}?tls=none"
        given = {"REDIS_URL": redis_url, "SMTP_URL": smtp_url, **environ}
        with post_office(database_url, folder / "home", **given) as office:
            settings = office.runtime.settings
            house = House(
                settings.home,
                settings.base_url,
                {
                    "PATH": os.environ["PATH"],
                    "DAYBREAK_HOME": str(settings.home),
                    "DATABASE_URL": settings.database_url,
                    "DAYBREAK_CLOCK_FILE": str(folder / "clock"),
                    **given,
                },
            )
            made = Works(office, house, mail, line)
            made.at(MONDAY_0900)
            yield made
