"""Five hundred hostile strings, and what Hypothesis finds, in every field of a mail that a person writes."""

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybreak.letters import composing
from daybreak.letters.mail import Mail, Sender, build
from daybreak.letters.words import LetterWords, PromptWords

CORPUS: list[str] = json.loads((Path(__file__).parent / "hostile.json").read_text(encoding="ascii"))
OURS = "https://breaks.acme.test"
SENDER = Sender("Daybreak", "breaks@acme.test")
HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "List-Id",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type",
]  # fmt: skip
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
LOOKS_LIKE_A_LINK = re.compile(
    r"(?i)\b[a-z][a-z0-9+.-]*://\S|\bwww\.\w|\b[\w-]+\.test\b|\b(?:mailto|javascript|data|tel|xmpp):[\w+]|\w@\w"
)
KINDS = ("prompt", "sign_in", "invitation", "channel_off")


class _Tags(HTMLParser):
    """The tags of a page and where they lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "background", "data"):
                self.addresses.append(str(value))
            if name.startswith("on"):
                self.handlers.append(name)


def written(kind: str, hostile: str) -> composing.Written:
    """A message of a kind, with the text wherever a person's text can stand."""
    if kind == "prompt":
        words = PromptWords(
            clock="10:00", zone="Europe/Lisbon", team=hostile, title="Walk", instructions="Walk a little.",
            seconds=120, answer_url=f"{OURS}/b/abc", snooze_minutes=10, number=3, total=5, next_clock="11:00",
            today_url=f"{OURS}/today", settings_url=f"{OURS}/me", safety_url=f"{OURS}/safety",
        )  # fmt: skip
        return composing.prompt_mail(words, f"{OURS}/u/abc")
    return composing.letter(
        kind,
        LetterWords(
            link=f"{OURS}/join/abc", until="10:00", workspace=hostile, team=hostile, inviter=hostile,
            safety_url=f"{OURS}/safety", channel=hostile, cause="Paste a new one.",
        ),
    )  # fmt: skip


def check(kind: str, hostile: str) -> None:
    """No extra header, recipient, link or script."""
    made = written(kind, hostile)
    mail = Mail(
        message_id="<1@acme.test>",
        sent_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        sender_name=composing.sender_name(hostile),
        recipient="ana@acme.test",
        recipient_name=hostile,
        subject=made.subject,
        text=made.text,
        html=made.html,
        thread="<day.1@acme.test>",
        list_name="product",
        unsubscribe_url=f"{OURS}/u/abc",
    )
    content = build(mail, SENDER)
    head, _, body = content.partition(b"\r\n\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert names == HEADERS
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [one.addr_spec for one in message["To"].addresses] == ["ana@acme.test"]
    assert [one.addr_spec for one in message["From"].addresses] == ["breaks@acme.test"]
    decoded = message_from_bytes(content, policy=policy.default)
    for name in ("Subject", "To", "From"):
        assert not re.search(r"[\r\n\0]", str(decoded[name]))
    ours = [word for word in ENCODED_WORD.findall(head) if not word.startswith(b"=?utf-8?b?")]
    assert ours == []
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert not body.partition(b"--")[0].strip()
    seen, plain = _Tags(), _Tags()
    seen.feed(made.html)
    plain.feed(written(kind, "Ana").html)
    assert seen.tags == plain.tags
    assert seen.addresses == plain.addresses
    assert seen.handlers == []
    text = re.sub(r"(?m)^\S*" + re.escape(OURS) + r"\S*|" + re.escape(OURS) + r"/\S*", "", made.text)
    assert not LOOKS_LIKE_A_LINK.search(text), text


@pytest.mark.parametrize("kind", KINDS)
def test_no_hostile_string_gets_anything_into_a_mail(kind: str) -> None:
    assert len(set(CORPUS)) >= 500
    for hostile in CORPUS:
        try:
            check(kind, hostile)
        except AssertionError as problem:
            raise AssertionError(f"{hostile!r} in {kind}") from problem


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(KINDS), st.lists(st.one_of(st.text(), st.sampled_from(CORPUS)), max_size=3).map("".join)
)
def test_nor_does_anything_that_can_be_made_of_them(kind: str, hostile: str) -> None:
    check(kind, hostile)
