"""Plans of stored persons and teams, and `next_due_at`, kept right in the transaction of a change."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain import plan
from daybreak.domain.occurrence import DayPlan, Occurrence
from daybreak.domain.teamplan import team_plan
from daybreak.domain.time import DAY, local_date
from daybreak.services.plan_inputs import HORIZON_DAYS, PlanInputs, inputs_for, shared_policy, team_input
from daybreak.store.planning import last_shared_post_at
from daybreak.store.tables import Membership, Person, Policy, Team

LOOK_BACK = timedelta(minutes=5)  # the longest expiry: what is unsent and older is lost anyway
BATCH = 500


def plan_day(session: Session, person: Person, day: date, now: datetime) -> DayPlan:
    """Return the plan of a person's local date, kept and dropped occurrences alike."""
    inputs = inputs_for(session, [person], now, days=(day - DAY, day))[person.id]
    return plan.day_plan(inputs.person, inputs.policies, day, inputs.history)


def next_for(session: Session, person: Person, now: datetime) -> Occurrence | None:
    """Return the next occurrence of a person that is still to be sent, within two weeks."""
    return _next(inputs_for(session, [person], now)[person.id], now)


def replan(session: Session, persons: Iterable[Person], now: datetime) -> None:
    """Set `next_due_at` of persons from their present facts; call it in the transaction of the change."""
    everyone = list(persons)
    session.flush()
    for start in range(0, len(everyone), BATCH):
        batch = everyone[start : start + BATCH]
        inputs = inputs_for(session, batch, now)
        for person in batch:
            occurrence = _next(inputs[person.id], now)
            person.next_due_at = occurrence.due_at if occurrence else None
    session.flush()


def replan_team(session: Session, team_id: int, now: datetime) -> None:
    """Re-plan all members of a team and its shared posts, after a change of its policies, hours or days."""
    session.flush()
    members = select(Person).join(Membership).where(
        Membership.team_id == team_id, Membership.left_at.is_(None)
    )
    replan(session, session.scalars(members).unique(), now)
    for policy in session.scalars(select(Policy).where(Policy.team_id == team_id)):
        replan_shared(session, policy, now)


def replan_shared(session: Session, policy: Policy, now: datetime) -> None:
    """Set `shared_due_at`, the next instant at which the policy posts to its shared channels."""
    after_at = max(now - LOOK_BACK, last_shared_post_at(session, policy.id) or now - LOOK_BACK)
    policy.shared_due_at = _next_shared_at(session, policy, after_at)
    session.flush()


def team_day(session: Session, policy: Policy, day: date) -> DayPlan:
    """Return the team plan of a date in the team's zone, which shared channels follow."""
    team = session.get_one(Team, policy.team_id)
    return team_plan(team_input(team), shared_policy(policy, team, day), day)


def _next(inputs: PlanInputs, now: datetime) -> Occurrence | None:
    """The next occurrence that is still to be sent, one that has just come due included."""
    since_at = now - LOOK_BACK
    return plan.next_occurrence(inputs.person, inputs.policies, since_at, inputs.history, HORIZON_DAYS)


def _next_shared_at(session: Session, policy: Policy, after_at: datetime) -> datetime | None:
    if policy.archived_at is not None or not any(name.startswith("slack:") for name in policy.channels):
        return None
    team = session.get_one(Team, policy.team_id)
    team_side = team_input(team)
    first = local_date(after_at, team_side.zone) - DAY  # overnight windows belong to the date before
    for offset in range(HORIZON_DAYS + 1):
        day = first + offset * DAY
        for occurrence in team_plan(team_side, shared_policy(policy, team, day), day).kept:
            if occurrence.due_at > after_at and occurrence.pushed:
                return occurrence.due_at
    return None
