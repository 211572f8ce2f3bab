"""A mail as bytes: text and HTML as alternatives, every header written by `headers`."""

import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from daybreak.letters.headers import mailbox, unstructured

LONGEST_LINE = 998


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail before it is bytes. `thread` is the Message-ID its conversation hangs from."""

    message_id: str
    sent_at: datetime
    sender_name: str  # "": as MAIL_FROM has it
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    thread: str | None = None
    list_name: str | None = None
    unsubscribe_url: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mail comes from, out of MAIL_FROM."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands behind the @, for Message-IDs and List-Ids."""
        return self.address.rpartition("@")[2]


def sender_of(mail_from: str) -> Sender:
    """Read MAIL_FROM, such as `Daybreak <breaks@example.org>`."""
    name, address = parseaddr(mail_from)
    return Sender(name, address)


def message_id(token: str, sender: Sender) -> str:
    """A Message-ID that says nothing about anybody."""
    return f"<{token}@{sender.domain}>"


def thread_id(secret: str, label: str, sender: Sender) -> str:
    """The root that a day's prompts hang from: the same for one person and day, telling neither."""
    digest = hashlib.sha256(f"{secret} {label}".encode()).hexdigest()[:24]
    return f"<day.{digest}@{sender.domain}>"


def build(mail: Mail, sender: Sender) -> bytes:
    """Write the mail, lines ending in CRLF, fit for SMTP as it stands (dots are the transport's)."""
    boundary = "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]
    lines = [*_headers(mail, sender), f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    head = "\r\n".join(lines).encode("ascii") + b"\r\n"
    parts = (_part(mail.text, "plain"), _part(mail.html, "html"))
    opening = f"--{boundary}\r\n".encode()
    return head + b"".join(opening + part for part in parts) + f"--{boundary}--\r\n".encode()


def _headers(mail: Mail, sender: Sender) -> Iterable[str]:
    yield f"From: {mailbox(mail.sender_name or sender.name, sender.address)}"
    yield f"Reply-To: no-reply@{sender.domain}"
    yield f"To: {mailbox(mail.recipient_name, mail.recipient)}"
    yield f"Subject: {unstructured(mail.subject)}"
    yield f"Date: {format_datetime(mail.sent_at.astimezone(UTC))}"
    yield f"Message-ID: {mail.message_id}"
    if mail.thread:
        yield f"References: {mail.thread}"
        yield f"In-Reply-To: {mail.thread}"
    if mail.list_name:
        yield f"List-Id: <{mail.list_name}.{sender.domain}>"
    if mail.unsubscribe_url:
        yield f"List-Unsubscribe: <{mail.unsubscribe_url}>"
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "Auto-Submitted: auto-generated"
    yield "X-Auto-Response-Suppress: All"
    yield "MIME-Version: 1.0"


def _part(content: str, kind: str) -> bytes:
    body = "\n".join(content.splitlines()).encode("utf-8", "replace") + b"\n"
    if body.isascii() and b"\0" not in body and max(map(len, body.split(b"\n"))) <= LONGEST_LINE:
        encoding = "7bit"
    else:
        encoding = "quoted-printable"
        body = binascii.b2a_qp(body, istext=True)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body.replace(b"\n", b"\r\n")
