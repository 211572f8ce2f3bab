"""Publishing a team's figures: snapshots, and what nobody may learn from two of them."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daybreak.domain.floor import Floor, Shown, Withheld
from daybreak.services import participation
from daybreak.services.dashboard import board, first_break_at
from daybreak.services.participation import freeze_due, publish_due
from daybreak.store import participation as store
from daybreak.store.tables import Workspace
from tests.support.asked import MONDAY, House, ask, ask_fixture, at, make_people, percents
from tests.support.world import make_policy, make_team

FROZEN_AT = at(date(2026, 3, 10), 1)  # the week of MONDAY has closed in Lisbon


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


def test_moving_now_is_a_snapshot_in_fives(house: House) -> None:
    for person in house.people:
        ask(house.session, person, house.policy, MONDAY, 10, "done")
    now = at(MONDAY, 10, 6)
    publish_due(house.session, now)
    assert house.board(now).moving == 5
    house.workspace.floor = 6
    assert house.board(now).moving is None


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
