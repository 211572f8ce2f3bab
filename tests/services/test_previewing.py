"""What rules would mean is what people get: the preview against the plans of real persons."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.time import DAY, zone_of
from daybreak.runtime import Runtime
from daybreak.services import planning, policies, policy_rules
from daybreak.services.plan_inputs import rules_of
from daybreak.services.previewing import neutral, preview, starts_at, week_ahead
from daybreak.store.tables import Person, Policy, Team
from tests.support.world import MONDAY_0900, World, make_person, make_policy, make_world

LONG_AGO = MONDAY_0900 - timedelta(days=200)


@pytest.fixture
def world(runtime: Runtime) -> World:
    with runtime.writing() as session:
        return make_world(session, LONG_AGO)


def people(session: Session, team: Team, n: int, zone: str | None) -> list[Person]:
    """Some who have joined and live in a zone."""
    made = [make_person(session, f"{zone}-{k}".lower().replace("/", "-"), LONG_AGO, team) for k in range(n)]
    for person in made:
        person.zone = zone
    session.flush()
    return made


rules = st.builds(
    lambda interval, tail, gap, most, push, rhythm, week: {
        "interval_min": interval,
        "interval_max": interval,
        "tail_guard": tail,
        "min_gap": min(gap, max(5, interval // 2)),
        "response_window": min(30, interval),
        "max_prompts_per_day": most,
        "push_every": push,
        "rhythm": rhythm,
        "ramp": [{"week": week, "interval": max(5, interval // 2), "max_prompts_per_day": most}],
    },
    st.integers(5, 240),
    st.integers(0, 120),
    st.integers(1, 60),
    st.integers(1, 20),
    st.integers(0, 4),
    st.sampled_from(["together", "personal"]),
    st.integers(1, 3),
)
# Around the changes of the clock in Lisbon and New York, and on ordinary days.
moments = st.sampled_from(["2026-03-06", "2026-03-27", "2026-10-23", "2026-10-30", "2026-06-10"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=rules, moment=moments, with_other=st.booleans(), overnight=st.booleans())
def test_the_preview_is_the_plan_of_everybody_with_the_teams_hours(
    runtime: Runtime,
    world: World,
    changes: dict[str, object],
    moment: str,
    with_other: bool,
    overnight: bool,
) -> None:
    now = datetime.fromisoformat(f"{moment}T12:00").replace(tzinfo=UTC)
    with runtime.writing() as session:
        team, policy = session.get_one(Team, world.team.id), session.get_one(Policy, world.policy.id)
        if overnight:
            team.hours = {day: ["22:00-04:00"] for day in ("mon", "tue", "wed", "thu", "sat")}
        if with_other:
            make_policy(session, team, LONG_AGO, name="Squeeze", interval_min=50, interval_max=50, min_gap=7)
        here, *_rest = people(session, team, 5, None)
        there, *_rest = people(session, team, 5, "America/New_York")
        edited = policy_rules.changed_rules(policy, changes, policy.preset)
        made = preview(session, team, edited, policy, now)
        policies.update(session, policy, None, changes, None, now)
        assert [row.zone.key for row in made.rows] == ["Europe/Lisbon", "America/New_York"]
        for row, person in zip(made.rows, (here, there), strict=True):
            planned = planning.plan_day(session, person, made.day, now)
            mine = [one for one in planned.kept if one.policy_id == policy.id]
            assert [(one.due_at, one.pushed) for one in row.kept] == [(m.due_at, m.pushed) for m in mine]
        session.rollback()


def made(session: Session, world: World, **changes: object) -> tuple[object, ...]:
    """The preview of changed rules, as (day, breaks, minutes, messages)."""
    policy = session.get_one(Policy, world.policy.id)
    edited = policy_rules.changed_rules(policy, changes, policy.preset)
    found = preview(session, session.get_one(Team, world.team.id), edited, policy, MONDAY_0900)
    return found.day, found.breaks, found.seconds // 60, found.messages


def test_the_sum_of_a_day(runtime: Runtime, world: World) -> None:
    tomorrow = date(2026, 3, 3)
    with runtime.reading() as session:
        assert made(session, world) == (tomorrow, 5, 10, 5)
        assert made(session, world, push_every=2) == (tomorrow, 5, 10, 2)
        assert made(session, world, channels=["web"]) == (tomorrow, 5, 10, 0)
        assert made(session, world, interval_min=20, max_prompts_per_day=20) == (tomorrow, 19, 38, 19)


def test_a_free_day_is_passed_over_and_said(runtime: Runtime, world: World) -> None:
    friday = datetime(2026, 4, 2, 9, tzinfo=UTC)  # Good Friday follows, then Easter
    with runtime.writing() as session:
        team, policy = session.get_one(Team, world.team.id), session.get_one(Policy, world.policy.id)
        team.country, team.quiet_days = "PT", ["2026-04-06"]
        found = preview(session, team, rules_of(policy), policy, friday)
    assert found.day == date(2026, 4, 7)
    assert [day for day, _name in found.free] == [date(2026, 4, 3), date(2026, 4, 6)]
    assert found.free[0][1]
    assert found.free[1][1] == ""


def test_few_people_are_joined_to_elsewhere(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        team, policy = session.get_one(Team, world.team.id), session.get_one(Policy, world.policy.id)
        people(session, team, 4, "Asia/Tokyo")
        few = preview(session, team, rules_of(policy), policy, MONDAY_0900)
        people(session, team, 5, "America/Sao_Paulo")
        people(session, team, 1, "Asia/Seoul")
        people(session, team, 3, None)
        many = preview(session, team, rules_of(policy), policy, MONDAY_0900)
    assert [(r.zone.key, r.people, r.is_elsewhere) for r in few.rows] == [
        ("Europe/Lisbon", None, False),
        ("Europe/Lisbon", None, True),
    ]
    assert [(r.zone.key, r.people, r.is_elsewhere) for r in many.rows] == [
        ("Europe/Lisbon", 5, False),
        ("America/Sao_Paulo", 5, False),
        ("Europe/Lisbon", 5, True),
    ]


def test_what_to_think_about(runtime: Runtime, world: World) -> None:
    before_dst = datetime(2026, 3, 26, 9, tzinfo=UTC)
    with runtime.writing() as session:
        team, policy = session.get_one(Team, world.team.id), session.get_one(Policy, world.policy.id)
        make_policy(session, team, LONG_AGO, name="Long walk", break_seconds=600)
        found = preview(session, team, replace(rules_of(policy), interval_min=30), policy, before_dst)
        calm = preview(session, team, rules_of(policy), policy, MONDAY_0900)
    assert found.overlaps[0][0] == "Long walk"
    assert found.changes == ((zone_of("Europe/Lisbon"), date(2026, 3, 29)),)
    assert calm.changes == ()


def test_a_policy_to_be_is_previewed_too(runtime: Runtime, world: World) -> None:
    with runtime.reading() as session:
        team = session.get_one(Team, world.other_team.id)
        for preset in policy_rules.presets().presets:
            found = preview(session, team, preset.rules, None, MONDAY_0900)
            low, high = preset.day_0900_1700_range
            if not preset.rules.ramp:
                assert low <= found.breaks <= high, preset.id
        much: PolicyRules = policy_rules.rules_from("half-hour-reset", overrides={"max_prompts_per_day": 20})
        assert preview(session, team, replace(much, push_every=1), None, MONDAY_0900).is_much


def test_saving_starts_at_the_next_break(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        policy = session.get_one(Policy, world.policy.id)
        at_1230 = MONDAY_0900 + timedelta(hours=3, minutes=30)
        assert starts_at(session, policy, at_1230) == MONDAY_0900 + timedelta(hours=5)
        policy.active_from = date(2027, 1, 1)
        assert starts_at(session, policy, at_1230) is None


def test_the_week_ahead_is_the_plan_of_each_day(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        bob = session.get_one(Person, world.bob.id)
        bob.zone, bob.every_nth = "Asia/Tokyo", 2
        week = week_ahead(session, bob, MONDAY_0900)
        assert [one.local_date for one in week] == [date(2026, 3, 2) + n * DAY for n in range(7)]
        for one in week:
            assert one.kept == planning.plan_day(session, bob, one.local_date, MONDAY_0900).kept


def test_a_neutral_person_has_asked_for_nothing(runtime: Runtime, world: World) -> None:
    with runtime.reading() as session:
        somebody = neutral(session.get_one(Team, world.team.id), zone_of("Asia/Tokyo"))
    assert (somebody.every_nth, somebody.pauses, somebody.days_off, somebody.prompts_on) == (1, (), (), True)
