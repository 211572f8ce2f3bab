"""A mail as its reader would see it; for anybody else, with the links that act for its reader masked."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

_ACTING = re.compile(r"(/(?:b|u|signin|join)/)[A-Za-z0-9_~.%-]+(\?do=[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page shows of a mail."""

    to: str
    subject: str
    date: str
    text: str
    html: str
    source: str
    masked: bool


def see(content: bytes, reader: str | None) -> Seen:
    """Read a mail for the holder of an address; links in mail to others would let them act as those."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    addresses = message["To"].addresses if message["To"] is not None else ()
    own = reader is not None and [one.addr_spec.lower() for one in addresses] == [reader.lower()]
    text, html = _content(message, "plain"), _content(message, "html")
    source = content.decode("utf-8", "replace") if own else _masked_source(message)
    return Seen(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        text=text if own else mask(text),
        html=html if own else mask(html),
        source=source.replace("\r\n", "\n"),
        masked=not own,
    )


def mask(text: str) -> str:
    """The text without the tokens of links that answer, unsubscribe, sign in or join."""
    return _ACTING.sub(r"\1…", text)


def _masked_source(message: EmailMessage) -> str:
    """The source with its parts decoded: an encoding could cut a token in two and so hide it."""
    pieces = [f"{name}: {value}" for name, value in message.items()]
    for part in message.iter_parts():
        pieces += ["", *(f"{name}: {value}" for name, value in part.items()), "", part.get_content()]
    return mask("\n".join(pieces))


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
