"""Whatever people call their teams and policies: no mention, no link and no formula in what Slack is sent."""

import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from daybreak.channels.slack.form import answer_post, personal_post, shared_post
from daybreak.channels.slack.hearing import read_command, read_press
from tests.letters.test_composing import BASE, SHARED, WORDS

NASTY = (
    "<!channel>", "<!here|here>", "<!everyone>", "<@U0BOB>", "<#C0GENERAL>", "<!subteam^S1>", "<!date^1^{d}>",
    "<https://evil.test|Today>", "https://evil.test", "javascript:alert(1)", "&lt;!channel&gt;", "&amp;lt;!",
    "@channel", "@here", "*bold*", "`code`", "~x~", ">quote", "|", "\r\n", "\0", "\u202e", "%s%(x)s{0}",
    "=HYPERLINK(1)", "=?utf-8?q?x?=", "x" * 5000, "&" * 2000, "\ud800",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(), min_size=1, max_size=6).map("".join)
OURS = re.compile(r"<(https://breaks\.acme\.test/[^<>|]*)\|[^<>]*>")
HOSTILE = settings(max_examples=500, deadline=None)


def check(body: bytes) -> None:
    """Every angle bracket belongs to a link of ours, and Slack makes none by itself."""
    message = json.loads(body)
    assert 1 <= len(message["blocks"]) <= 50
    assert message["text"]
    assert len(message["text"]) <= 4000
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    texts = [message["text"]]
    for block in message["blocks"]:
        for part in [block["text"]] if "text" in block else block["elements"]:
            if part["type"] == "mrkdwn":
                assert part["verbatim"] is True
                assert 0 < len(part["text"]) <= 3000
                texts.append(part["text"])
            else:
                assert part["text"]["type"] == "plain_text"
                assert len(part["value"]) <= 2000
    for text in texts:
        left = OURS.sub("", text)
        assert "<" not in left
        assert ">" not in left
        assert not re.search(r"&(?!amp;|lt;|gt;)", left)


@HOSTILE
@given(TEXTS, TEXTS, TEXTS)
def test_of_a_shared_post(policy: str, title: str, instructions: str) -> None:
    words = replace(SHARED, policy=policy, title=title, instructions=instructions[:1000], seated=title[:200])
    check(shared_post(words))
    check(shared_post(replace(words, press_key="s.1.20260302T100000", snooze_minutes=10, may_skip=True)))


@HOSTILE
@given(TEXTS, TEXTS)
def test_of_a_personal_post(title: str, instructions: str) -> None:
    words = replace(WORDS, title=title, instructions=instructions)
    check(personal_post(words))
    check(personal_post(replace(words, press_key="p.token-token-token")))


@HOSTILE
@given(TEXTS)
def test_of_an_answer(text: str) -> None:
    body = json.dumps(answer_post(text, f"{BASE}/slack/connect/x", "Connect")).encode()
    check(body)


@HOSTILE
@given(st.binary() | TEXTS.map(lambda text: b"payload=" + text.encode("utf-8", "replace")))
def test_what_is_heard_is_read_or_left(body: bytes) -> None:
    assert read_press(body) is None
    assert read_command(body) is None
