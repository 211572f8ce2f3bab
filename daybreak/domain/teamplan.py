"""The plan of a team, for its shared channels: the team's zone and hours, and no person's data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from daybreak.domain.occurrence import DayPlan, History, Occurrence, PersonInput, PolicyInput
from daybreak.domain.plan import day_plan, first_after
from daybreak.domain.rhythm import shared_channel_problems
from daybreak.domain.time import local_date
from daybreak.domain.working import QuietBlock, Week

NOBODY = 0  # the person of a team's draws: ids of persons start at 1


@dataclass(frozen=True, slots=True)
class TeamInput:
    """The team's side of its plan; quiet days and holidays come with the policy."""

    zone: ZoneInfo
    week: Week
    quiet_blocks: tuple[QuietBlock, ...] = ()


def team_plan(team: TeamInput, policy: PolicyInput, day: date) -> DayPlan:
    """The occurrences of a local date at which a policy posts to the team's shared channels.

    Each policy posts by itself: nothing is merged and nothing depends on what was posted. Of `policy`
    everything that is about a person is ignored; the ramp counts from the policy's start. Raises the first
    of `shared_channel_problems`.
    """
    for problem in shared_channel_problems(policy.rules):
        raise problem
    return day_plan(_as_person(team), [_for_all(team, policy)], day)


def next_team_occurrence(
    team: TeamInput, policies: Sequence[PolicyInput], after_at: datetime, horizon_days: int = 14
) -> Occurrence | None:
    """The first kept occurrence of the policies' team plans after an instant.

    Policies that cannot post are passed over; None if there is nothing within so many local dates.
    """
    found = [
        first_after(_as_person(team), [_for_all(team, policy)], after_at, History(), horizon_days)
        for policy in policies
        if not shared_channel_problems(policy.rules)
    ]
    return min((one for one in found if one), key=lambda one: one.due_at, default=None)


def _as_person(team: TeamInput) -> PersonInput:
    return PersonInput(NOBODY, team.zone, team.week, team.quiet_blocks)


def _for_all(team: TeamInput, policy: PolicyInput) -> PolicyInput:
    start = policy.rules.active_from or local_date(policy.created_at, team.zone)
    return replace(policy, joined_on=start, chosen=True, opted_in=True)
