"""Writing down what the clock has decided: open prompts that are missed, or reached nobody."""

from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.prompt import Standing, closed_by_clock_at, standing_at
from daybreak.services.routing import close
from daybreak.store import due
from daybreak.store.prompts import facts_of, open_prompts
from daybreak.store.tables import Person, Prompt


def close_due(session: Session, now: datetime, limit: int) -> int:
    """Close open prompts whose time has passed and return how many.

    A job that did not run changes nothing: `domain.prompt.standing_at` says the same without it.
    """
    closed = sum(_close(session, prompt, now) for prompt in due.claim_closing(session, now, limit))
    session.flush()
    return closed


def make_way(session: Session, person: Person, due_at: datetime) -> None:
    """Close what is still open of a person when the next prompt comes due: at most one is open."""
    for prompt in open_prompts(session, person.id):
        if prompt.due_at < due_at:
            at = min(closed_by_clock_at(facts_of(session, prompt)), due_at)
            prompt.deadline_at = min(prompt.deadline_at, due_at)
            if prompt.first_sent_at is None:
                close(prompt, Standing.UNDELIVERED, "expired", at)
            else:
                close(prompt, Standing.MISSED, None, at)
    session.flush()


def _close(session: Session, prompt: Prompt, now: datetime) -> bool:
    facts = facts_of(session, prompt)
    standing = standing_at(facts, now)
    if standing is Standing.OPEN:
        return False
    prompt.standing = standing.value
    prompt.closed_at = closed_by_clock_at(facts)
    if standing is Standing.UNDELIVERED:
        prompt.reason = prompt.reason or "expired"
    return True
