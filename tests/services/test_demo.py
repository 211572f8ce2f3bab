"""The demo: its history could have happened, is the same every time, and a break comes within a minute."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daybreak.domain.floor import Shown, Withheld
from daybreak.domain.participation import WEEKS, typical_reply_min
from daybreak.domain.time import DAY, MINUTE, local_date, zone_of
from daybreak.domain.window import windows_of
from daybreak.runtime import Runtime
from daybreak.services import dashboard, demo
from daybreak.services.demo import visitors
from daybreak.services.plan_inputs import inputs_for
from daybreak.services.planning import plan_day
from daybreak.store.tables import Attempt, BreakTaken, Delivery, Person, Policy, Prompt, Team
from tests.support.databases import copy_sqlite
from tests.support.runtimes import runtime_for
from tests.support.world import make_team

NOW = datetime(2026, 11, 27, 15, 20, 17, tzinfo=UTC)  # a Friday; the clocks have changed on two weekends
THANKSGIVING = date(2026, 11, 26)
MIN_GAP = 10 * MINUTE


def quietly(_line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def filled(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The whole demo as it stands at NOW; tests only read it."""
    folder = tmp_path_factory.mktemp("demo")
    with runtime_for(copy_sqlite(_sqlite_template, folder), folder / "home") as runtime:
        with runtime.writing() as session:
            demo.fill(session, runtime.cipher, NOW, quietly)
        with runtime.reading() as session:
            yield session


def prompts(session: Session) -> list[Prompt]:
    """All prompts in the order of time."""
    return list(session.scalars(select(Prompt).order_by(Prompt.person_id, Prompt.due_at)))


def test_it_is_a_believable_workspace(filled: Session) -> None:
    people = filled.scalars(select(Person)).all()
    zones = {person.zone or person.memberships[0].team.zone for person in people}
    assert filled.scalar(select(func.count(Team.id))) == 3
    assert 30 <= len(people) <= 40
    assert len(zones) >= 4
    assert len({policy.preset for policy in filled.scalars(select(Policy))}) >= 4
    assert all(person.email and person.email.endswith(".example") for person in people)
    assert demo.is_demo(filled)
    assert not demo.is_empty(filled)


def test_prompts_stand_where_hours_lunch_and_days_off_let_them(filled: Session) -> None:
    everyone = filled.scalars(select(Person)).all()
    inputs = inputs_for(filled, everyone, NOW)
    guests = {person.id for person in visitors.rows(filled)}
    for prompt in prompts(filled):
        person = inputs[prompt.person_id].person
        local = prompt.due_at.astimezone(zone_of(prompt.zone))
        assert (local.date(), local.time()) == (prompt.local_date, prompt.local_time)
        if prompt.person_id in guests and prompt.local_date.weekday() == NOW.weekday():
            continue  # their hours of today were another day's as well
        windows = windows_of(
            prompt.local_date, person.zone, person.week, person.quiet_blocks, person.days_off
        )
        assert any(w.start_at < prompt.due_at <= w.end_at - MIN_GAP for w in windows)
        assert not any(off.half is None and off.covers(prompt.local_date) for off in person.days_off)


def test_nobody_of_support_is_asked_on_a_holiday(filled: Session) -> None:
    support = filled.scalars(select(Team).where(Team.slug == "support")).one()
    days = Counter(p.local_date for p in prompts(filled) if p.team_id == support.id)
    assert days[THANKSGIVING] == 0
    assert days[THANKSGIVING - DAY] > 20


def test_no_two_prompts_are_nearer_than_they_may(filled: Session) -> None:
    for one, other in pairwise(prompts(filled)):
        if one.person_id == other.person_id:
            assert other.due_at - one.due_at >= MIN_GAP
            assert one.deadline_at <= other.due_at
    limits = {policy.id: policy.max_prompts_per_day for policy in filled.scalars(select(Policy))}
    a_day = Counter((p.person_id, p.policy_id, p.local_date) for p in prompts(filled))
    assert all(number <= limits[policy_id] for (_, policy_id, _), number in a_day.items())


def test_no_prompt_follows_a_break_too_soon(filled: Session) -> None:
    dues: dict[int, list[datetime]] = {}
    for prompt in prompts(filled):
        dues.setdefault(prompt.person_id, []).append(prompt.due_at)
    for taken in filled.scalars(select(BreakTaken)):
        assert taken.taken_at <= NOW
        soon = (taken.taken_at, taken.taken_at + MIN_GAP)
        assert not any(soon[0] < due_at < soon[1] for due_at in dues[taken.person_id])


def test_standings_are_what_the_clock_and_the_answers_say(filled: Session) -> None:
    for prompt in prompts(filled):
        sent_at, answered_at = prompt.first_sent_at, prompt.answered_at
        assert prompt.due_at + 2 * timedelta(seconds=1) <= NOW
        if prompt.standing in ("done", "skipped"):
            assert sent_at
            assert answered_at
            assert sent_at < answered_at <= prompt.deadline_at
        elif prompt.standing == "late":
            assert answered_at
            assert prompt.deadline_at < answered_at < prompt.day_ends_at
        elif prompt.standing == "missed":
            assert sent_at
            assert answered_at is None
            assert prompt.closed_at == prompt.deadline_at <= NOW
        elif prompt.standing == "undelivered":
            assert (sent_at, answered_at, prompt.pushed) == (None, None, False)
        else:
            assert prompt.standing == "open"
            assert prompt.deadline_at > NOW
        if answered_at:
            assert prompt.closed_at == answered_at <= NOW
    opened = Counter(p.person_id for p in prompts(filled) if p.standing == "open")
    assert opened
    assert set(opened.values()) == {1}


def test_each_prompt_done_is_a_break_taken_and_some_move_unasked(filled: Session) -> None:
    taken = {b.prompt_id: b.taken_at for b in filled.scalars(select(BreakTaken)) if b.prompt_id}
    moved = {p.id: p.answered_at for p in prompts(filled) if p.standing in ("done", "late")}
    assert taken == moved
    unasked = select(func.count(BreakTaken.id)).where(BreakTaken.prompt_id.is_(None))
    assert 50 < (filled.scalar(unasked) or 0) < len(moved) / 5


def test_the_delivery_log_belongs_to_the_prompts(filled: Session) -> None:
    by_id = {prompt.id: prompt for prompt in prompts(filled)}
    deliveries = filled.scalars(select(Delivery)).all()
    assert len(deliveries) > 100
    for one in deliveries:
        assert one.prompt_id
        assert one.key == f"prompt:{one.prompt_id}:1:email"
        assert (one.state, one.sent_at) == ("sent", by_id[one.prompt_id].first_sent_at)
    assert filled.scalar(select(func.count(Attempt.id))) == len(deliveries)


def test_people_answer_as_people_do(filled: Session) -> None:
    asked = [p for p in prompts(filled) if p.first_sent_at]
    first, last = asked_in(asked, 0, 14), asked_in(asked, 42, 63)
    assert 0.35 < share(first) < 0.5
    assert 0.55 < share(last) < 0.7
    assert share(p for p in asked if p.local_time.hour == 10) > share(
        p for p in asked if p.local_time.hour == 16
    )
    replies = [
        (p.answered_at - p.first_sent_at).total_seconds()
        for p in asked
        if p.standing == "done" and p.answered_at and p.first_sent_at
    ]
    assert typical_reply_min(replies) == 4
    assert {p.standing for p in asked} >= {"done", "late", "skipped", "missed"}


def asked_in(asked: list[Prompt], first: int, last: int) -> list[Prompt]:
    """Those of the days from `first` to `last`, counted from the earliest."""
    start = min(p.local_date for p in asked)
    return [p for p in asked if first <= (p.local_date - start).days < last]


def share(asked: Iterator[Prompt] | list[Prompt]) -> float:
    """How many of them were done on time, of 1."""
    standings = Counter(p.standing for p in asked)
    return standings["done"] / standings.total()


def test_the_pages_show_figures_and_what_the_floor_withholds(filled: Session) -> None:
    boards = {
        team.slug: dashboard.board(filled, team, dashboard.this_week(team, NOW), NOW)
        for team in filled.scalars(select(Team))
    }
    product, studio = boards["product"], boards["studio"]
    assert len(product.trend) == WEEKS
    assert all(isinstance(figure, Shown) for _, figure in product.trend)
    assert sum(isinstance(figure, Shown) for figure in product.by_hour.values()) >= 25
    assert any(isinstance(figure, Withheld) for figure in product.by_hour.values())
    assert all(isinstance(figure, Shown) for _, figure in product.by_policy)
    assert product.deliveries.any_sent
    assert studio.people == 4
    assert all(isinstance(figure, Withheld) for _, figure in studio.trend)
    assert all(isinstance(figure, Withheld) for figure in studio.by_hour.values())


def test_the_visitors_next_break_is_the_next_minute(filled: Session) -> None:
    for person in visitors.rows(filled):
        assert person.next_due_at == datetime(2026, 11, 27, 15, 21, tzinfo=UTC)
        zone = zone_of(person.zone or "")
        plan = plan_day(filled, person, local_date(NOW, zone), NOW)
        assert person.next_due_at in {one.due_at for one in plan.kept}


def test_a_small_demo_is_the_same_on_every_database(
    runtime: Runtime,
    _sqlite_template: Path,  # noqa: PT019 - copied for a second database
    tmp_path: Path,
) -> None:
    with runtime.writing() as session:
        demo.fill(session, runtime.cipher, NOW, quietly, weeks=1)
        made = digest(session)
    (tmp_path / "other").mkdir()
    url = copy_sqlite(_sqlite_template, tmp_path / "other")
    with runtime_for(url, tmp_path / "other") as other, other.writing() as session:
        aside = session.begin_nested()
        demo.fill(session, other.cipher, NOW, quietly, weeks=1)
        assert digest(session) == made
        aside.rollback()
        demo.fill(session, other.cipher, NOW, quietly, seed=8, weeks=1)
        assert digest(session) != made


def digest(session: Session) -> list[tuple[object, ...]]:
    """What happened to whom."""
    return [
        (p.person_id, p.due_at, p.standing, p.answered_at, p.deadline_at, p.movement_id)
        for p in prompts(session)
    ]


def test_a_workspace_that_is_there_is_left_alone(runtime: Runtime) -> None:
    with runtime.writing() as session:
        make_team(session, "product", "Product team", NOW)
        with pytest.raises(demo.NotEmptyError):
            demo.fill(session, runtime.cipher, NOW, quietly)
        assert session.scalar(select(func.count(Person.id))) == 0
        assert not demo.is_demo(session)


@pytest.fixture(scope="module")
def opened(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A demo without a past, whose visitors are moved about."""
    folder = tmp_path_factory.mktemp("opened")
    with (
        runtime_for(copy_sqlite(_sqlite_template, folder), folder / "home") as runtime,
        runtime.writing() as session,
    ):
        demo.fill(session, runtime.cipher, datetime(2026, 1, 1, 12, tzinfo=UTC), quietly, weeks=0)
        yield session


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(now=st.datetimes(datetime(2026, 1, 3), datetime(2029, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_whenever_it_starts_a_break_is_due_within_a_minute(opened: Session, now: datetime) -> None:
    persons = visitors.rows(opened)
    visitors.settle_zone(persons, now)
    due_at = demo.first_break(opened, now)
    assert due_at is not None
    assert timedelta(0) < due_at - now <= MINUTE + timedelta(seconds=1)
    assert all(person.next_due_at == due_at for person in persons)
    assert all(6 <= due_at.astimezone(zone_of(p.zone or "")).hour <= 15 for p in persons)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(now=st.datetimes(datetime(2026, 1, 3), datetime(2029, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_it_does_so_again_when_the_zone_is_no_longer_that_of_the_morning(
    opened: Session, now: datetime
) -> None:
    for person in visitors.rows(opened):
        person.zone = "Europe/Lisbon"
    assert demo.first_break(opened, now) is not None


def test_who_has_set_hours_of_their_own_keeps_them(opened: Session) -> None:
    maya, *others = visitors.rows(opened)
    maya.own_fields, maya.hours = ["hours"], {"mon": ["09:00-10:30"]}
    try:
        due_at = demo.first_break(opened, NOW)
        assert maya.hours == {"mon": ["09:00-10:30"]}
        assert maya.next_due_at != due_at
        assert all(other.next_due_at == due_at for other in others)
    finally:
        maya.own_fields = []
