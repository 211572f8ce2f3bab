"""A server that behaves like Slack's incoming webhooks and keeps what is posted."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLIES: dict[str, tuple[int, str]] = {
    "ok": (200, "ok"),
    "invalid_payload": (400, "invalid_payload"),
    "action_prohibited": (403, "action_prohibited"),
    "invalid_token": (403, "invalid_token"),
    "no_service": (404, "no_service"),
    "channel_not_found": (404, "channel_not_found"),
    "no_team": (404, "no_team"),
    "channel_is_archived": (410, "channel_is_archived"),
    "rate_limited": (429, "rate_limited"),
    "server_error": (500, "server_error"),
    "unavailable": (503, "unavailable"),
}
HANG_UP = "hang up"
"""Instead of a reply: close the connection after the body was read."""


@dataclass(frozen=True)
class Post:
    """One request that was answered 200: the path of the webhook, the exact body, and its JSON."""

    path: str
    body: bytes
    headers: dict[str, str]
    answered: str

    @property
    def payload(self) -> dict[str, Any]:
        """The body, read as JSON."""
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass
class SlackSink:
    """What a test holds: the origin, the posts so far, and the replies it has ordered."""

    origin: str = ""
    requests: list[Post] = field(default_factory=list)
    ordered: dict[str, deque[tuple[str, int | None]]] = field(default_factory=dict)

    def webhook(self, name: str = "T000/B000/" + "x" * 24) -> str:
        """The URL of a webhook on this server; its origin goes into WEBHOOK_ALLOW."""
        return f"{self.origin}/services/{name}"

    def reply(self, answer: str, *, times: int = 1, retry_after: int | None = None, path: str = "*") -> None:
        """Answer the next `times` posts (to `path`, or to any) with a name from REPLIES or HANG_UP."""
        self.ordered.setdefault(path, deque()).extend([(answer, retry_after)] * times)

    @property
    def posts(self) -> list[Post]:
        """What was accepted, oldest first."""
        return [post for post in self.requests if post.answered == "ok"]

    def clear(self) -> None:
        """Forget all posts and all orders."""
        self.requests.clear()
        self.ordered.clear()

    def next_reply(self, path: str, body: bytes) -> tuple[str, int | None]:
        """What to answer now: an order if there is one, else what Slack would say to this body."""
        for key in (path, "*"):
            if self.ordered.get(key):
                return self.ordered[key].popleft()
        try:
            payload = json.loads(body)
        except ValueError:
            return "invalid_payload", None
        spoken = isinstance(payload, dict) and (payload.get("text") or payload.get("blocks"))
        return ("ok" if spoken else "invalid_payload"), None


@contextmanager
def slack_server() -> Iterator[SlackSink]:
    """Run a Slack-like sink on a free port of 127.0.0.1."""
    sink = SlackSink()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with lock:
                answer, retry_after = sink.next_reply(self.path, body)
                sink.requests.append(Post(self.path, body, dict(self.headers.items()), answer))
            if answer == HANG_UP:
                self.close_connection = True
                return
            status, text = REPLIES[answer]
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(text)))
            if retry_after is not None:
                self.send_header("Retry-After", str(retry_after))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the test looks at `requests`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
