"""From rows to the inputs of the pure plan: the one place where stored facts become plan facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.calendars import public_holidays
from daybreak.domain.occurrence import History, PersonInput, PolicyInput, SentPrompt, Span
from daybreak.domain.reason import Reason
from daybreak.domain.rhythm import MovementFilter, PolicyRules, RampStep, Rhythm
from daybreak.domain.teamplan import TeamInput
from daybreak.domain.time import DAY, local_date, zone_of
from daybreak.domain.working import DayOff, Half, QuietBlock, Week
from daybreak.store.planning import PlanRows, plan_rows
from daybreak.store.tables import Membership, Person, Policy, Prompt, Team

HORIZON_DAYS = 14


@dataclass(frozen=True)
class PlanInputs:
    """All that a person's plan depends on, ready for `domain.plan`."""

    person: PersonInput
    policies: tuple[PolicyInput, ...]
    history: History


def inputs_for(
    session: Session, persons: Sequence[Person], now: datetime, days: tuple[date, date] | None = None
) -> Mapping[int, PlanInputs]:
    """Return the inputs of several persons' plans by person id; `days` are the local dates looked back on."""
    first, last = days or (now.date() - 2 * DAY, now.date() + DAY)
    since_at = datetime.combine(first - DAY, time.min, UTC)
    rows = plan_rows(session, [p.id for p in persons], first - DAY, last + DAY, since_at)
    return {person.id: _inputs(person, rows, now, first) for person in persons}


def _inputs(person: Person, rows: PlanRows, now: datetime, day: date) -> PlanInputs:
    pairs = rows.memberships[person.id]
    home = pairs[0][1] if pairs else None
    zone = zone_of(person.zone or (home.zone if home else "UTC"))
    policies = tuple(
        _policy_input(policy, membership, team, person, zone, rows, day)
        for membership, team in pairs
        for policy in rows.policies[team.id]
    )
    history = History(
        sent=tuple(sent_prompt(prompt) for prompt in rows.prompts[person.id]),
        breaks=tuple(rows.breaks[person.id]),
        now_at=now,
    )
    return PlanInputs(_person_input(person, home, zone, rows), policies, history)


def _person_input(person: Person, home: Team | None, zone: ZoneInfo, rows: PlanRows) -> PersonInput:
    hours = person.hours if person.hours is not None else (home.hours if home else {})
    blocks = person.quiet_blocks if person.quiet_blocks is not None else (home.quiet_blocks if home else [])
    pauses = (Span(person.paused_from_at, person.paused_until_at),) if person.paused_from_at else ()
    return PersonInput(
        person_id=person.id,
        zone=zone,
        week=Week.parse(hours),
        quiet_blocks=tuple(QuietBlock.parse(block) for block in blocks),
        days_off=tuple(
            DayOff(off.first_date, off.last_date, Half(off.half) if off.half else None)
            for off in rows.days_off[person.id]
        ),
        pauses=pauses,
        busy=tuple(Span(one.start_at, one.end_at) for one in rows.busy[person.id]),
        prompts_on=person.prompts_on,
        every_nth=person.every_nth,
        max_prompts_per_day=person.max_prompts_per_day,
    )


def _policy_input(
    policy: Policy,
    membership: Membership,
    team: Team,
    person: Person,
    zone: ZoneInfo,
    rows: PlanRows,
    day: date,
) -> PolicyInput:
    choice = rows.choices.get((policy.id, person.id))
    joined_at = membership.joined_at
    starts = [policy.changed_at, joined_at, person.prompts_changed_at]
    return PolicyInput(
        policy_id=policy.id,
        team_id=team.id,
        created_at=policy.created_at,
        rules=rules_of(policy),
        joined_on=local_date(joined_at, zone) if joined_at else None,
        chosen=policy.for_all or (choice is not None and choice.chosen),
        opted_in=choice is not None and choice.opted_in_at is not None,
        in_force_from_at=max(at for at in starts if at is not None),
        quiet_days=_quiet_days(team),
        holidays=_holidays(team, day),
    )


def rules_of(policy: Policy) -> PolicyRules:
    """Return a stored policy's rules as the domain knows them."""
    return PolicyRules(
        name=policy.name,
        interval_min=policy.interval_min,
        interval_max=policy.interval_max,
        break_seconds=policy.break_seconds,
        response_window=policy.response_window,
        max_prompts_per_day=policy.max_prompts_per_day,
        channels=tuple(policy.channels),
        rhythm=Rhythm(policy.rhythm),
        tail_guard=policy.tail_guard,
        min_gap=policy.min_gap,
        spread=policy.spread,
        push_every=policy.push_every,
        backoff_after_ignored=policy.backoff_after_ignored,
        snooze=policy.snooze,
        max_snoozes=policy.max_snoozes,
        allow_skip=policy.allow_skip,
        opt_in=policy.opt_in,
        ramp=tuple(RampStep(s["week"], s["interval"], s["max_prompts_per_day"]) for s in policy.ramp),
        movement_filter=_filter(policy.movement_filter),
        movements=tuple(policy.movements),
        active_from=policy.active_from,
        active_until=policy.active_until,
    )


def _filter(stored: Mapping[str, object]) -> MovementFilter:
    places, difficulty = stored["places"], stored["max_difficulty"]
    assert isinstance(places, list)  # noqa: S101 - written by services.policies
    assert isinstance(difficulty, int)  # noqa: S101
    return MovementFilter(tuple(places), difficulty, bool(stored["discreet_only"]))


def sent_prompt(prompt: Prompt) -> SentPrompt:
    """Return a stored prompt as the plan knows it."""
    return SentPrompt(
        policy_id=prompt.policy_id,
        local_date=prompt.local_date,
        local_time=prompt.local_time,
        fold=prompt.fold,
        due_at=prompt.due_at,
        standing=prompt.standing,
        pushed=prompt.pushed,
        snoozed_until_at=prompt.snoozed_until_at,
        team_id=prompt.team_id,
        window_start_at=prompt.window_start_at,
        window_end_at=prompt.window_end_at,
        lost=prompt.reason == Reason.OUTAGE,
    )


def team_input(team: Team) -> TeamInput:
    """Return a team's side of its plan: its zone, hours and quiet blocks, and nobody's data."""
    return TeamInput(
        zone=zone_of(team.zone),
        week=Week.parse(team.hours),
        quiet_blocks=tuple(QuietBlock.parse(block) for block in team.quiet_blocks),
    )


def shared_policy(policy: Policy, team: Team, day: date) -> PolicyInput:
    """Return a policy as it stands for the team itself, its ramp counted from the policy's start."""
    return PolicyInput(
        policy_id=policy.id,
        team_id=team.id,
        created_at=policy.created_at,
        rules=rules_of(policy),
        joined_on=local_date(policy.created_at, zone_of(team.zone)),
        in_force_from_at=policy.changed_at,
        quiet_days=_quiet_days(team),
        holidays=_holidays(team, day),
    )


def _quiet_days(team: Team) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in team.quiet_days)


def _holidays(team: Team, day: date) -> Mapping[date, str]:
    years = {day.year, (day + (HORIZON_DAYS + 3) * DAY).year}
    return {d: name for y in years for d, name in public_holidays(team.country, team.subdivision, y).items()}
