"""Weeks that have closed: all cuts of them, stored for good."""

from datetime import date, timedelta

from sqlalchemy import select

from daybreak.domain.floor import NothingDue, Shown, Withheld
from daybreak.services.participation import freeze_due, publish_due
from daybreak.store.tables import BreakTaken, Membership, Prompt
from tests.support.asked import MONDAY, House, ask, ask_fixture, at, make_people, percents
from tests.support.world import make_policy

FROZEN_AT = at(date(2026, 3, 10), 1)  # the week of MONDAY has closed in Lisbon


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


def test_the_tail_of_a_few_stays_out_of_a_frozen_week(house: House) -> None:
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
    assert frozen == snapshot, "8 of 15, then 8 of 16, would tell what one person did"
