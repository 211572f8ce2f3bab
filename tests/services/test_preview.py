"""What a preview says is what the worker sends: random people, simulated with the real services and a clock.

PREVIEW_CASES=1000 tries more of them than the suite does. Half of the dates are such on which clocks change.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.occurrence import Occurrence
from daybreak.domain.prompt import DONE
from daybreak.domain.working import Range
from daybreak.runtime import Runtime
from daybreak.services import answering, planning
from daybreak.store.tables import BusyInterval, DayOff, Person, Prompt
from tasks import plan_batch
from tests.domain.worlds import ZONES, changes
from tests.support.databases import copy_sqlite
from tests.support.runtimes import SetClock, runtime_for
from tests.support.world import make_person, make_policy, make_team

CASES = int(os.environ.get("PREVIEW_CASES", "25"))
AT_ONCE = 50  # people of one database, whose days pass together
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Sent = tuple[date, time, int, int, datetime, bool]


@contextmanager
def fresh(template: Path, folder: Path) -> Iterator[Runtime]:
    folder.mkdir()
    with runtime_for(copy_sqlite(template, folder), folder / "home") as runtime:
        yield runtime


def somebody(session: Session, name: str, zone: str, day: date, random: Random, now: datetime) -> Person:
    """Somebody in a team of their own, with any rules and any working time."""
    team = make_team(session, name, name, now)
    ordinary = {one: ["09:00-12:00", "13:00-17:00"] for one in DAYS}
    anything = str(Range(time(random.randrange(24)), time(random.randrange(24))))
    odd = {one: [anything] for one in DAYS}  # the same each day, so that none meets the next one's
    team.zone, team.hours = zone, ordinary if random.random() < 0.6 else odd
    team.quiet_blocks = [{"range": "10:30-11:15"}] if random.random() < 0.3 else []
    team.quiet_days = [day.isoformat()] if random.random() < 0.03 else []
    personal = random.random() < 0.4
    for _ in range(1 if personal else random.choice((1, 1, 2))):
        low = random.choice((15, 20, 30, 45, 60, 90))
        make_policy(
            session,
            team,
            now,
            interval_min=low,
            interval_max=low + random.choice((0, 0, 10, 20)),
            rhythm="personal" if personal else "together",
            break_seconds=random.choice((30, 60, 120)),
            spread=random.choice((0, 0, 15)),
            tail_guard=random.choice((0, 10, 25)),
            min_gap=random.choice((5, 10, 15)),
            max_prompts_per_day=random.choice((4, 8, 40)),
            push_every=random.choice((0, 1, 1, 2)),
            response_window=10,
        )
    person = make_person(session, name, now, team)
    person.every_nth = random.choice((1, 1, 1, 2))
    person.max_prompts_per_day = random.choice((None, None, 5))
    if random.random() < 0.2:
        half = random.choice(("am", "pm"))
        session.add(DayOff(person_id=person.id, first_date=day, last_date=day, half=half))
    if random.random() < 0.2:
        person.paused_from_at = now + random.randrange(1440, 2880) * MINUTE
        person.paused_until_at = person.paused_from_at + random.randrange(200) * MINUTE
    for _ in range(random.choice((0, 0, 1, 3))):
        start_at = now + random.randrange(1000, 3600) * MINUTE
        minutes = random.randrange(5, 100)
        session.add(BusyInterval(person_id=person.id, start_at=start_at, end_at=start_at + minutes * MINUTE))
    session.flush()
    return person


def shown(one: Occurrence) -> Sent:
    return one.local_date, one.local_time, one.fold, one.policy_id, one.due_at, one.pushed


def sent(one: Prompt) -> Sent:
    return one.local_date, one.local_time, one.fold, one.policy_id, one.due_at, one.pushed


def let_time_pass(runtime: Runtime, until_at: datetime) -> None:
    """Tick at every instant at which something is due; everybody takes every break at once."""
    assert isinstance(runtime.clock, SetClock)
    while True:
        with runtime.reading() as session:
            due = select(Person.next_due_at).where(Person.next_due_at.is_not(None))
            now = session.scalars(due.order_by(Person.next_due_at).limit(1)).first()
        if now is None or now > until_at:
            return
        runtime.clock.set(now)
        plan_batch(runtime)
        with runtime.writing() as session:
            for prompt_id in session.scalars(select(Prompt.id).where(Prompt.standing == "open")).all():
                answering.answer(session, prompt_id, DONE, now)


def test_the_preview_is_what_the_worker_sends(sqlite_database_url: str, tmp_path: Path) -> None:
    template = Path(sqlite_database_url.removeprefix("sqlite:///"))
    random, count = Random(20260302), Counter[str]()
    while count["cases"] < CASES:
        with fresh(template, tmp_path / str(count["cases"])) as runtime:
            zone = random.choice(ZONES)
            changing = random.random() < 0.5
            day = (
                random.choice(changes(zone)) if changing else date(2026, 1, 1) + random.randrange(3000) * DAY
            )
            days = [day + offset * DAY for offset in (0, 1)]
            before_at = datetime.combine(day - DAY, time.min, ZoneInfo(zone)).astimezone(UTC)
            expected: dict[int, list[Sent]] = {}
            assert isinstance(runtime.clock, SetClock)
            runtime.clock.set(before_at)
            with runtime.writing() as session:
                people = min(AT_ONCE, CASES - count["cases"])
                others = [zone if random.random() < 0.7 else random.choice(ZONES) for _ in range(people)]
                persons = [
                    somebody(session, f"p{n}", other, day, random, before_at)
                    for n, other in enumerate(others)
                ]
                for person in persons:
                    plans = [planning.plan_day(session, person, one, before_at) for one in days]
                    expected[person.id] = [shown(one) for plan in plans for one in plan.kept]
                    count.update(str(one.reason) for plan in plans for one in plan.dropped)
                planning.replan(session, persons, before_at)
            let_time_pass(runtime, before_at + 5 * DAY)
            got: dict[int, list[Sent]] = defaultdict(list)
            with runtime.reading() as session:
                for prompt in session.scalars(select(Prompt).order_by(Prompt.due_at)):
                    if prompt.local_date in days:
                        got[prompt.person_id].append(sent(prompt))
            for person_id, preview in expected.items():
                assert got[person_id] == preview, (day, zone, person_id)
                count.update(["cases"], prompts=len(preview), **{"on days of a clock change": changing})
    assert count["prompts"] > 5 * CASES
    print("\ncases tried:", dict(count))  # noqa: T201
