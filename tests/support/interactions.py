"""Requests as Slack sends them: signed over their raw bytes."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.webapp.conftest import Browser

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # of Slack's own example
TEAM, USER = "T0ACME", "U0BOB"


@dataclass(frozen=True)
class Request:
    """A request and its two headers; `replace` makes a forged one."""

    path: str
    body: bytes
    timestamp: str
    signature: str

    def send(self, browser: Browser) -> TestResponse:
        """Send it as Slack does: without a cookie and without our token."""
        headers = {"X-Slack-Request-Timestamp": self.timestamp, "X-Slack-Signature": self.signature}
        kind = "application/x-www-form-urlencoded"
        return browser.post(self.path, data=self.body, headers=headers, content_type=kind, forged=True)


def signed(path: str, body: bytes, at: datetime, secret: str = SIGNING_SECRET) -> Request:
    """Sign a body as Slack would at an instant."""
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    return Request(path, body, timestamp, f"v0={digest.hexdigest()}")


def press(
    action: str, value: str, at: datetime, address: str, *, user: str = USER, nth: int = 0, **more: Any
) -> Request:
    """A button that somebody presses; the `nth` press of it differs in its trigger."""
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "bob", "name": "bob", "team_id": TEAM},
        "team": {"id": TEAM, "domain": "acme"},
        "trigger_id": f"trigger.{nth}",
        "response_url": address,
        "actions": [{"type": "button", "action_id": action, "block_id": "answer", "value": value}],
        **more,
    }
    return signed("/slack/interactions", urlencode({"payload": json.dumps(payload)}).encode(), at)


def command(at: datetime, *, user: str = USER, nth: int = 0) -> Request:
    """`/moved`, typed by somebody."""
    fields = {"command": "/moved", "text": "", "team_id": TEAM, "user_id": user, "user_name": "bob"}
    return signed("/slack/commands", urlencode({**fields, "trigger_id": f"{nth}"}).encode(), at)
