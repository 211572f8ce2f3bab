"""What a plan is made from, read for many persons at once in a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daybreak.store.tables import (
    BreakTaken,
    BusyInterval,
    DayOff,
    Delivery,
    Membership,
    Policy,
    PolicyMember,
    Prompt,
    Team,
)


@dataclass
class PlanRows:
    """The rows behind the plans of some persons, by person id (policies by team id)."""

    memberships: dict[int, list[tuple[Membership, Team]]] = field(default_factory=lambda: defaultdict(list))
    policies: dict[int, list[Policy]] = field(default_factory=lambda: defaultdict(list))
    choices: dict[tuple[int, int], PolicyMember] = field(default_factory=dict)  # (policy id, person id)
    days_off: dict[int, list[DayOff]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[int, list[BusyInterval]] = field(default_factory=lambda: defaultdict(list))
    prompts: dict[int, list[Prompt]] = field(default_factory=lambda: defaultdict(list))
    breaks: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))


def plan_rows(
    session: Session, person_ids: Sequence[int], first_date: date, last_date: date, since_at: datetime
) -> PlanRows:
    """Read what the plans of these persons need: prompts of the local dates, breaks since the instant."""
    rows = PlanRows()
    memberships = (
        select(Membership, Team)
        .join(Team)
        .where(Membership.person_id.in_(person_ids), Membership.left_at.is_(None))
        .order_by(Membership.joined_at.is_(None), Membership.joined_at, Membership.id)
    )
    for membership, team in session.execute(memberships):
        rows.memberships[membership.person_id].append((membership, team))
    team_ids = {team.id for pairs in rows.memberships.values() for _, team in pairs}
    policies = select(Policy).where(Policy.team_id.in_(team_ids), Policy.archived_at.is_(None))
    for policy in session.scalars(policies.order_by(Policy.id)):
        rows.policies[policy.team_id].append(policy)
    for choice in session.scalars(select(PolicyMember).where(PolicyMember.person_id.in_(person_ids))):
        rows.choices[choice.policy_id, choice.person_id] = choice
    for off in session.scalars(select(DayOff).where(DayOff.person_id.in_(person_ids))):
        rows.days_off[off.person_id].append(off)
    busy = select(BusyInterval).where(BusyInterval.person_id.in_(person_ids), BusyInterval.end_at > since_at)
    for interval in session.scalars(busy.order_by(BusyInterval.start_at)):
        rows.busy[interval.person_id].append(interval)
    prompts = select(Prompt).where(
        Prompt.person_id.in_(person_ids), Prompt.local_date.between(first_date, last_date)
    )
    for prompt in session.scalars(prompts.order_by(Prompt.due_at)):
        rows.prompts[prompt.person_id].append(prompt)
    breaks = select(BreakTaken.person_id, BreakTaken.taken_at).where(
        BreakTaken.person_id.in_(person_ids), BreakTaken.taken_at >= since_at
    )
    for person_id, taken_at in session.execute(breaks.order_by(BreakTaken.taken_at)):
        rows.breaks[person_id].append(taken_at)
    return rows


def last_shared_post_at(session: Session, policy_id: int) -> datetime | None:
    """Return the due time of the newest shared post of a policy."""
    return session.scalar(
        select(func.max(Delivery.due_at)).where(Delivery.policy_id == policy_id, Delivery.kind == "shared")
    )
