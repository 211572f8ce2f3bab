"""E-mail over SMTP: one connection for many messages, and an honest word about each."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from daybreak.channels.base import COMMAND_TIMEOUT_S, HandOff, Parcel
from daybreak.domain.delivery import Blame, Outcome, Result
from daybreak.settings import Smtp

PER_CONNECTION = 100
ANSWER_TIMEOUT_S = 30.0  # a relay may think about a whole message for longer than about a command
NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.10", "5.2.1"})

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_LINE_START_DOT = re.compile(rb"(?m)^\.")
_ADDRESS = re.compile(r"\S+@\S+")


class _NoWayInError(Exception):
    """The server cannot be used at all; carries what to say of every message that is left."""

    def __init__(self, result: Result, code: str, detail: str) -> None:
        super().__init__(detail)
        self.result, self.code, self.detail = result, code, detail


@dataclass
class SmtpTransport:
    """Speaks SMTP to one relay. `sender` is the envelope's, `name` what EHLO says we are called."""

    server: Smtp
    sender: str
    name: str
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, parcels: Sequence[Parcel], hand_off: HandOff) -> Iterator[Outcome]:
        """Send the batch, reconnecting every hundred messages and after a connection was lost."""
        left = list(parcels)
        connection: smtplib.SMTP | None = None
        used = lost = 0
        try:
            while left:
                if connection is None or used >= PER_CONNECTION:
                    self._leave(connection)
                    connection, used = None, 0
                    try:
                        connection = self._connect()
                    except _NoWayInError as no:
                        yield from (Outcome(p.delivery_id, no.result, no.code, no.detail) for p in left)
                        return
                parcel = left.pop(0)
                used += 1
                outcome, alive = self._one(connection, parcel, hand_off)
                if not alive:
                    connection.close()
                    connection = None
                lost = 0 if alive else lost + 1
                if outcome is not None:
                    yield outcome
                if lost >= 2:  # the relay hangs up on everything: leave it alone for a while
                    yield from (
                        Outcome(p.delivery_id, Result.RETRY, "lost", "The mail server keeps hanging up.")
                        for p in left
                    )
                    return
        finally:
            self._leave(connection)

    def probe(self) -> Outcome | None:
        """Connect, secure, log in and leave again; what stands in the way, or None."""
        try:
            self._leave(self._connect())
        except _NoWayInError as no:
            return Outcome(0, no.result, no.code, no.detail)
        return None

    def _one(
        self, connection: smtplib.SMTP, parcel: Parcel, hand_off: HandOff
    ) -> tuple[Outcome | None, bool]:
        """Send one message; also whether the connection is still good."""
        here = parcel.delivery_id
        recipient = ascii_address(parcel.address)
        if recipient is None:
            return Outcome(here, Result.FAILED, "5.6.7", "The address needs SMTPUTF8.", Blame.ADDRESS), True
        try:
            for code, reply in _envelope(connection, self.sender, recipient):
                if code not in (250, 251):
                    connection.rset()
                    return judge(here, code, reply), code != 421
        except (smtplib.SMTPException, OSError) as problem:
            return Outcome(here, Result.RETRY, "lost", _say(problem)), False
        content = hand_off(here)
        try:
            if content is None:
                connection.rset()
                return None, True
            code, reply = connection.docmd("DATA")
            if code != 354:
                connection.rset()
                return judge(here, code, reply), code != 421
        except (smtplib.SMTPException, OSError) as problem:
            # No content has left yet, whatever was recorded: trying again is safe.
            return (None if content is None else Outcome(here, Result.RETRY, "lost", _say(problem))), False
        try:
            _set_timeout(connection, ANSWER_TIMEOUT_S)
            connection.send(_LINE_START_DOT.sub(b"..", content) + b".\r\n")
            code, reply = connection.getreply()
            _set_timeout(connection, COMMAND_TIMEOUT_S)
        except (smtplib.SMTPException, OSError) as problem:
            return Outcome(here, Result.UNKNOWN, "lost", _say(problem)), False
        return judge(here, code, reply), code != 421

    def _connect(self) -> smtplib.SMTP:
        """Connect, secure, log in. Raises _NoWayInError; with TLS asked for, never goes on in the clear."""
        connection: smtplib.SMTP | None = None
        server = self.server
        try:
            if server.tls == "implicit":
                connection = smtplib.SMTP_SSL(
                    server.host, server.port, self.name, timeout=COMMAND_TIMEOUT_S, context=self.tls
                )
            else:
                connection = smtplib.SMTP(server.host, server.port, self.name, timeout=COMMAND_TIMEOUT_S)
            connection.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                connection.starttls(context=self.tls)
                connection.ehlo_or_helo_if_needed()
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except ssl.SSLError as problem:
            raise self._no_way_in(connection, Result.FAILED, "tls", _say(problem)) from None
        except smtplib.SMTPNotSupportedError as problem:  # no STARTTLS, no AUTH
            raise self._no_way_in(connection, Result.FAILED, "not_offered", str(problem)) from None
        except smtplib.SMTPResponseException as problem:
            verdict = judge(0, problem.smtp_code, problem.smtp_error)
            result = Result.FAILED if verdict.result is Result.FAILED else Result.RETRY
            raise self._no_way_in(connection, result, verdict.code, verdict.detail) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise self._no_way_in(connection, Result.RETRY, "no_connection", _say(problem)) from None
        return connection

    @staticmethod
    def _no_way_in(connection: smtplib.SMTP | None, result: Result, code: str, detail: str) -> _NoWayInError:
        if connection is not None:
            connection.close()
        return _NoWayInError(result, code, detail)

    @staticmethod
    def _leave(connection: smtplib.SMTP | None) -> None:
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()


def judge(delivery_id: int, code: int, reply: bytes | str) -> Outcome:
    """What a server's answer means: 2xx sent, 4xx try again, 5xx failed, some of them for the address."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    found = _ENHANCED.match(text)
    name = found[0] if found else str(code)
    detail = f"{code} {_ADDRESS.sub('…', text)}"[:255]
    if 200 <= code < 300:
        return Outcome(delivery_id, Result.SENT, name)
    if 500 <= code < 600:
        blame = Blame.ADDRESS if name in NO_SUCH_ADDRESS else None
        return Outcome(delivery_id, Result.FAILED, name, detail, blame)
    return Outcome(delivery_id, Result.RETRY, name, detail)


def ascii_address(address: str) -> str | None:
    """The address as SMTP without SMTPUTF8 can say it, or None; the domain may be written in any script."""
    local, _, domain = address.rpartition("@")
    if not local.isascii() or any(c <= " " or c in "<>\x7f" for c in local):
        return None
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def _envelope(connection: smtplib.SMTP, sender: str, recipient: str) -> Iterator[tuple[int, bytes]]:
    yield connection.mail(sender)
    yield connection.rcpt(recipient)


def _set_timeout(connection: smtplib.SMTP, seconds: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def _say(problem: Exception) -> str:
    return (_ADDRESS.sub("…", str(problem)) or type(problem).__name__)[:255]
