"""No text of a person becomes a header, a recipient or an encoded word of its own."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daybreak.channels.base import Parcel
from daybreak.channels.smtp import SmtpTransport
from daybreak.letters.headers import mailbox, plain, shorten, unstructured
from daybreak.letters.mail import Mail, Sender, build, sender_of
from daybreak.settings import Smtp
from tests.support.smtp import SmtpSink

SENDER = Sender("Daybreak", "breaks@acme.test")
KNOWN = {
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "List-Id",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type",
}  # fmt: skip
HOSTILE = (
    "Ana\r\nBcc: eve@evil.test",
    "Ana\nX-Injected: yes",
    "Ana\0\rBcc: eve@evil.test",
    "=?utf-8?q?Ana=0D=0ABcc:_eve@evil.test?=",
    "=?utf-8?b?QW5hDQpCY2M6IGV2ZUBldmlsLnRlc3Q=?=",
    '"Ana" <eve@evil.test>, "B',
    "Ana\u2028Bcc: eve@evil.test\u0085X: y",
    "Ana, Bob; eve@evil.test:",
    'back\\slash "quotes"',
    "Zoë 早上好 🌅 " * 20,
)
anything = st.one_of(st.text(), st.sampled_from(HOSTILE))


def mail(name: str, team: str, subject: str, text: str = "hello", html: str = "<p>hello</p>") -> Mail:
    """A mail with a person's words wherever there can be some."""
    return Mail(
        message_id="<1@acme.test>",
        sent_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        sender_name=team,
        recipient="ana@acme.test",
        recipient_name=name,
        subject=subject,
        text=text,
        html=html,
        thread="<day.1@acme.test>",
        list_name="product",
        unsubscribe_url="https://breaks.acme.test/u/abc",
    )


def parsed(content: bytes) -> EmailMessage:
    """The mail as Python's own reader understands it."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def check(message: EmailMessage) -> None:
    """Nothing but our own headers, one recipient, one sender."""
    assert set(message.keys()) == KNOWN
    assert len(message.keys()) == len(KNOWN)
    assert [one.addr_spec for one in message["To"].addresses] == ["ana@acme.test"]
    assert [one.addr_spec for one in message["From"].addresses] == ["breaks@acme.test"]
    assert message["To"].defects == ()
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@given(anything, anything, anything)
@example(*HOSTILE[:3])
@example(*HOSTILE[3:6])
@example(*HOSTILE[6:9])
def test_names_stay_names(name: str, team: str, subject: str) -> None:
    content = build(mail(name, team, subject), SENDER)
    head = content.split(b"\r\n\r\n", 1)[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert b"\n" not in head.replace(b"\r\n", b"")
    message = parsed(content)
    check(message)
    assert message["Subject"] == plain(subject)
    # Decoded twice, as some readers do, it is still one line with no frame of an encoded word.
    again = parsed(f"Subject: {message['Subject']}\r\n\r\n".encode())
    assert again["Subject"] == plain(subject)
    # Python's reader puts a space between the words of a long name, where RFC 2047 has none.
    shown = message["To"].addresses[0].display_name
    assert shown.replace(" ", "") == shorten(plain(name), 60).replace(" ", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_real_server_gets_one_clean_mail(smtp_sink: SmtpSink, name: str) -> None:
    content = build(mail(name, name, name, name, f"<p>{name}</p>"), SENDER)
    server = Smtp(smtp_sink.host, smtp_sink.port, None, None, "none")
    (outcome,) = SmtpTransport(server, SENDER.address, "localhost").send(
        [Parcel(1, "ana@acme.test")], lambda _id: content
    )
    assert outcome.result == "sent"
    (received,) = smtp_sink.mails
    assert received.recipients == ("ana@acme.test",)
    check(received.message)


@given(st.text(), st.text())
@example("x" * 2000, "é" * 2000)
@example(".\r\n..\n", "\r\r\n\n")
def test_bodies_arrive_as_they_are_in_lines_that_servers_take(text: str, html: str) -> None:
    content = build(mail("Ana", "Product", "hello", text, html), SENDER)
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    for part, body in zip(parsed(content).iter_parts(), (text, html), strict=True):
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        expected = "\n".join(body.splitlines()).encode("utf-8", "replace").decode()
        assert raw.decode().replace("\r\n", "\n") == expected


def test_long_names_are_folded_into_words_of_75() -> None:
    for line in unstructured("早上好" * 60).split("\r\n "):
        assert len(line) <= 75
        assert re.fullmatch(r"=\?utf-8\?b\?[A-Za-z0-9+/=]+\?=", line)


def test_plain_names_are_quoted() -> None:
    assert mailbox("Ana Lima", "ana@acme.test") == '"Ana Lima" <ana@acme.test>'
    assert mailbox("", "ana@acme.test") == "ana@acme.test"
    assert sender_of("Daybreak <breaks@acme.test>") == SENDER


def test_a_subject_is_cut_at_a_word() -> None:
    assert shorten("14:00 - one-minute stand", 45) == "14:00 - one-minute stand"
    cut = shorten("14:00 - " + "stretch and reach " * 5, 45)
    assert len(cut) <= 45
    assert cut.endswith("reach…")
