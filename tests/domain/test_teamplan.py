"""The team plan: team hours alone, and only for policies with one moment for all."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.occurrence import PersonInput, PolicyInput
from daybreak.domain.plan import day_plan
from daybreak.domain.rhythm import PolicyRules, RampStep, Rhythm
from daybreak.domain.teamplan import TeamInput, next_team_occurrence, team_plan
from daybreak.domain.working import QuietBlock, Range, hours_of

TUESDAY = date(2026, 3, 10)
LISBON = ZoneInfo("Europe/Lisbon")
LUNCH = QuietBlock(frozenset(range(1, 8)), Range(time(12), time(13)))
TEAM = TeamInput(LISBON, hours_of(time(9), time(17)), (LUNCH,))
RULES = PolicyRules("Hourly", 60, 60, 120, 30, 8, ("slack:breaks",))
POLICY = PolicyInput(1, 1, datetime(2026, 3, 2, 9, tzinfo=UTC), RULES, joined_on=None)


def times(policy: PolicyInput, day: date = TUESDAY) -> list[str]:
    return [f"{one.local_time:%H:%M}" for one in team_plan(TEAM, policy, day).kept]


def test_it_is_what_a_member_with_the_teams_hours_gets() -> None:
    member = PersonInput(3, LISBON, TEAM.week, TEAM.quiet_blocks)
    own = day_plan(member, [replace(POLICY, joined_on=TUESDAY)], TUESDAY)
    assert [one.due_at for one in team_plan(TEAM, POLICY, TUESDAY).kept] == [one.due_at for one in own.kept]
    assert times(POLICY) == ["10:00", "11:00", "14:00", "15:00", "16:00"]


def test_what_is_about_a_person_is_ignored() -> None:
    opt_in = replace(POLICY, chosen=False, opted_in=False, rules=replace(RULES, opt_in=True))
    assert times(opt_in) == times(POLICY)


def test_quiet_days_holidays_and_limits_act() -> None:
    assert times(replace(POLICY, quiet_days=frozenset({TUESDAY}))) == []
    assert times(replace(POLICY, holidays={TUESDAY: "Liberty"})) == []
    assert times(replace(POLICY, rules=replace(RULES, max_prompts_per_day=2))) == ["10:00", "11:00"]


def test_the_ramp_counts_from_the_policys_start() -> None:
    ramp = replace(RULES, ramp=(RampStep(1, 120, 3), RampStep(2, 90, 5)))
    policy = replace(POLICY, rules=ramp, joined_on=date(2020, 1, 1))
    assert times(policy, date(2026, 3, 6)) == ["11:00", "15:00"]
    assert times(policy, date(2026, 3, 9)) == ["10:30", "14:30", "16:00"]
    later = replace(policy, rules=replace(ramp, active_from=TUESDAY))
    assert times(later) == ["11:00", "15:00"]


@pytest.mark.parametrize("change", [{"rhythm": Rhythm.PERSONAL}, {"spread": 5}])
def test_a_policy_without_one_moment_for_all_is_refused(change: dict[str, Rhythm | int]) -> None:
    policy = replace(POLICY, rules=replace(RULES, **change))  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError) as caught:
        team_plan(TEAM, policy, TUESDAY)
    assert [caught.value.field] == list(change)
    assert next_team_occurrence(TEAM, [policy], datetime(2026, 3, 10, tzinfo=UTC)) is None


def test_the_next_post_is_the_first_of_all_policies() -> None:
    often = replace(POLICY, policy_id=2, rules=replace(RULES, interval_min=45, interval_max=45))
    found = next_team_occurrence(TEAM, [POLICY, often], datetime(2026, 3, 10, 10, 15, tzinfo=UTC))
    assert found
    assert (found.policy_id, found.due_at) == (2, datetime(2026, 3, 10, 10, 30, tzinfo=UTC))
    assert next_team_occurrence(TEAM, [], datetime(2026, 3, 10, tzinfo=UTC)) is None
