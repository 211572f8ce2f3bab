"""The sweep: what a crash, a lost Redis or a missed change left behind is put right within seconds."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.services import planning
from daybreak.services.recording import end
from daybreak.store import deliveries, due

UNHEARD_AFTER = timedelta(seconds=5)  # a bell that rang is heard within that, unless Redis lost it
EVERY = timedelta(seconds=10)
PARTS = 360  # with a sweep every ten seconds each person is looked at once an hour
POLICY_PARTS = 30
LIMIT = 2000
LOOKED_AT = 200
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


def repair(session: Session, now: datetime) -> int:
    """Compute `next_due_at` of a slice of persons and `shared_due_at` of some policies anew.

    Which slice follows from the clock, so that each has its turn once an hour. Returns how many were wrong:
    a changed tz database, or a change that forgot to re-plan.
    """
    turn = int(now.timestamp()) // int(EVERY.total_seconds())
    wrong = 0
    persons = due.slice_of_persons(session, turn % PARTS, PARTS, LOOKED_AT)
    before = {person.id: person.next_due_at for person in persons}
    # What is due is the tick's: a slice must not move it on.
    idle = [p for p in persons if p.next_due_at is None or p.next_due_at > now]
    planning.replan(session, idle, now)
    wrong += sum(before[person.id] != person.next_due_at for person in idle)
    for policy in due.slice_of_policies(session, turn % POLICY_PARTS, POLICY_PARTS):
        if policy.shared_due_at is None or policy.shared_due_at > now:
            expected = policy.shared_due_at
            planning.replan_shared(session, policy, now)
            wrong += expected != policy.shared_due_at
    if wrong:
        log.warning("sweep put right %d plans", wrong)
    return wrong
