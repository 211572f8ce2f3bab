"""Policies: from presets, checked as a whole, never overwritten silently."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import channels, planning, policies, policy_rules
from daybreak.services.plan_inputs import rules_of
from daybreak.store import policies as store
from daybreak.store.tables import AuditEntry
from tests.support.files import WEBHOOK
from tests.support.world import MONDAY_0900, make_world

PRESETS = [preset.id for preset in policy_rules.presets().presets]


@pytest.mark.parametrize("preset_id", PRESETS)
def test_a_policy_is_its_preset(runtime: Runtime, preset_id: str) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        made = policies.create(session, world.other_team, preset_id, world.alice.id, MONDAY_0900)
        session.expire_all()
        assert rules_of(made) == policy_rules.presets().get(preset_id).rules


def test_a_new_policy_moves_the_plans(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        made = policies.create(
            session, world.other_team, "hourly-walk", None, MONDAY_0900,
            name="Quick", overrides={"interval_min": 15}, channels=["web"], members=[world.charlie],
        )  # fmt: skip
        assert (made.interval_max, made.response_window, made.min_gap, made.for_all) == (15, 15, 10, False)

        def next_due_at() -> datetime | None:
            return world.charlie.next_due_at

        assert next_due_at() == MONDAY_0900 + timedelta(minutes=15)
        policies.update(session, made, None, {}, None, MONDAY_0900, members=[])
        assert next_due_at() is None
        policies.update(session, made, None, {}, None, MONDAY_0900, for_all=True)
        assert next_due_at() == MONDAY_0900 + timedelta(minutes=15)
        policies.archive(session, made, None, MONDAY_0900)
        assert next_due_at() is None
        assert store.policies(session, world.other_team.id) == []
        policies.archive(session, made, None, MONDAY_0900)
        actions = session.scalars(select(AuditEntry.action)).all()
        assert actions.count("policy.archived") == 1


def test_the_later_save_is_told_who_came_before(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        read = world.policy.version
        at = MONDAY_0900 + timedelta(hours=5, minutes=2)
        policies.update(session, world.policy, read, {"interval_min": 45}, world.alice.id, at)
        with pytest.raises(policies.ChangedMeanwhileError, match=r"Changed by Alice at 14:02\.") as caught:
            policies.update(session, world.policy, read, {"interval_min": 30}, world.bob.id, at)
        assert caught.value.changed_by is world.alice
        assert world.policy.interval_min == 45
        changed = policies.update(session, world.policy, read + 1, {"interval_min": 30}, world.bob.id, at)
        assert changed["interval_min"] == (45, 30)
        assert policies.update(session, world.policy, read + 2, {"interval_min": 30}, world.bob.id, at) == {}
        assert world.policy.version == read + 2


def test_every_field_that_is_wrong_is_told_at_once(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        overrides = {"snooze": 7, "movements": ["fly"], "response_window": 90}
        with pytest.raises(InvalidValueError) as caught:
            policies.create(
                session, world.team, "hourly-walk", None, MONDAY_0900,
                name="hourly RESET", overrides=overrides, channels=["slack:nowhere"],
            )  # fmt: skip
        fields = [p.field for p in caught.value.problems]
        assert sorted(fields) == ["channels", "movements", "name", "response_window", "snooze"]
        with pytest.raises(InvalidValueError) as caught:
            policies.create(session, world.team, "hourly", None, MONDAY_0900)
        assert caught.value.field == "preset"


def test_a_shared_channel_needs_one_moment_for_all(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        cipher = runtime.cipher
        channel = channels.add_slack(session, world.team, "breaks", WEBHOOK, cipher, (), None, MONDAY_0900)
        shared = {"channels": ["slack:breaks", "web"]}
        for field, value in (("rhythm", "personal"), ("spread", 5)):
            with pytest.raises(InvalidValueError, match="shared channel") as caught:
                policies.update(session, world.policy, None, {**shared, field: value}, None, MONDAY_0900)
            assert caught.value.field == field
        policies.update(session, world.policy, None, shared, None, MONDAY_0900)
        assert world.policy.shared_due_at == MONDAY_0900 + timedelta(hours=1)
        with pytest.raises(channels.ChannelInUseError):
            channels.remove(session, channel, None, MONDAY_0900)


def test_opting_in_is_ones_own_affair(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        made = policies.create(session, world.other_team, "twenty-and-one", None, MONDAY_0900)
        assert world.charlie.next_due_at is None
        before = len(session.scalars(select(AuditEntry)).all())
        policies.opt_in(session, made, world.charlie, True, MONDAY_0900)
        assert world.charlie.next_due_at == MONDAY_0900 + timedelta(minutes=20)
        policies.opt_in(session, made, world.charlie, False, MONDAY_0900)
        assert world.charlie.next_due_at is None
        assert len(session.scalars(select(AuditEntry)).all()) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(preset_id=st.sampled_from(PRESETS), intervals=st.lists(st.integers(5, 240), min_size=1, max_size=3))
def test_the_way_to_an_interval_does_not_matter(
    runtime: Runtime, preset_id: str, intervals: list[int]
) -> None:
    """Changed step by step or made at once: the same rules, since what is inherited follows."""
    with runtime.writing() as session:
        world = make_world(session)
        made = policies.create(session, world.other_team, preset_id, None, MONDAY_0900, name="P")
        for interval in intervals:
            both = {"interval_min": interval, "interval_max": interval}
            policies.update(session, made, None, both, None, MONDAY_0900)
        last = {"interval_min": intervals[-1], "interval_max": intervals[-1]}
        assert rules_of(made) == policy_rules.rules_from(preset_id, name="P", overrides=last)
        session.rollback()


def test_planning_reads_what_was_written(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        made = policies.create(session, world.other_team, "hourly-walk", None, MONDAY_0900)
        day = planning.plan_day(session, world.charlie, MONDAY_0900.date(), MONDAY_0900)
        assert [o.policy_id for o in day.kept] == [made.id] * 5
