"""The sweep: what a crash, a lost Redis or a missed change left behind is put right within seconds."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.services import planning
from daybreak.services.plan_inputs import HORIZON_DAYS
from daybreak.services.recording import end
from daybreak.store import deliveries, due
from daybreak.store.tables import Workspace

UNHEARD_AFTER = timedelta(seconds=5)  # a bell that rang is heard within that, unless Redis lost it
EVERY = timedelta(seconds=10)
PARTS = 360  # with a sweep every ten seconds each person is looked at once an hour
POLICY_PARTS = 30
LIMIT = 2000
LOOKED_AT = 3000  # of a part: a million persons an hour
RENEWED = 500  # a transaction
log = logging.getLogger(__name__)


def sweep(session: Session, now: datetime) -> list[int]:
    """End what is overdue, free what a dead worker held, and return the deliveries to ring again."""
    ids: list[int] = []
    for facts in deliveries.facts(session, deliveries.overdue(session, now, LIMIT)):
        delivery = facts.delivery
        if delivery.state == DeliveryState.HANDING_OFF:
            # It may have arrived: never again.
            ids += end(session, facts, DeliveryState.UNKNOWN, "lease_lost", now, tried=True)
        elif now >= delivery.expires_at:
            ids += end(session, facts, DeliveryState.EXPIRED, "expired", now)
        else:
            deliveries.move(session, delivery, DeliveryState.PLANNED, next_try_at=now, lease_until_at=None)
            ids.append(delivery.id)
    session.flush()
    return list(dict.fromkeys([*ids, *deliveries.unheard(session, now - UNHEARD_AFTER, LIMIT)]))


def repair(session: Session, now: datetime, turn: int | None = None, parts: int = PARTS) -> int:
    """Compute `next_due_at` of a slice of persons and `shared_due_at` of some policies anew.

    Which slice follows from the clock, so that each has its turn once an hour. Returns how many were wrong,
    which a change that forgot to re-plan makes them; what the horizon has just come to show is not wrong.
    """
    turn = int(now.timestamp()) // int(EVERY.total_seconds()) if turn is None else turn
    wrong = 0
    persons = due.slice_of_persons(session, turn % parts, parts, LOOKED_AT)
    before = {person.id: person.next_due_at for person in persons}
    # What is due is the tick's: a slice must not move it on.
    idle = [p for p in persons if p.next_due_at is None or p.next_due_at > now]
    planning.replan(session, idle, now)
    wrong += sum(_was_wrong(before[person.id], person.next_due_at, now) for person in idle)
    policy_parts = min(parts, POLICY_PARTS)
    for policy in due.slice_of_policies(session, turn % policy_parts, policy_parts):
        if policy.shared_due_at is None or policy.shared_due_at > now:
            expected = policy.shared_due_at
            planning.replan_shared(session, policy, now)
            wrong += _was_wrong(expected, policy.shared_due_at, now)
    if wrong:
        log.warning("sweep put right %d plans", wrong)
    return wrong


def _was_wrong(before: datetime | None, after: datetime | None, now: datetime) -> bool:
    in_sight_before = now + timedelta(days=HORIZON_DAYS - 2)
    return before != after and not (before is None and after is not None and after > in_sight_before)


def renew(session: Session, now: datetime, version: str) -> bool:
    """Plan a batch of persons anew where the time zone database is another one; whether there are more.

    The workspace remembers how far it has come: `2026a>1200` up to a person, `2026a` when all are done.
    """
    workspace = session.get(Workspace, 1, with_for_update=True)
    if workspace is None or workspace.tz_version == version:
        return False
    known, _arrow, reached = (workspace.tz_version or "").partition(">")
    persons = due.persons_after(session, int(reached) if known == version else 0, RENEWED)
    # What is due is the tick's, which plans with the new zones anyway.
    planning.replan(session, [p for p in persons if p.next_due_at is None or p.next_due_at > now], now)
    if persons:
        workspace.tz_version = f"{version}>{persons[-1].id}"
        return True
    for policy in due.slice_of_policies(session, 0, 1):
        if policy.shared_due_at is None or policy.shared_due_at > now:
            planning.replan_shared(session, policy, now)
    log.info("all plans follow the time zones of %s", version)
    workspace.tz_version = version
    return False
