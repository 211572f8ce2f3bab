"""What messages say, and that nobody's words become markup, links or mentions."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from daybreak.channels.slack.form import personal_post, shared_post
from daybreak.data import catalogue
from daybreak.letters.composing import letter, prompt_mail
from daybreak.letters.words import LetterWords, PromptWords, SharedWords

BASE = "https://breaks.acme.test"
WORDS = PromptWords(
    clock="14:00",
    zone="Europe/Lisbon",
    team="Product team",
    title="One-minute stand",
    instructions="Stand up and let your arms hang.",
    seconds=60,
    today_url=f"{BASE}/today",
    settings_url=f"{BASE}/me",
    safety_url=f"{BASE}/safety",
    answer_url=f"{BASE}/b/token",
    snooze_minutes=10,
    number=3,
    total=5,
    next_clock="15:00",
)
SHARED = SharedWords("Hourly reset", "Easy walk", "Walk and come back.", "Squeeze", 120, f"{BASE}/today")


class Links(HTMLParser):
    """The addresses a mail leads to, and the tags it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


def test_both_parts_carry_the_same_links_and_the_same_facts() -> None:
    written = prompt_mail(WORDS, f"{BASE}/u/key")
    links = Links(written.html)
    assert links.hrefs == [
        f"{BASE}/b/token",
        f"{BASE}/b/token?do=snooze",
        f"{BASE}/b/token?do=skip",
        f"{BASE}/me",
        f"{BASE}/u/key",
        f"{BASE}/safety",
    ]
    assert all(href in written.text.split() for href in links.hrefs)
    for part in (written.text, written.html):
        assert "3 of 5 today." in part
        assert "Next one about 15:00" in part
        assert "Product team" in part
        assert "not medical advice" in part
        assert "60 seconds" in part
    assert written.subject == "14:00 - one-minute stand"


def test_a_mail_loads_nothing() -> None:
    links = Links(prompt_mail(WORDS, f"{BASE}/u/key").html)
    assert links.tags.isdisjoint({"img", "script", "link", "iframe", "form", "object"})


def test_what_cannot_be_done_is_not_offered() -> None:
    bare = replace(WORDS, snooze_minutes=None, may_skip=False, next_clock=None)
    written = prompt_mail(bare, f"{BASE}/u/key")
    assert "?do=" not in written.text + written.html
    assert "That was the last one for now." in written.text
    assert "?do=" not in personal_post(bare).decode()


def test_a_try_says_so_and_has_nothing_to_answer() -> None:
    trial = replace(WORDS, answer_url=None, is_try=True, number=0)
    written = prompt_mail(trial, f"{BASE}/u/key")
    assert "/b/" not in written.text + written.html
    assert "not counted" in " ".join(written.text.split())
    assert "not counted" in written.html
    assert "not counted" in personal_post(trial).decode()


@pytest.mark.parametrize("movement", catalogue().movements, ids=lambda movement: movement.id)
def test_every_movement_fits_a_subject_and_a_post(movement) -> None:  # type: ignore[no-untyped-def]
    words = replace(WORDS, title=movement.title, instructions=movement.instructions)
    written = prompt_mail(words, f"{BASE}/u/key")
    assert len(written.subject) <= 45
    assert max(map(len, written.text.splitlines())) <= 78
    for body in (personal_post(words), shared_post(replace(SHARED, instructions=movement.instructions))):
        message = json.loads(body)
        assert message["text"]
        assert len(message["blocks"]) <= 50
        assert message["unfurl_links"] is message["unfurl_media"] is False
        for block in message["blocks"]:
            if block["type"] == "section":
                assert 0 < len(block["text"]["text"]) <= 3000


def test_a_teams_name_is_text_in_every_part() -> None:
    hostile = '<img src=x onerror=alert(1)>{{ 7*7 }}"\r\nBcc: eve'
    written = prompt_mail(replace(WORDS, team=hostile), f"{BASE}/u/key")
    assert "<img" not in written.html
    assert "{{ 7*7 }}" in written.html
    assert "\nBcc" not in written.text


def test_a_policys_name_mentions_and_links_nobody() -> None:
    message = shared_post(
        replace(SHARED, policy="<!channel> <@U123> <https://evil.test|click> & co")
    ).decode()
    assert "<!channel>" not in message
    assert "<@U123>" not in message
    assert "<https://evil.test" not in message
    assert "&lt;!channel&gt;" in message


def test_a_shared_post_names_nobody_and_leads_to_today_alone() -> None:
    text = shared_post(SHARED).decode()
    assert "/b/" not in text
    assert f"<{BASE}/today|Log it on Today>" in text


@pytest.mark.parametrize("kind", ["sign_in", "invitation"])
def test_letters_carry_their_link_in_both_parts(kind: str) -> None:
    words = LetterWords(f"{BASE}/x/token", "14:10", "Acme", "Product", "Ana", f"{BASE}/safety")
    written = letter(kind, words)
    assert f"{BASE}/x/token" in written.text.split()
    assert f"{BASE}/x/token" in Links(written.html).hrefs
    assert "14:10" in written.text
    assert "14:10" in written.html
