"""Posts to Slack's incoming webhooks, and what each of its answers means."""

import http.client
import select
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from daybreak.channels.base import COMMAND_TIMEOUT_S, HandOff, Parcel
from daybreak.channels.slack.address import check_address
from daybreak.domain.delivery import Blame, Outcome, Result
from daybreak.domain.errors import InvalidValueError

LONGEST_ANSWER = 64 * 1024
LONGEST_WAIT = timedelta(hours=1)  # what Retry-After may ask for
GONE = frozenset({403, 404, 410})  # this webhook will never work again
DEAD = frozenset(
    {
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "invalid_token",
        "no_active_hooks",
        "no_service",
        "no_service_id",
        "no_team",
        "posting_to_general_channel_denied",
        "team_disabled",
    }
)
"""Slack's words for the same, whatever status they come with."""


@dataclass
class SlackTransport:
    """Posts to webhooks. `turn` waits for a webhook's turn; False: not now, try again later.

    `check` is the guard on the way out: it returns the address or raises InvalidValueError.
    """

    allow: Sequence[str] = ()
    turn: Callable[[Parcel], bool] = lambda _parcel: True
    timeout_s: float = COMMAND_TIMEOUT_S
    check: Callable[[str, Sequence[str]], str] = check_address
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, parcels: Sequence[Parcel], hand_off: HandOff) -> Iterator[Outcome]:
        """Post each message, keeping one connection an origin; a webhook that failed is not tried again."""
        kept: dict[str, http.client.HTTPConnection] = {}
        failed: dict[str, Outcome] = {}
        try:
            for parcel in parcels:
                if parcel.address in failed:
                    yield replace(failed[parcel.address], delivery_id=parcel.delivery_id)
                    continue
                outcome = self._one(kept, parcel, hand_off)
                if outcome is None:
                    continue
                # What condemns the webhook, not the message, holds for the rest of the batch as well.
                if outcome.blame or outcome.retry_after or outcome.code in ("no_connection", "tls"):
                    failed[parcel.address] = outcome
                yield outcome
        finally:
            for connection in kept.values():
                connection.close()

    def _one(
        self, kept: dict[str, http.client.HTTPConnection], parcel: Parcel, hand_off: HandOff
    ) -> Outcome | None:
        here = parcel.delivery_id
        try:
            url = urlsplit(self.check(parcel.address, self.allow))
        except InvalidValueError:
            return Outcome(
                here, Result.FAILED, "not_allowed", "The address is not allowed any more.", Blame.CHANNEL
            )
        if not self.turn(parcel):
            return Outcome(here, Result.RETRY, "busy", "This webhook takes one message a second.")
        origin = f"{url.scheme}://{url.netloc}"
        try:
            connection = self._connection(kept, origin)
        except ssl.SSLError as problem:
            return Outcome(here, Result.FAILED, "tls", str(problem)[:255])
        except OSError as problem:
            return Outcome(here, Result.RETRY, "no_connection", problem.strerror or type(problem).__name__)
        content = hand_off(here)
        if content is None:
            return None
        try:
            path = url.path + (f"?{url.query}" if url.query else "")
            connection.request("POST", path, content, {"Content-Type": "application/json; charset=utf-8"})
            answer = connection.getresponse()
            body = answer.read(LONGEST_ANSWER)
        except (http.client.HTTPException, OSError) as problem:
            kept.pop(origin).close()
            return Outcome(here, Result.UNKNOWN, "lost", type(problem).__name__)
        if answer.will_close or not answer.isclosed():
            kept.pop(origin).close()
        return judge(here, answer.status, body, answer.headers.get("Retry-After"))

    def _connection(
        self, kept: dict[str, http.client.HTTPConnection], origin: str
    ) -> http.client.HTTPConnection:
        """A connection that is open now: a kept one that the server closed is replaced in time."""
        connection = kept.get(origin)
        if connection is not None and not _stale(connection):
            return connection
        scheme, _sep, host = origin.partition("://")
        if scheme == "https":
            connection = http.client.HTTPSConnection(host, timeout=self.timeout_s, context=self.tls)
        else:
            connection = http.client.HTTPConnection(host, timeout=self.timeout_s)
        connection.connect()
        connection.auto_open = 0  # never reconnect by itself: a message would leave twice
        kept[origin] = connection
        return connection


def _stale(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed a kept connection (or says something unasked, which is as bad)."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


def judge(delivery_id: int, status: int, body: bytes, retry_after: str | None) -> Outcome:
    """What an answer means (delivery, Slack): the table of errors and what each condemns."""
    word = body[:200].decode("utf-8", "replace").strip()
    code = word if word.replace("_", "").isalnum() and len(word) < 60 else str(status)
    detail = f"{status} {word}"[:255]
    if status == 200:
        return Outcome(delivery_id, Result.SENT, "200")
    if status == 429:
        return Outcome(delivery_id, Result.RETRY, "429", detail, retry_after=_seconds(retry_after))
    if status in GONE or code in DEAD:
        return Outcome(delivery_id, Result.FAILED, code, detail, Blame.CHANNEL)
    if status >= 500 or status == 408:
        return Outcome(delivery_id, Result.RETRY, code, detail)
    if 300 <= status < 400:
        detail = f"{status}: redirects are not followed"
    return Outcome(delivery_id, Result.FAILED, code, detail)


def _seconds(text: str | None) -> timedelta:
    try:
        return min(LONGEST_WAIT, timedelta(seconds=max(1, int(text or "1"))))
    except (ValueError, OverflowError):
        return timedelta(seconds=30)
