"""A small world whose clock the test moves, with a tick and a courier but none of Celery's processes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

import tasks
from daybreak.domain.delivery import DeliveryState
from daybreak.runtime import Runtime
from daybreak.services import planning
from daybreak.store.tables import Attempt, Channel, Delivery, Person, Prompt
from tasks.dispatch import dispatch
from tests.support.runtimes import SetClock, runtime_for
from tests.support.world import MONDAY_0900, World, make_world

NOBODY = "redis://127.0.0.1:1/0"  # nobody listens there: the bell is not heard
TEN = MONDAY_0900 + timedelta(hours=1)  # the first occurrence of the world's policy


@dataclass
class PostOffice:
    """What a test holds."""

    runtime: Runtime
    world: World

    def at(self, now: datetime) -> None:
        """Set the clock."""
        clock = self.runtime.clock
        assert isinstance(clock, SetClock)
        clock.set(now)

    def tick(self) -> None:
        """Run the task that plans; nobody hears it ring."""
        tasks.tick()

    def ids(self, state: DeliveryState = DeliveryState.PLANNED) -> list[int]:
        """The deliveries in a state."""
        with self.runtime.reading() as session:
            return list(session.scalars(select(Delivery.id).where(Delivery.state == state.value)))

    def deliver(self, ids: Sequence[int] | None = None) -> list[int]:
        """Run a courier over these deliveries, or over all that are planned; what it wants rung."""
        rung: list[int] = []
        dispatch(self.runtime, self.ids() if ids is None else ids, rung.extend)
        return list(dict.fromkeys(rung))

    def run(self, now: datetime) -> None:
        """Set the clock, tick, and deliver until nothing is left that could go out now."""
        self.at(now)
        self.tick()
        ring = self.ids()
        while ring:
            ring = self.deliver(ring)

    def deliveries(self) -> list[Delivery]:
        """All deliveries, oldest first."""
        with self.runtime.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def prompts(self, person: Person | None = None) -> list[Prompt]:
        """All prompts, or a person's, in order of time."""
        with self.runtime.reading() as session:
            query = select(Prompt).order_by(Prompt.due_at, Prompt.id)
            return list(session.scalars(query.where(Prompt.person_id == person.id) if person else query))

    def attempts(self) -> list[Attempt]:
        """All tries, oldest first."""
        with self.runtime.reading() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.id)))

    def person(self, person: Person) -> Person:
        """The person as stored now."""
        with self.runtime.reading() as session:
            return session.get_one(Person, person.id)

    def change(self, row: Person | Prompt | Channel, **values: object) -> None:
        """Set columns of a stored row."""
        with self.runtime.writing() as session:
            stored = session.get_one(type(row), row.id)
            for name, value in values.items():
                setattr(stored, name, value)

    def policy(self, **values: object) -> None:
        """Set fields of the policy, which is then in force from the beginning, and re-plan its team."""
        with self.runtime.writing() as session:
            policy = session.merge(self.world.policy)
            for name, value in values.items():
                setattr(policy, name, value)
            session.flush()
            planning.replan_team(session, policy.team_id, self.runtime.now())

    def webhook(self, url: str, *, team: bool = True, person: Person | None = None) -> Channel:
        """Add a webhook, of the team ("breaks") or of a person."""
        with self.runtime.writing() as session:
            channel = Channel(
                team_id=self.world.team.id if team and person is None else None,
                person_id=person.id if person else None,
                kind="slack_webhook",
                name="breaks" if person is None else "own",
                secret=self.runtime.cipher.seal(url),
                hint="…",
                created_at=MONDAY_0900,
            )
            session.add(channel)
            session.flush()
            return channel

    def channel(self, channel: Channel) -> Channel:
        """The channel as stored now."""
        with self.runtime.reading() as session:
            return session.get_one(Channel, channel.id)


@contextmanager
def post_office(database_url: str, home: Path, **environ: str) -> Iterator[PostOffice]:
    """Make the world (Alice and Bob prompted at ten by mail; Charlie's team has no policy) and its tasks."""
    with runtime_for(database_url, home, **{"REDIS_URL": NOBODY, **environ}) as runtime:
        tasks.use(runtime)
        with runtime.writing() as session:
            world = make_world(session, MONDAY_0900 - timedelta(days=14))
            planning.replan(session, [world.alice, world.bob, world.charlie], MONDAY_0900)
        yield PostOffice(runtime, world)
