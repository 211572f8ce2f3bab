"""An admin who looks at every page all the time, before and after whatever happens, learns of no few people.

Hypothesis drives a team through answers, joins, leaves, opt-outs, erasures, pruning over the real services.
What the figures were made of is kept beside, in a ledger that nothing is ever taken out of. Each figure shown
must be what the ledger says at the looks that were published; and two figures of one period, shown one after
the other, must differ in what at least k people did, or in nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from daybreak.domain.floor import Figure, Floor, Shown, figure
from daybreak.domain.participation import Count, Tally, week_start
from daybreak.domain.prompt import Standing
from daybreak.services import erasing, participation, pausing, people, retention
from daybreak.services.dashboard import Board, board
from daybreak.store import participation as store
from daybreak.store.engine import make_engine
from daybreak.store.tables import Person, Policy, Prompt, Team, Workspace
from tests.support import databases
from tests.support.asked import MONDAY, ask, at
from tests.support.world import make_person, make_policy, make_team

K = Floor().k
ANSWERS = ("done", "late", "skipped", "missed")
Looks = dict[date, datetime]


@dataclass(frozen=True)
class Line:
    """A prompt as it once was: nobody erases this copy."""

    who: int
    day: date
    deadline_at: datetime
    standing: str
    closed_at: datetime

    def counted_as(self, look: datetime) -> str | None:
        """The standing at a look, by the contract's words; None: not closed yet."""
        if self.standing in ("done", "late", "skipped") and self.closed_at <= look:
            return self.standing
        return "missed" if self.deadline_at <= look else None


@dataclass
class Watched:
    """The team, the ledger, and what the admin has seen last."""

    session: Session
    team: Team
    policy: Policy
    folder: Path
    now: datetime
    members: list[Person] = field(default_factory=list)
    ledger: list[Line] = field(default_factory=list)
    seen: dict[date, tuple[Figure, Looks]] = field(default_factory=dict)
    seen_moving: tuple[datetime | None, object, object] = (None, None, None)
    names: int = 0
    shown: int = 0

    def join(self) -> None:
        self.names += 1
        self.members.append(make_person(self.session, f"p{self.names}", self.now, self.team))

    def prompt(self, answers: list[str], minute: int) -> None:
        """Ask as many members as there are answers, now; they answer within the hour."""
        local = self.now
        for person, answer in zip(self.members, answers, strict=False):
            if not person.prompts_on or answer == "none":
                continue
            prompt = ask(
                self.session, person, self.policy, local.date(), local.hour, answer, minute=minute, zone="UTC"
            )
            if answer == "undelivered":
                continue  # never in E
            self.ledger.append(
                Line(
                    person.id,
                    prompt.local_date,
                    prompt.deadline_at,
                    answer,
                    prompt.closed_at or prompt.deadline_at,
                )
            )

    def leave(self, who: int, how: str) -> None:
        person = self.members[who % len(self.members)]
        if how == "stop":
            pausing.switch_prompts(self.session, person, self.now, on=False)
            return
        if len(self.members) > 1:
            self.members.remove(person)
            if how == "leave":
                people.remove_from_team(self.session, self.team, person, person.id, self.now)
            else:
                erasing.erase(self.session, person, person.id, self.now, self.folder)

    def tick(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        participation.publish_due(self.session, self.now)
        participation.freeze_due(self.session, self.now)
        self.session.flush()

    def look(self) -> None:
        """Read the page of each week there has been, and compare with what was there before."""
        monday = week_start(MONDAY)
        while monday <= self.now.date():
            shown = board(self.session, self.team, monday, self.now)
            self.compare(monday, shown)
            monday += timedelta(weeks=1)
        self.compare_snapshot(shown)

    def compare(self, monday: date, shown: Board) -> None:
        looks = self.looks(monday)
        wanted = figure(Tally.of(self.counts(looks)), Floor()) if looks else None
        if isinstance(shown.week, Shown):
            assert shown.week == wanted, "what is shown is what the ledger says at these looks"
            self.shown += 1
        before, then = self.seen.get(monday, (None, {}))
        if before is not None and before != shown.week:
            assert self.changed(then, looks) >= K
        if isinstance(shown.week, Shown):
            self.seen[monday] = (shown.week, looks)

    def compare_snapshot(self, shown: Board) -> None:
        """Today's numbers beside the figures move with a snapshot only."""
        at_, moving, deliveries = self.seen_moving
        if at_ is not None and at_ == shown.moving_at:
            assert moving == shown.moving
            assert deliveries == shown.deliveries
        self.seen_moving = (shown.moving_at, shown.moving, shown.deliveries)

    def looks(self, monday: date) -> Looks:
        rows = store.publications(self.session, self.team.id, monday, monday + timedelta(days=6))
        for row in rows:
            if row.period == "week" and row.frozen_at is not None:
                told: Mapping[str, str] = row.figures["looks"]
                return {date.fromisoformat(day): datetime.fromisoformat(look) for day, look in told.items()}
        return participation.looks_of(rows)

    def counts(self, looks: Looks) -> Iterator[Count]:
        for line in self.ledger:
            if line.day in looks and (standing := line.counted_as(looks[line.day])):
                yield Count(line.who, Standing(standing))

    def changed(self, then: Looks, now: Looks) -> int:
        """How many people did what the one tells and the other does not."""
        people = set()
        for line in self.ledger:
            old = line.counted_as(then[line.day]) if line.day in then else None
            new = line.counted_as(now[line.day]) if line.day in now else None
            if old != new:
                people.add(line.who)
        return len(people)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    return databases.migrated_sqlite(tmp_path_factory.mktemp("empty"))


@contextmanager
def team_of(number: int, template: Path, folder: Path) -> Iterator[Watched]:
    folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(databases.copy_sqlite(template, folder))
    try:
        with Session(engine, expire_on_commit=False) as session:
            session.add(Workspace(id=1, name="Acme", floor=5))
            start = at(MONDAY, 8)
            team = make_team(session, "product", "Product", start)
            team.zone = "UTC"
            keeper = make_person(session, "admin", start, team, role="admin", is_owner=True)
            keeper.prompts_on = False
            made = Watched(session, team, make_policy(session, team, start), folder / "outbox", start)
            for _ in range(number):
                made.join()
            yield made
    finally:
        engine.dispose()


answers = st.lists(st.sampled_from([*ANSWERS, "none", "undelivered"]), min_size=1, max_size=14)
steps = st.one_of(
    st.tuples(st.just("prompt"), answers),
    st.tuples(st.just("wait"), st.integers(1, 300)),
    st.tuples(st.just("night"), st.integers(8, 40)),
    st.tuples(st.just("join"), st.none()),
    st.tuples(st.sampled_from(["leave", "erase", "stop"]), st.integers(0, 20)),
    st.tuples(st.just("prune"), st.none()),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(number=st.integers(4, 13), script=st.lists(steps, min_size=4, max_size=16))
def test_an_admin_who_always_looks_learns_of_no_few_people(
    empty: Path,
    tmp_path_factory: pytest.TempPathFactory,
    number: int,
    script: list[tuple[str, object]],
) -> None:
    with team_of(number, empty, tmp_path_factory.mktemp("adversary")) as one:
        for what, value in script:
            play(one, what, value)
            one.look()


def play(one: Watched, what: str, value: object) -> None:
    if what == "prompt":
        assert isinstance(value, list)
        one.now += timedelta(minutes=1)  # no two prompts of a person at one instant
        one.prompt(value, one.now.minute)
        one.tick(35)
    elif what in ("wait", "night"):
        assert isinstance(value, int)
        one.tick(value if what == "wait" else value * 60)
    elif what == "join":
        one.join()
    elif what == "prune":
        retention.prune(one.session, one.now, timedelta(days=7))
    else:
        assert isinstance(value, int)
        one.leave(value, what)


def test_a_long_ordinary_time_shows_something(empty: Path, tmp_path: Path) -> None:
    """The test above would be content with a page that never shows a figure."""
    with team_of(8, empty, tmp_path) as one:
        for day in range(10):
            for _ in range(3):
                play(one, "prompt", ["done", "missed", "done", "skipped", "late", "done", "done", "missed"])
                one.look()
                play(one, "wait", 60)
                one.look()
            play(one, "erase" if day == 5 else "join" if day == 7 else "wait", 10)
            one.look()
            one.now = at(MONDAY + timedelta(days=day + 1), 9)
        assert one.shown > 10
        assert one.session.query(Prompt).count() > 60
