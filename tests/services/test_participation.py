"""Publishing a team's figures: snapshots, frozen weeks, and what nobody may learn from two of them."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from daybreak.domain.floor import Floor, NothingDue, Shown, Withheld
from daybreak.services import participation
from daybreak.services.dashboard import Board, board, first_break_at
from daybreak.services.participation import freeze_due, publish_due
from daybreak.store import participation as store
from daybreak.store.engine import make_engine
from daybreak.store.tables import BreakTaken, Membership, Person, Policy, Prompt, Publication, Team, Workspace
from tests.support.asked import ask, ask_fixture, at, make_people
from tests.support.world import make_policy, make_team

MONDAY = date(2026, 3, 2)
FROZEN_AT = at(date(2026, 3, 10), 1)  # the week of MONDAY has closed in Lisbon


@dataclass
class House:
    """A team, its policy and its members in an open transaction."""

    session: Session
    workspace: Workspace
    team: Team
    policy: Policy
    people: list[Person]

    def board(self, now: datetime, monday: date = MONDAY) -> Board:
        """What the team's page shows."""
        self.session.flush()
        return board(self.session, self.team, monday, now)

    def published(self) -> dict[tuple[str, date], dict[str, Any]]:
        """What is stored, by period and start."""
        rows = self.session.scalars(select(Publication).where(Publication.team_id == self.team.id))
        return {(row.period, row.starts_on): row.figures for row in rows}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The database of this test, SQLite and PostgreSQL in turn."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def house(engine: Engine) -> Iterator[House]:
    """Six members, as in the fixture of the contract."""
    with Session(engine, expire_on_commit=False) as session:
        workspace = Workspace(id=1, name="Acme", floor=5)
        session.add(workspace)
        before = at(date(2026, 1, 1), 0)
        team = make_team(session, "product", "Product team", before)
        policy = make_policy(session, team, before)
        yield House(session, workspace, team, policy, make_people(session, team, 6, before))
        session.rollback()


def percents(value: object) -> list[int]:
    assert isinstance(value, Shown)
    return [rate.percent for rate in value.rates.values()]


def test_the_fixture_in_a_snapshot_and_frozen(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    now = at(MONDAY, 17)
    assert publish_due(house.session, now) == 1
    shown = house.board(now)
    assert percents(shown.week) == [55, 10, 15, 20]
    assert percents(shown.today) == [55, 10, 15, 20]
    assert isinstance(shown.week, Shown)
    assert shown.week.counts is None
    assert shown.typical_min == 4
    assert freeze_due(house.session, FROZEN_AT) == 1
    frozen = house.board(FROZEN_AT)
    assert frozen.is_frozen
    assert percents(frozen.week) == [55, 10, 15, 20]
    assert [(name, percents(part)) for name, part in frozen.by_policy] == [("Hourly reset", [55, 10, 15, 20])]
    assert "'counts': [" not in str(house.published()), "raw counts of six members are stored nowhere"


def test_what_is_not_eligible(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    for person in house.people:
        ask(house.session, person, house.policy, MONDAY, 18, "cancelled")
        never_sent = ask(house.session, person, house.policy, MONDAY, 20)
        never_sent.first_sent_at = None
    freeze_due(house.session, FROZEN_AT)
    assert percents(house.board(FROZEN_AT).week) == [55, 10, 15, 20]


def test_the_clock_says_missed_and_no_job_has_to(house: House) -> None:
    for person in house.people:
        ask(house.session, person, house.policy, MONDAY, 10, "open")
    assert publish_due(house.session, at(MONDAY, 10, 29)) == 0
    assert publish_due(house.session, at(MONDAY, 10, 32)) == 1
    assert percents(house.board(at(MONDAY, 10, 32)).week) == [10, 10, 10, 90]  # under, under, under, over


def test_an_answer_counts_once_it_cannot_be_undone(house: House) -> None:
    for person in house.people:
        ask(house.session, person, house.policy, MONDAY, 10, "done", after_min=1)
    assert publish_due(house.session, at(MONDAY, 10, 1) + timedelta(seconds=59)) == 0
    assert publish_due(house.session, at(MONDAY, 10, 2)) == 1


def test_at_most_once_an_hour_and_only_after_five_further_members(house: House) -> None:
    people = house.people
    for person in people[:4]:
        ask(house.session, person, house.policy, MONDAY, 9, "done")
    assert publish_due(house.session, at(MONDAY, 9, 10)) == 0
    assert isinstance(house.board(at(MONDAY, 9, 10)).week, Withheld)
    ask(house.session, people[4], house.policy, MONDAY, 9, "missed")
    assert publish_due(house.session, at(MONDAY, 9, 32)) == 1
    first = house.published()
    for person in people:
        ask(house.session, person, house.policy, MONDAY, 10, "done")
    assert publish_due(house.session, at(MONDAY, 10, 31)) == 0, "not within the hour"
    assert publish_due(house.session, at(MONDAY, 10, 33)) == 1
    second = house.published()
    assert second != first
    for person in people[:4]:
        ask(house.session, person, house.policy, MONDAY, 13, "missed")
    assert publish_due(house.session, at(MONDAY, 17)) == 0, "four are too few"
    assert house.published() == second


def test_a_late_answer_moves_nothing_until_five_further_members_have_closed(house: House) -> None:
    prompts = [ask(house.session, person, house.policy, MONDAY, 9, "missed") for person in house.people]
    publish_due(house.session, at(MONDAY, 9, 40))
    before = house.published()
    prompts[0].standing, prompts[0].closed_at = "late", at(MONDAY, 10)
    for person in house.people[:5]:
        ask(house.session, person, house.policy, MONDAY + timedelta(days=1), 9, "done")
    assert publish_due(house.session, at(MONDAY + timedelta(days=1), 9, 40)) == 1
    after = house.published()
    assert after["day", MONDAY] == before["day", MONDAY]
    assert percents(house.board(at(MONDAY + timedelta(days=1), 10)).week) == [45, 10, 10, 55]


def test_a_week_is_frozen_when_sunday_has_ended_everywhere_and_a_day_more(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    house.people[0].zone = "America/Los_Angeles"  # Sunday ends there at 07:00 UTC: the clocks have changed
    assert freeze_due(house.session, at(date(2026, 3, 10), 6, 59)) == 0
    assert freeze_due(house.session, at(date(2026, 3, 10), 7)) == 1
    assert freeze_due(house.session, at(date(2026, 3, 10), 7)) == 0


def test_a_frozen_week_never_changes(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    freeze_due(house.session, FROZEN_AT)
    before = house.published()
    for person in make_people(house.session, house.team, 9, FROZEN_AT, "new"):
        ask(house.session, person, house.policy, MONDAY, 15, "done")
    membership = house.session.scalars(select(Membership)).first()
    assert membership is not None
    membership.left_at = FROZEN_AT
    erased = house.people[0].id
    for row in house.session.scalars(select(BreakTaken).where(BreakTaken.person_id == erased)):
        house.session.delete(row)
    for prompt in house.session.scalars(select(Prompt).where(Prompt.person_id == erased)):
        prompt.standing = "missed"
    later = FROZEN_AT + timedelta(days=1)
    publish_due(house.session, later)
    freeze_due(house.session, later)
    assert house.published() == before
    assert percents(house.board(later).week) == [55, 10, 15, 20]


def test_raising_the_floor_hides_and_lowering_it_acts_on_later_weeks(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    house.workspace.floor = 7
    freeze_due(house.session, FROZEN_AT)
    house.workspace.floor = 5
    assert isinstance(house.board(FROZEN_AT).week, Withheld)
    ask_fixture(house.session, house.people, house.policy, MONDAY + timedelta(weeks=1))
    freeze_due(house.session, FROZEN_AT + timedelta(weeks=1))
    next_week = MONDAY + timedelta(weeks=1)
    assert percents(house.board(FROZEN_AT + timedelta(weeks=1), next_week).week) == [55, 10, 15, 20]
    house.workspace.floor = 7
    assert isinstance(house.board(FROZEN_AT + timedelta(weeks=1), next_week).week, Withheld)


def test_missed_weeks_are_frozen_one_by_one_and_an_empty_one_had_nothing_due(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    ask_fixture(house.session, house.people, house.policy, MONDAY + timedelta(weeks=2))
    now = FROZEN_AT + timedelta(weeks=2)
    assert freeze_due(house.session, now) == 3
    trend = dict(house.board(now, MONDAY + timedelta(weeks=2)).trend)
    assert isinstance(trend[MONDAY], Shown)
    assert trend[MONDAY + timedelta(weeks=1)] == NothingDue()


def test_week_53_and_the_turn_of_the_year(house: House) -> None:
    monday = date(2026, 12, 28)  # 2026-W53 ends on 3 January 2027
    for day in (date(2026, 12, 31), date(2027, 1, 1)):
        for person in house.people:
            ask(house.session, person, house.policy, day, 10, "done" if day.year == 2026 else "missed")
    assert freeze_due(house.session, at(date(2027, 1, 5), 0, 1)) == 1
    assert percents(house.board(at(date(2027, 1, 5), 1), monday).week) == [50, 10, 10, 50]


def test_a_small_policy_is_withheld_and_a_second_one_with_it(house: House) -> None:
    before = at(date(2026, 1, 1), 0)
    people = house.people + make_people(house.session, house.team, 6, before, "q")
    small = make_policy(house.session, house.team, before, name="Small")
    other = make_policy(house.session, house.team, before, name="Other")
    for policy, who in ((house.policy, people), (other, people[:7]), (small, people[:3])):
        for person in who:
            ask(house.session, person, policy, MONDAY, 10 + policy.id, "done")
            ask(house.session, person, policy, MONDAY, 14 + policy.id, "missed")
    freeze_due(house.session, FROZEN_AT)
    parts = dict(house.board(FROZEN_AT).by_policy)
    assert isinstance(parts["Hourly reset"], Shown)
    assert parts["Other"] == parts["Small"] == Withheld()


def test_a_cell_of_the_heat_map_pools_eight_weeks_by_everybodys_own_clock(house: House) -> None:
    house.people[0].zone = "Asia/Tokyo"
    for week in range(4):
        for number, person in enumerate(house.people):
            day = MONDAY + timedelta(weeks=week)
            zone = "Asia/Tokyo" if number == 0 else "Europe/Lisbon"
            ask(house.session, person, house.policy, day, 9, "done" if number < 3 else "missed", zone=zone)
            if week == 0:
                ask(house.session, person, house.policy, day + timedelta(days=2), 15, "done", zone=zone)
                ask(house.session, person, house.policy, day + timedelta(days=3), 15, "done", zone=zone)
    last = MONDAY + timedelta(weeks=3)
    now = FROZEN_AT + timedelta(weeks=3)
    freeze_due(house.session, now)
    cells = house.board(now, last).by_hour
    assert percents(cells[0, 9]) == [50, 10, 10, 50]
    assert cells[2, 15] == cells[3, 15] == Withheld(), "six prompts are too few"


def test_moving_now_is_a_snapshot_in_fives(house: House) -> None:
    for person in house.people:
        ask(house.session, person, house.policy, MONDAY, 10, "done")
    now = at(MONDAY, 10, 6)
    publish_due(house.session, now)
    assert house.board(now).moving == 5
    house.workspace.floor = 6
    assert house.board(now).moving is None


def test_the_tail_of_a_few_makes_a_frozen_week_coarse(house: House) -> None:
    people = house.people + make_people(house.session, house.team, 9, at(date(2026, 1, 1), 0), "q")
    for number, person in enumerate(people):
        ask(house.session, person, house.policy, MONDAY, 10, "done" if number < 8 else "missed")
    publish_due(house.session, at(MONDAY, 11))
    snapshot = house.board(at(MONDAY, 11)).week
    assert isinstance(snapshot, Shown)
    assert snapshot.counts == (8, 15)
    ask(house.session, people[0], house.policy, MONDAY, 16, "missed")
    freeze_due(house.session, FROZEN_AT)
    frozen = house.board(FROZEN_AT).week
    assert isinstance(frozen, Shown)
    assert frozen.counts is None, "8 of 15, then 8 of 16, would tell what one person did"
    assert percents(frozen)[0] % 5 == 0


@pytest.mark.parametrize("seed", range(5))
def test_two_publications_differ_by_five_people_or_not_at_all(house: House, seed: int) -> None:
    """A random week: those whose prompts count otherwise than in the publication before are k, or nobody."""
    chance = random.Random(seed)
    people = house.people + make_people(house.session, house.team, 4, at(date(2026, 1, 1), 0), "q")
    zones = ["Europe/Lisbon", "Asia/Tokyo", "America/New_York"]
    floor = Floor().k
    seen: dict[date, datetime] = {}
    published = 0
    for hours in range(24 * 4):
        now = at(MONDAY, 0) + timedelta(hours=hours, minutes=chance.randrange(60))
        for person in chance.sample(people, chance.randrange(7)):
            zone = zones[person.id % 3]
            day = now.astimezone(ZoneInfo(zone)).date()
            wall = now.astimezone(ZoneInfo(zone))
            standing = chance.choice(["done", "done", "late", "skipped", "missed", "undelivered"])
            ask(house.session, person, house.policy, day, wall.hour, standing, minute=wall.minute, zone=zone)
        before = house.published()
        told = publish_due(house.session, now)
        rows = store.publications(house.session, house.team.id, MONDAY - timedelta(7), MONDAY + timedelta(7))
        looks = participation.looks_of(rows)
        if not told:
            assert house.published() == before
            assert looks == seen
            continue
        published += 1
        for day, look_at in looks.items():
            if seen.get(day) != look_at:
                old = {day: seen[day]} if day in seen else {}
                assert store.people_changed(house.session, house.team.id, {day: look_at}, old) >= floor
            else:
                assert house.published()["day", day] == before["day", day]
        seen = looks
    assert published > 3, "the run must have published something to mean anything"


def test_a_team_sees_nothing_of_another(house: House) -> None:
    ask_fixture(house.session, house.people, house.policy, MONDAY)
    other = make_team(house.session, "other", "Other", at(date(2026, 1, 1), 0))
    publish_due(house.session, at(MONDAY, 17))
    freeze_due(house.session, FROZEN_AT)
    shown = board(house.session, other, MONDAY, at(MONDAY, 17))
    assert isinstance(shown.week, Withheld)
    assert shown.by_policy == ()
    assert shown.by_hour == {}


def test_the_first_break_of_a_team_that_was_never_prompted(house: House) -> None:
    assert first_break_at(house.session, house.team, at(MONDAY, 18)) == at(MONDAY + timedelta(days=1), 10)


def test_two_workers_at_once_publish_and_freeze_once(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(Workspace(id=1, name="Acme", floor=5))
        team = make_team(session, "product", "Product team", at(date(2026, 1, 1), 0))
        policy = make_policy(session, team, at(date(2026, 1, 1), 0))
        people = make_people(session, team, 6, at(date(2026, 1, 1), 0))
        ask_fixture(session, people, policy, MONDAY)

    def work(call: Callable[[Session, datetime], int], now: datetime) -> int:
        with Session(engine) as session, session.begin():
            return call(session, now)

    with ThreadPoolExecutor(2) as pool:
        for call, now in ((publish_due, at(MONDAY, 17)), (freeze_due, FROZEN_AT)):
            results = [pool.submit(work, call, now) for _ in range(2)]
            assert sorted(result.result(timeout=30) for result in results) == [0, 1]
