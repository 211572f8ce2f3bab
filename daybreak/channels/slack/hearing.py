"""What Slack sends us: the proof that it is Slack, who pressed which button, and where the answer goes."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from daybreak.channels.slack.buttons import ANSWERS, OwnPrompt, SharedBreak, read_key

FRESH = timedelta(seconds=300)  # how far a request's time may be from ours, either way
_SECONDS = re.compile(r"[0-9]{1,12}")
_TEAM, _USER = re.compile(r"[TE][A-Z0-9]{1,30}"), re.compile(r"[UW][A-Z0-9]{1,30}")
_NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class Presser:
    """A Slack account: known by its two ids alone; the name is for its holder to recognise."""

    team_id: str
    user_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of ours that somebody pressed; `about` is None where it carried nothing of ours."""

    presser: Presser
    answer: str  # one of ANSWERS
    about: OwnPrompt | SharedBreak | None
    answer_at: str = field(repr=False)  # Slack's response_url


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Tell whether Slack signed these very bytes within five minutes of now (its scheme v0)."""
    if not _SECONDS.fullmatch(timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > FRESH.total_seconds():
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return hmac.compare_digest(f"v0={digest.hexdigest()}".encode(), signature.encode())


def read_press(body: bytes) -> Pressed | None:
    """Read an interaction; None for one that is no press of a button of ours."""
    try:
        payload = json.loads(_fields(body).get("payload", ""))
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or payload.get("type") != "block_actions":
        return None
    user, team, actions = (payload.get(name) for name in ("user", "team", "actions"))
    if not isinstance(user, dict) or not isinstance(actions, list) or len(actions) != 1:
        return None
    team_id = user.get("team_id") or (team.get("id") if isinstance(team, dict) else None)
    presser = _presser(team_id, user.get("id"), user.get("username") or user.get("name"))
    action = actions[0]
    if presser is None or not isinstance(action, dict) or action.get("action_id") not in ANSWERS:
        return None
    return Pressed(
        presser, str(action["action_id"]), read_key(_text(action.get("value"))),
        _text(payload.get("response_url")),
    )  # fmt: skip


def read_command(body: bytes) -> Presser | None:
    """Read who has typed our slash command; None where it is not readable."""
    fields = _fields(body)
    if not fields.get("command"):
        return None
    return _presser(fields.get("team_id"), fields.get("user_id"), fields.get("user_name"))


def _presser(team_id: object, user_id: object, name: object) -> Presser | None:
    team, user = _text(team_id), _text(user_id)
    if not _TEAM.fullmatch(team) or not _USER.fullmatch(user):
        return None
    return Presser(team, user, "".join(c for c in _text(name) if c.isprintable())[:_NAME_MAX])


def _fields(body: bytes) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=100).items()}
    except ValueError:  # not UTF-8, or far too many fields
        return {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
