"""A TCP proxy that stalls or cuts at a named point of an SMTP or HTTP dialogue; names are from the client's
side.

SMTP: `connect`, `MAIL`, `RCPT`, `DATA` (the command), `content` (in the middle of the message), `dot` (the
server has the whole message, its answer is held), `answered` (the answer has been passed on). HTTP: `request`
(the whole request has reached the server, its answer is held). A point is reached when the client has sent
that much; the command named has not reached the server then, except at `dot`, `answered` and `request`.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Point = Literal["connect", "MAIL", "RCPT", "DATA", "content", "dot", "answered", "request"]
Then = Literal["cut", "stall", "drop", "go on"]
CHUNK = 65536
_END_OF_MESSAGE = b"\r\n.\r\n"
_RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER on, 0 s: close by RST


@dataclass
class Order:
    """What happens when a connection reaches a point: `then`, after `tell` has run."""

    point: Point
    then: Then
    tell: Callable[[], None] = lambda: None
    times: int = 1
    after: int = 0  # so many times it is passed over first


@dataclass
class Proxy:
    """What a test holds. `reached` is set once an order has been carried out."""

    upstream: tuple[str, int]
    port: int = 0
    orders: list[Order] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gone: threading.Event = field(default_factory=threading.Event)

    def order(
        self,
        point: Point,
        then: Then,
        *,
        tell: Callable[[], None] = lambda: None,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Do `then` the next `times` times the point is reached.

        cut: reset both sides. drop: close the client's side alone, the server has what it has. stall: say
        nothing more until the proxy ends. go on: only `tell`.
        """
        self.reached.clear()
        self.orders.append(Order(point, then, tell, times, after))

    def cut_all(self) -> None:
        """Reset every connection that is open now."""
        with self._lock:
            lines, self._open = list(self._open), set()
        for line in lines:
            _reset(line)

    def order_at(self, point: Point) -> Order | None:
        """Take an order for a point that has been reached."""
        with self._lock:
            for order in self.orders:
                if order.point == point:
                    if order.after:
                        order.after -= 1
                        return None
                    order.times -= 1
                    if not order.times:
                        self.orders.remove(order)
                    return order
        return None

    def keep(self, *lines: socket.socket) -> None:
        """Remember lines that are open."""
        with self._lock:
            self._open.update(lines)

    def forget(self, *lines: socket.socket) -> None:
        """Forget lines that are closed."""
        with self._lock:
            self._open.difference_update(lines)

    def end(self) -> None:
        """Let everything that stalls go, and close what is open."""
        self._gone.set()
        self.cut_all()

    def wait_for_the_end(self) -> None:
        """What a stalled line does."""
        self._gone.wait()


class _Line:
    """One connection through the proxy: a thread each way."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self.proxy, self.client = proxy, client
        self.server: socket.socket | None = None
        self.sent = b""  # by the client, since the last point
        self.in_message = False
        self.held: Order | None = None  # for the server's next answer
        self.after_answer: Order | None = None

    def run(self) -> None:
        with suppress(OSError):
            self._run()
        lines = [line for line in (self.client, self.server) if line is not None]
        self.proxy.forget(*lines)
        for line in lines:
            line.close()

    def _run(self) -> None:
        if not self._goes_on("connect"):
            return
        self.server = socket.create_connection(self.proxy.upstream, timeout=20)
        self.server.settimeout(None)
        self.proxy.keep(self.client, self.server)
        back = threading.Thread(target=self._answers, daemon=True)
        back.start()
        while data := self.client.recv(CHUNK):
            if not self._passes(data):
                break
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_WR)
        back.join()

    def _passes(self, data: bytes) -> bool:
        """Pass the client's bytes on, point by point; False where the line ends."""
        assert self.server is not None
        self.sent += data
        if self.in_message:
            return self._message()
        while b"\r\n" in self.sent and not self.in_message:
            if re.match(rb"(POST|GET) ", self.sent):
                return self._request()
            line, _, self.sent = self.sent.partition(b"\r\n")
            word = line[:4].upper().decode("ascii", "replace")
            for point in ("MAIL", "RCPT", "DATA"):
                if word == point and not self._goes_on(point):
                    return False
            self.in_message = word == "DATA"
            self.server.sendall(line + b"\r\n")
        return self._message() if self.in_message and self.sent else True

    def _message(self) -> bool:
        assert self.server is not None
        order = self.proxy.order_at("content")
        if order is not None:
            self.server.sendall(self.sent[: len(self.sent) // 2])
            if not self._obeys(order):
                return False
            self.sent = self.sent[len(self.sent) // 2 :]
        ended = self.sent.endswith(_END_OF_MESSAGE)
        if ended:
            self.held, self.after_answer = self.proxy.order_at("dot"), self.proxy.order_at("answered")
            self.in_message = False
        self.server.sendall(self.sent)
        self.sent = b""
        return True

    def _request(self) -> bool:
        assert self.server is not None
        head, _, body = self.sent.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        if b"\r\n\r\n" not in self.sent or len(body) < int(found[1] if found else 0):
            return True
        self.held = self.proxy.order_at("request")
        self.server.sendall(self.sent)
        self.sent = b""
        return True

    def _answers(self) -> None:
        """Pass the server's bytes back, unless an order holds them."""
        assert self.server is not None
        with suppress(OSError):
            while data := self.server.recv(CHUNK):
                order, self.held = self.held, None
                if order is not None and not self._obeys(order):
                    return
                self.client.sendall(data)
                order, self.after_answer = self.after_answer, None
                if order is not None and not self._obeys(order):
                    return
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_WR)

    def _goes_on(self, point: Point) -> bool:
        order = self.proxy.order_at(point)
        return order is None or self._obeys(order)

    def _obeys(self, order: Order) -> bool:
        """Carry an order out; whether the line goes on."""
        order.tell()
        self.proxy.reached.set()
        if order.then == "stall":
            self.proxy.wait_for_the_end()
        elif order.then == "cut":
            for line in (self.client, self.server):
                if line is not None:
                    _reset(line)
        elif order.then == "drop":
            with suppress(OSError):
                self.client.shutdown(socket.SHUT_RDWR)
        return order.then == "go on"


def _reset(line: socket.socket) -> None:
    """Close a line as a crash of the network does."""
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_before(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy on a free port of 127.0.0.1 before a server."""
    proxy = Proxy((host, port))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        proxy.port = listener.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                proxy.connections += 1
                threading.Thread(target=_Line(proxy, client).run, daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            proxy.end()
            thread.join(10)
