"""An SMTP server that keeps what it is given and fails on request."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from daybreak.launch.valkey import free_port

Verb = Literal["MAIL", "RCPT", "DATA"]
HANG_UP = "hang up"
"""Instead of a reply line: close the connection without a word."""


@dataclass(frozen=True)
class Mail:
    """One accepted message: the envelope, the exact bytes, and which connection it came on."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    connection: int

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class SmtpSink:
    """What a test holds: the address, the mails so far, and the replies it has ordered."""

    host: str
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    refused: list[tuple[Verb, str, str]] = field(default_factory=list)
    ordered: dict[Verb, deque[str]] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """What goes into SMTP_URL."""
        return f"smtp://{self.host}:{self.port}?tls=none"

    def reply(self, verb: Verb, line: str, *, times: int = 1) -> None:
        """Answer the next `times` commands of this kind with `line` ("451 4.3.0 later") or HANG_UP.

        For DATA the line stands after the content was taken in: with HANG_UP the client cannot know.
        """
        self.ordered.setdefault(verb, deque()).extend([line] * times)

    def refuse(self, address: str, line: str) -> None:
        """Answer RCPT for this address with `line`, always."""
        self.standing[address] = line

    def to(self, address: str) -> list[Mail]:
        """The mails accepted for this address, oldest first."""
        return [mail for mail in self.mails if address in mail.recipients]

    def clear(self) -> None:
        """Forget all mails and all orders."""
        self.mails.clear()
        self.refused.clear()
        self.ordered.clear()
        self.standing.clear()
        self.connections = 0


class _Server(SMTP):
    """aiosmtpd's server, able to vanish in the middle of a conversation."""

    def vanish(self) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def _ordered(self, server: SMTP, verb: Verb, address: str) -> str | None:
        queue = self.sink.ordered.get(verb)
        line = queue.popleft() if queue else None
        if verb == "RCPT" and line is None:
            line = self.sink.standing.get(address)
        if line is None:
            return None
        self.sink.refused.append((verb, address, line))
        if line == HANG_UP:
            assert isinstance(server, _Server)
            server.vanish()
            await asyncio.sleep(0)
            return "421 4.3.2 gone"
        return line

    # aiosmtpd finds these by name.
    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if line := await self._ordered(server, "MAIL", address):
            return line
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if line := await self._ordered(server, "RCPT", address):
            return line
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipients = tuple(envelope.rcpt_tos)
        if line := await self._ordered(server, "DATA", ", ".join(recipients)):
            return line
        content = envelope.content
        assert isinstance(content, bytes)
        assert session.peer is not None
        self.sink.mails.append(
            Mail(str(envelope.mail_from), recipients, content, connection=int(session.peer[1]))
        )
        return "250 2.0.0 OK"


@contextmanager
def smtp_server() -> Iterator[SmtpSink]:
    """Run an SMTP sink on a free port of 127.0.0.1."""
    sink = SmtpSink(host="127.0.0.1")

    class _Controller(Controller):
        def factory(self) -> SMTP:
            sink.connections += 1
            return _Server(self.handler, hostname="sink.test", enable_SMTPUTF8=True)

    controller = _Controller(_Handler(sink), hostname=sink.host, port=free_port(), ready_timeout=20)
    controller.start()
    sink.port = controller.port
    # Controller.start() makes one connection of its own to see that it answers.
    sink.connections = 0
    try:
        yield sink
    finally:
        controller.stop()
