"""E-mails a second, from due rows to accepted and recorded: `python -m bench.delivery [PERSONS]`.

One process, as one worker: a tick plans everybody, then batches of 200 are claimed, handed off and recorded
by all delivery rules. The mail server is a process of its own that takes everything (bench/sink.py). Beside
each round runs a loop of one `smtplib` connection, since absolute times drift on shared machines; our own CPU
time a mail drifts least. SQLite always; PostgreSQL where BENCH_DATABASE_URL names an empty database. Prints
JSON.
"""

import contextlib
import json
import logging
import os
import platform
import smtplib
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import cast

from sqlalchemy import select

import tasks
from daybreak.runtime import Runtime
from daybreak.services import planning
from daybreak.store import migrate
from daybreak.store.tables import Delivery
from tasks.dispatch import dispatch
from tests.support.runtimes import SetClock, runtime_for
from tests.support.world import MONDAY_0900, make_person, make_world

BATCH, HOUR = 200, timedelta(hours=1)
ROUNDS = (1, 2, 5)  # hours after nine: noon is too near to lunch


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Run the mail server; its port."""
    line = [sys.executable, "-m", "bench.sink"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.kill()


def populate(runtime: Runtime, persons: int) -> None:
    """Make a team of so many, due at every full hour."""
    with runtime.writing() as session:
        world = make_world(session, MONDAY_0900 - 14 * 24 * HOUR)
        world.alice.prompts_on = world.bob.prompts_on = False
        members = [
            make_person(session, f"p{n}", MONDAY_0900 - 14 * 24 * HOUR, world.team) for n in range(persons)
        ]
        planning.replan(session, members, MONDAY_0900)


def one_round(runtime: Runtime, number: int) -> dict[str, float]:
    """Plan and deliver an hour's prompts; items a second of both."""
    cast(SetClock, runtime.clock).set(MONDAY_0900 + number * HOUR)
    began = perf_counter()
    tasks.tick()
    planned = perf_counter()
    with runtime.reading() as session:
        ids = list(session.scalars(select(Delivery.id).where(Delivery.state == "planned")))
    cpu_s = process_time()
    for start in range(0, len(ids), BATCH):
        dispatch(runtime, ids[start : start + BATCH], lambda _ids: None)
    ended = perf_counter()
    with runtime.reading() as session:
        states = Counter(session.scalars(select(Delivery.state).where(Delivery.id.in_(ids))))
    if states != {"sent": len(ids)}:
        raise RuntimeError(f"not all were sent: {states}")
    return {
        "planned_s": len(ids) / (planned - began),
        "mailed_s": len(ids) / (ended - planned),
        "cpu_ms": (process_time() - cpu_s) * 1000 / len(ids),
    }


def yardstick(port: int, mails: int) -> float:
    """One smtplib connection in a loop, a prepared message: mails a second."""
    content = "Subject: x\r\n\r\n" + "hello world\r\n" * 300
    began = perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for _ in range(mails):
            connection.sendmail("a@acme.test", "b@acme.test", content)
    return mails / (perf_counter() - began)


def measure(name: str, url: str, persons: int, port: int) -> dict[str, object]:
    """All rounds on one database."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SMTP_URL": f"smtp://127.0.0.1:{port}?tls=none", "REDIS_URL": "redis://127.0.0.1:1/0"}
        with runtime_for(url or f"sqlite:///{folder}/bench.sqlite3", Path(folder), **environ) as runtime:
            migrate.upgrade(runtime.settings.database_url)
            tasks.use(runtime)
            populate(runtime, persons)
            rounds = [(one_round(runtime, n), yardstick(port, persons)) for n in ROUNDS]
    mailed = median(found["mailed_s"] for found, _ in rounds)
    beside = median(yard for _, yard in rounds)
    return {
        "database": name,
        "planned_per_s": round(median(found["planned_s"] for found, _ in rounds)),
        "mailed_per_s": round(mailed),
        "smtplib_per_s": round(beside),
        "ratio": round(mailed / beside, 3),
        "cpu_ms_per_mail": round(median(found["cpu_ms"] for found, _ in rounds), 2),
    }


def main() -> None:
    """Measure and print."""
    logging.disable(logging.WARNING)
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    url = os.environ.get("BENCH_DATABASE_URL")
    with sink() as port:
        found = [measure("sqlite", "", persons, port)]
        if url:
            found.append(measure("postgresql", url, persons, port))
    about = {
        "persons": persons,
        "rounds": len(ROUNDS),
        "load": round(os.getloadavg()[0], 1),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("sqlalchemy", "psycopg", "celery")},
    }
    print(json.dumps({"about": about, "found": found}, indent=2))


if __name__ == "__main__":
    main()
