"""What our buttons carry: a prompt's own token, or a policy and an instant, which name nobody."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

_INSTANT = "%Y%m%dT%H%M%S"
_PERSONAL = re.compile(r"p\.([A-Za-z0-9_-]{16,64})")
_SHARED = re.compile(r"s\.(\d{1,15})\.(\d{8}T\d{6})")

ANSWERS = ("done", "snooze", "skip")
"""The `action_id`s of our buttons."""


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """The prompt a message to one person was about, by the token it carried."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharedBreak:
    """The break a post to a team's channel was about."""

    policy_id: int
    due_at: datetime


def personal_key(token: str) -> str:
    """Return what the buttons of a personal message carry."""
    return f"p.{token}"


def shared_key(policy_id: int, due_at: datetime) -> str:
    """Return what the buttons of a team's post carry."""
    return f"s.{policy_id}.{due_at.astimezone(UTC).strftime(_INSTANT)}"


def read_key(text: str) -> OwnPrompt | SharedBreak | None:
    """Return what a button carried; None where it was none of ours."""
    if found := _PERSONAL.fullmatch(text):
        return OwnPrompt(found[1])
    if found := _SHARED.fullmatch(text):
        try:
            due_at = datetime.strptime(found[2], _INSTANT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return SharedBreak(int(found[1]), due_at)
    return None
