"""Prompts for tests: rows as the worker would have made them, due on a Monday in Lisbon."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain.prompt import day_end
from daybreak.store.tables import AnswerLink, BreakTaken, Delivery, Person, Policy, Prompt
from daybreak.tokens import hash_token

LISBON = ZoneInfo("Europe/Lisbon")
MINUTE = timedelta(minutes=1)


def make_prompt(
    session: Session,
    person: Person,
    policy: Policy,
    due_at: datetime,
    *,
    sent: bool = True,
    standing: str = "open",
    answered_at: datetime | None = None,
    movement: str = "squat",
    **fields: object,
) -> Prompt:
    """Add a prompt; `sent` has it handed off when due, an answer of done or late has its break taken."""
    local = due_at.astimezone(LISBON)
    window_end_at = due_at.replace(hour=12 if local.hour < 12 else 17, minute=0, second=0)
    values: dict[str, object] = {
        "local_date": local.date(),
        "local_time": local.time().replace(microsecond=0),
        "fold": 0,
        "zone": LISBON.key,
        "due_at": due_at,
        "window_end_at": window_end_at,
        "expires_at": due_at + 5 * MINUTE,
        "deadline_at": due_at + policy.response_window * MINUTE,
        "day_ends_at": day_end(local.date(), LISBON, window_end_at),
        "movement_id": movement,
        "pushed": True,
        "standing": standing,
        "first_sent_at": due_at if sent else None,
        "last_nudge_at": due_at if sent else None,
        "answered_at": answered_at,
        "closed_at": answered_at,
        "nudges": 1,
    }
    prompt = Prompt(person_id=person.id, policy_id=policy.id, team_id=policy.team_id, **{**values, **fields})
    session.add(prompt)
    session.flush()
    if standing in ("done", "late"):
        taken_at = answered_at or due_at
        session.add(
            BreakTaken(
                person_id=person.id, prompt_id=prompt.id, local_date=prompt.local_date, taken_at=taken_at
            )
        )
        session.flush()
    return prompt


def make_delivery(
    session: Session, prompt: Prompt, state: str = "sent", transport: str = "email"
) -> Delivery:
    """Add the delivery that carried a prompt, or is about to."""
    delivery = Delivery(
        key=f"prompt:{prompt.id}:1:{transport}",
        kind="prompt",
        transport=transport,
        prompt_id=prompt.id,
        person_id=prompt.person_id,
        team_id=prompt.team_id,
        policy_id=prompt.policy_id,
        due_at=prompt.due_at,
        expires_at=prompt.expires_at,
        next_try_at=prompt.due_at,
        state=state,
    )
    session.add(delivery)
    session.flush()
    return delivery


def make_link(session: Session, prompt: Prompt, token: str) -> str:
    """Add a link of a message that carried the prompt; returns the token."""
    delivery = make_delivery(session, prompt)
    session.add(
        AnswerLink(
            token_hash=hash_token(token),
            prompt_id=prompt.id,
            delivery_id=delivery.id,
            created_at=prompt.due_at,
            expires_at=prompt.day_ends_at + timedelta(hours=2),
        )
    )
    session.flush()
    return token
