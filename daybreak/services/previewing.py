"""What rules would mean: the next working day of a team, planned by the function that the worker uses."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain import plan
from daybreak.domain.occurrence import DayPlan, History, Occurrence, PersonInput, PolicyInput
from daybreak.domain.reason import Reason
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.time import DAY, instant, local_date, zone_of
from daybreak.domain.window import NOON
from daybreak.domain.working import Week
from daybreak.services.plan_inputs import inputs_for, rules_of, shared_policy, team_input
from daybreak.services.policy_rules import columns_of
from daybreak.store import policies as store
from daybreak.store.tables import Membership, Person, Policy, PolicyMember, Team
from daybreak.store.teams import workspace

NOBODY = 0  # the person of the draws: ids of persons start at 1
NEW = 2**31  # the policy of the draws while it has no id
PUSHES_READ = 8  # more messages than this a day are rarely read
CLOCK_CHANGE_DAYS = 7
LOOK_AHEAD = 14
LONG_AGO = timedelta(weeks=52)  # a neutral person has every ramp behind them
ASIDE = frozenset({Reason.MERGED, Reason.MIN_GAP})


@dataclass(frozen=True)
class ZoneRow:
    """The day of those who live in a zone; `people` is None where their number is under the floor."""

    zone: ZoneInfo
    people: int | None
    is_elsewhere: bool
    kept: tuple[Occurrence, ...]
    plan: DayPlan


@dataclass(frozen=True)
class Preview:
    """A day under some rules, for people with the team's own hours; nobody's own facts shape it.

    `free` are the working days passed over to find it, each with the name of its holiday or "". `changes` are
    clock changes to come, `overlaps` how many breaks meet those of another policy, by its name.
    """

    rules: PolicyRules
    day: date
    rows: tuple[ZoneRow, ...]
    free: tuple[tuple[date, str], ...]
    changes: tuple[tuple[ZoneInfo, date], ...]
    overlaps: tuple[tuple[str, int], ...]

    @property
    def breaks(self) -> int:
        """How many breaks a person gets that day, by the team's own clock."""
        return len(self.rows[0].kept)

    @property
    def seconds(self) -> int:
        """How long they are together."""
        return self.breaks * self.rules.break_seconds

    @property
    def messages(self) -> int:
        """How many of them are sent as a message; the others show on Today only."""
        is_sent = any(channel != "web" for channel in self.rules.channels)
        return sum(one.pushed for one in self.rows[0].kept) if is_sent else 0

    @property
    def is_much(self) -> bool:
        """Whether there are more messages than people read."""
        return self.messages > PUSHES_READ

    @property
    def is_drawn(self) -> bool:
        """Whether everybody's times differ a little, so that these are an example."""
        return self.rules.interval_max > self.rules.interval_min or self.rules.spread > 0


def preview(
    session: Session, team: Team, rules: PolicyRules, policy: Policy | None, now: datetime
) -> Preview:
    """Return what acceptable rules come to on the team's next working day; `policy` is the one edited."""
    zone = zone_of(team.zone)
    edited = _input(team, rules, policy, now)
    others = _others(session, team, policy, now)
    day, free = _next_working_day(team, edited, local_date(now, zone) + DAY)
    rows = tuple(
        _row(team, one, people, is_elsewhere, edited, others, day)
        for one, people, is_elsewhere in _zones(session, team, policy)
    )
    return Preview(
        rules=rules,
        day=day,
        rows=rows,
        free=free,
        changes=tuple(_clock_changes([row.zone for row in rows], local_date(now, zone))),
        overlaps=tuple(_overlaps(neutral(team, zone), edited, others, day)),
    )


def starts_at(session: Session, policy: Policy, now: datetime) -> datetime | None:
    """Return when a policy's next break is due by the team's clock, or None within two weeks."""
    team = session.get_one(Team, policy.team_id)
    edited = _input(team, rules_of(policy), policy, now)
    person = neutral(team, zone_of(team.zone))
    found = plan.next_occurrence(person, [edited], now, History(now_at=now), LOOK_AHEAD)
    return found.due_at if found else None


def neutral(team: Team, zone: ZoneInfo) -> PersonInput:
    """Return somebody with the team's hours who lives in a zone and has asked for nothing else."""
    side = team_input(team)
    return PersonInput(NOBODY, zone, side.week, side.quiet_blocks)


def week_ahead(session: Session, person: Person, now: datetime, days: int = 7) -> tuple[DayPlan, ...]:
    """Return the plans of a person's next local dates, today first."""
    today = local_date(now, inputs_for(session, [person], now)[person.id].person.zone)
    inputs = inputs_for(session, [person], now, days=(today - DAY, today + days * DAY))[person.id]
    return tuple(
        plan.day_plan(inputs.person, inputs.policies, today + n * DAY, inputs.history) for n in range(days)
    )


def _input(team: Team, rules: PolicyRules, policy: Policy | None, now: datetime) -> PolicyInput:
    """Rules as they stand for somebody who has long been in the team."""
    today = local_date(now, zone_of(team.zone))
    row = policy or Policy(id=NEW, team_id=team.id, created_at=now, changed_at=now, **columns_of(rules))
    stored = shared_policy(row, team, today)
    return replace(stored, rules=rules, joined_on=today - LONG_AGO, in_force_from_at=None)


def _others(session: Session, team: Team, policy: Policy | None, now: datetime) -> list[PolicyInput]:
    """The team's other policies that everybody has."""
    rows = store.policies(session, team.id)
    everybodys = [p for p in rows if p.for_all and not p.opt_in and (policy is None or p.id != policy.id)]
    return [_input(team, rules_of(one), one, now) for one in everybodys]


def _next_working_day(
    team: Team, edited: PolicyInput, first: date
) -> tuple[date, tuple[tuple[date, str], ...]]:
    week, free = Week.parse(team.hours), []
    for n in range(LOOK_AHEAD):
        day = first + n * DAY
        if not week.days[day.weekday()]:
            continue
        if day in edited.quiet_days or day in edited.holidays:
            free.append((day, edited.holidays.get(day, "")))
            continue
        return day, tuple(free)
    return first, tuple(free)


def _zones(session: Session, team: Team, policy: Policy | None) -> list[tuple[ZoneInfo, int | None, bool]]:
    """The team's own zone first, then those of enough people; everybody else lives "elsewhere"."""
    counts = Counter(_zone_keys(session, team, policy))
    settings = workspace(session)
    floor = settings.floor if settings else 5
    home = counts.pop(team.zone, 0)
    shown: list[tuple[ZoneInfo, int | None, bool]] = [
        (zone_of(team.zone), home if home >= floor else None, False)
    ]
    large = sorted((key for key, n in counts.items() if n >= floor), key=lambda key: (-counts[key], key))
    shown += [(zone_of(key), counts[key], False) for key in large]
    rest = sum(n for key, n in counts.items() if key not in large)
    if rest:
        shown.append((zone_of(team.zone), rest if rest >= floor else None, True))
    return shown


def _zone_keys(session: Session, team: Team, policy: Policy | None) -> list[str]:
    """The zone of each person the policy is for: their own, else that of the first team joined."""
    joined = (Membership.joined_at.is_not(None), Membership.left_at.is_(None))
    persons = select(Membership.person_id).where(Membership.team_id == team.id, *joined)
    if policy is not None and not policy.for_all:
        of_policy = PolicyMember.policy_id == policy.id
        chosen = select(PolicyMember.person_id).where(of_policy, PolicyMember.chosen)
        persons = persons.where(Membership.person_id.in_(chosen))
    rows = (
        select(Person.id, Person.zone, Team.zone)
        .join(Membership, Membership.person_id == Person.id)
        .join(Team, Team.id == Membership.team_id)
        .where(Person.id.in_(persons), *joined)
        .order_by(Membership.joined_at.desc(), Membership.id.desc())
    )
    return list({person_id: own or home for person_id, own, home in session.execute(rows)}.values())


def _row(
    team: Team,
    zone: ZoneInfo,
    people: int | None,
    is_elsewhere: bool,
    edited: PolicyInput,
    others: Sequence[PolicyInput],
    day: date,
) -> ZoneRow:
    planned = plan.day_plan(neutral(team, zone), [edited, *others], day)
    kept = tuple(one for one in planned.kept if one.policy_id == edited.policy_id)
    return ZoneRow(zone, people, is_elsewhere, kept, planned)


def _clock_changes(zones: Sequence[ZoneInfo], today: date) -> list[tuple[ZoneInfo, date]]:
    """The first date in each zone whose noon has another offset than the noon before."""
    found = []
    for zone in dict.fromkeys(zones):
        for n in range(1, CLOCK_CHANGE_DAYS + 1):
            before, after = (instant(today + k * DAY, NOON, zone).astimezone(zone) for k in (n - 1, n))
            if before.utcoffset() != after.utcoffset():
                found.append((zone, today + n * DAY))
                break
    return found


def _overlaps(
    person: PersonInput, edited: PolicyInput, others: Sequence[PolicyInput], day: date
) -> list[tuple[str, int]]:
    """How many breaks of that day make way for another, by the name of the other policy."""
    found = []
    for other in others:
        alone = [len(plan.day_plan(person, [one], day).kept) for one in (edited, other)]
        both = plan.day_plan(person, [edited, other], day)
        aside = [one for one in both.dropped if one.reason in ASIDE]
        if aside and len(both.kept) < sum(alone):
            found.append((other.rules.name, len(aside)))
    return found
