"""What holds of prompts, plans and deliveries, whatever happened before."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.prompt import ANSWERED, Standing, standing_at
from daybreak.services import planning
from daybreak.services.plan_inputs import PlanInputs
from daybreak.store.prompts import facts_of
from daybreak.store.tables import BreakTaken, Delivery, Person, Prompt
from tests.domain import oracle
from tests.support.prompts import MINUTE


def new_prompt_is_right(session: Session, prompt: Prompt, rows: Any, inputs: PlanInputs) -> None:
    """It stands where it may, keeps its distance, and there is no other like it."""
    person, day = inputs.person, prompt.local_date
    assert any(start < prompt.due_at <= end for start, end in oracle.windows(person, day)), "window"
    assert not any(off.half is None and off.covers(day) for off in person.days_off), "day off"
    gaps = {one.policy_id: one.rules.min_gap * MINUTE for one in inputs.policies if one.chosen}
    mine = [one for one in rows if one.person_id == prompt.person_id and one.id != prompt.id]
    identity = (prompt.policy_id, prompt.local_date, prompt.local_time, prompt.fold)
    assert identity not in {(o.policy_id, o.local_date, o.local_time, o.fold) for o in mine}
    if prompt.reason != "outage":
        for other in (one for one in mine if one.reason != "outage"):
            gap = max(gaps[prompt.policy_id], gaps.get(other.policy_id, timedelta()))
            assert abs(prompt.due_at - other.due_at) >= gap, "min_gap"
        limit = max(one.rules.max_prompts_per_day for one in inputs.policies)
        today = [o for o in mine if o.local_date == day and o.reason != "outage"]
        assert len(today) < min(limit, person.max_prompts_per_day or limit), "daily limit"
    assert prompt.expires_at - prompt.due_at <= 5 * MINUTE
    stored = session.get_one(Person, prompt.person_id)
    assert stored.prompts_on
    assert not any(
        span.start_at <= prompt.due_at and (span.end_at is None or prompt.due_at < span.end_at)
        for span in person.pauses
    ), "paused"


def plan_is_fresh(session: Session, person: Person, now: datetime) -> None:
    """What is stored as the next break is what the plan says."""
    if person.next_due_at is None or person.next_due_at > now:
        occurrence = planning.next_for(session, person, now)
        assert person.next_due_at == (occurrence.due_at if occurrence else None), "next_due_at"


def standings_are_right(session: Session, rows: Any, now: datetime) -> None:
    """Each prompt and delivery agrees with itself, and nobody has two open prompts."""
    breaks = {one.prompt_id for one in session.scalars(select(BreakTaken))}
    open_of: dict[int, int] = {}
    for prompt in rows:
        facts = facts_of(session, prompt)
        if standing_at(facts, now) is Standing.OPEN:
            open_of[prompt.person_id] = open_of.get(prompt.person_id, 0) + 1
        assert (prompt.closed_at is None) == (facts.standing is Standing.OPEN)
        assert (prompt.answered_at is not None) == (facts.standing in ANSWERED)
        if facts.standing in (Standing.DONE, Standing.LATE):
            assert prompt.id in breaks
    assert all(count == 1 for count in open_of.values()), "one open prompt"
    for delivery in session.scalars(select(Delivery)):
        assert (delivery.closed_at is None) == (delivery.state in ("planned", "claimed", "handing_off"))
