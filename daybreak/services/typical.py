"""What a rhythm comes to: a working day of a team by the plan itself, for cards and invitations."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daybreak.domain.occurrence import PersonInput, PolicyInput
from daybreak.domain.plan import day_plan
from daybreak.domain.preset import Preset
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.teamplan import NOBODY
from daybreak.domain.time import DAY, local_date
from daybreak.domain.working import Week
from daybreak.services.plan_inputs import rules_of, team_input
from daybreak.services.policy_rules import presets
from daybreak.store.tables import Policy, Team

A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class TypicalDay:
    """So many breaks on a working day, of which so many leave Daybreak as messages."""

    breaks: int
    pushed: int
    seconds: int  # all breaks together

    @property
    def minutes(self) -> int:
        """All breaks together in whole minutes, at least one where there is a break."""
        return max(1, round(self.seconds / 60)) if self.breaks else 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """A rhythm week by week: one entry, or one for each week of its ramp; the last one stays."""

    weeks: tuple[TypicalDay, ...]

    @property
    def first(self) -> TypicalDay:
        """The first week's working day."""
        return self.weeks[0]

    @property
    def settled(self) -> TypicalDay:
        """The working day that it comes to in the end."""
        return self.weeks[-1]


def of_presets(team: Team, now: datetime) -> list[tuple[Preset, Outlook]]:
    """Return every preset with what it would come to in this team, in the order of the file."""
    return [(preset, outlook(team, preset.rules, now)) for preset in presets().presets]


def of_policy(team: Team, policy: Policy, now: datetime) -> Outlook:
    """Return what a stored policy comes to on a working day of its team."""
    return outlook(team, rules_of(policy), now)


def outlook(team: Team, rules: PolicyRules, now: datetime) -> Outlook:
    """Return what rules come to on the team's longest coming working day; nobody's data shapes it."""
    side = team_input(team)
    nobody = PersonInput(NOBODY, side.zone, side.week, side.quiet_blocks)
    day = _working_day(side.week, local_date(now, side.zone) + DAY)
    weeks = max((step.week for step in rules.ramp), default=1)
    found = []
    for week in range(1, weeks + 1):
        policy = PolicyInput(
            policy_id=0,
            team_id=team.id,
            created_at=team.created_at,
            rules=rules,
            joined_on=day - (week - 1) * A_WEEK,
        )
        kept = day_plan(nobody, [policy], day).kept
        pushed = sum(one.pushed for one in kept)
        found.append(TypicalDay(len(kept), pushed, len(kept) * rules.break_seconds))
    return Outlook(tuple(found))


def _working_day(week: Week, first: date) -> date:
    """The date among the next seven with the most working time, the earliest of equals."""
    days = [first + offset * DAY for offset in range(7)]
    return max(days, key=lambda day: (_minutes(week, day), -day.toordinal()))


def _minutes(week: Week, day: date) -> int:
    return sum(end - start for start, end in (one.minutes for one in week.days[day.weekday()]))
