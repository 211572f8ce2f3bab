"""Calendars as feeds deliver them, and a server that does, for tests."""

import hashlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def event(*lines: str, uid: str = "1") -> str:
    """One event, of lines such as "DTSTART:20260302T100000Z"."""
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:A secret title", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    """A whole calendar."""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{''.join(events)}END:VCALENDAR\r\n".encode()
    )


@dataclass
class FeedServer:
    """A server with one file: what it holds, how it answers, and what it was asked."""

    origin: str = ""
    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0.0  # between bytes
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the file lies."""
        return f"{self.origin}/private-1234/basic.ics"


@contextmanager
def feed_server(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[FeedServer]:
    """Run a calendar server on a free port of 127.0.0.1, called `host` in its origin."""
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        timeout = 20

        def do_GET(self) -> None:
            feed.asked.append({"path": self.path, **dict(self.headers.items())})
            etag = f'"{hashlib.sha256(feed.content).hexdigest()}"'
            unchanged = feed.status == 200 and self.headers.get("If-None-Match") == etag
            self.send_response(304 if unchanged else feed.status)
            for name, value in {"ETag": etag, **feed.headers}.items():
                self.send_header(name, value)
            body = b"" if unchanged else feed.content
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not feed.drip_s:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(feed.drip_s)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the test looks at `asked`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        feed.origin = f"{'http' if tls is None else 'https'}://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield feed
        finally:
            server.shutdown()
            thread.join()
