"""A further kind of webhook is one module and one line: one that only this test knows is delivered."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from daybreak import channels
from daybreak.channels.slack import SLACK, SlackTransport
from daybreak.domain.errors import InvalidValueError
from daybreak.letters.words import PromptWords, SharedWords
from tests.support.post_office import TEN, post_office
from tests.support.slack import SlackSink


def check(url: str, allow: Sequence[str] = ()) -> str:
    """Take addresses of allowed origins alone."""
    if not any(url.startswith(f"{origin}/hooks/") for origin in allow):
        raise InvalidValueError("url", "not allowed")
    return url


def plain(words: PromptWords | SharedWords) -> bytes:
    """Say the title, and nothing else."""
    return json.dumps({"text": words.title}).encode()


def test_one_line_adds_a_kind(
    sqlite_database_url: str, tmp_path: Path, slack_sink: SlackSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = replace(
        SLACK,
        name="carrier_webhook",
        title="Carrier",
        check_address=check,
        transport=partial(SlackTransport, check=check),
        personal_post=plain,
        shared_post=plain,
    )
    monkeypatch.setitem(channels.KINDS, kind.name, kind)
    with post_office(sqlite_database_url, tmp_path / "home", WEBHOOK_ALLOW=slack_sink.origin) as office:
        channel = office.webhook(f"{slack_sink.origin}/hooks/abc")
        office.change(channel, kind=kind.name)
        office.policy(channels=["slack:breaks"])
        office.run(TEN)
        (delivery,) = office.deliveries()
        assert (delivery.transport, delivery.state) == ("carrier_webhook", "sent")
    (post,) = slack_sink.posts
    assert post.path == "/hooks/abc"
    assert set(post.payload) == {"text"}
