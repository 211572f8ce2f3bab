"""Buttons where there is a signing secret, else links; one post a second over two processes."""

import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from daybreak.channels.base import Parcel
from daybreak.channels.slack.buttons import OwnPrompt, SharedBreak, read_key
from daybreak.settings import load
from daybreak.tokens import hash_token
from tasks.turns import Turns
from tests.support.post_office import TEN, post_office
from tests.support.runtimes import runtime_for
from tests.support.slack import Post, SlackSink

WEBHOOK = "https://hooks.slack.com/services/T000/B000/pace"


def buttons(post: Post) -> dict[str, str]:
    """What the buttons of a post carry, by their action."""
    rows = [block for block in post.payload["blocks"] if block["type"] == "actions"]
    return {button["action_id"]: button["value"] for row in rows for button in row["elements"]}


@pytest.mark.parametrize("secret", ["", "s" * 32])
def test_what_messages_carry(
    sqlite_database_url: str, tmp_path: Path, slack_sink: SlackSink, secret: str
) -> None:
    environ = {"WEBHOOK_ALLOW": slack_sink.origin, "SLACK_SIGNING_SECRET": secret}
    with post_office(sqlite_database_url, tmp_path / "home", **environ) as office:
        office.webhook(slack_sink.webhook("T/B/bob"), person=office.world.bob)
        office.webhook(slack_sink.webhook("T/B/team"))
        office.change(office.world.bob, channel="slack")
        office.policy(channels=["slack:breaks", "slack"])
        office.run(TEN)
        posts = {post.path.rpartition("/")[2]: post for post in slack_sink.posts}
        shared, own = buttons(posts["team"]), buttons(posts["bob"])
        if not secret:
            assert (shared, own) == ({}, {})
            assert "|Skip>" in posts["bob"].body.decode()
            return
        assert set(shared) == set(own) == {"done", "snooze", "skip"}
        assert {read_key(one) for one in shared.values()} == {SharedBreak(office.world.policy.id, TEN)}
        (about,) = {read_key(one) for one in own.values()}
        assert isinstance(about, OwnPrompt)
        assert f"/b/{about.token}" in posts["bob"].payload["text"]
        assert hash_token(about.token) not in posts["bob"].body.decode()
        assert "|Skip>" not in posts["bob"].body.decode()


def _take(home: Path, redis_url: str, database_url: str, times: int) -> list[float]:
    taken: list[float] = []
    with runtime_for(database_url, home, REDIS_URL=redis_url) as runtime:
        assert load({"DAYBREAK_HOME": str(home), "REDIS_URL": redis_url}).redis_url
        turns = Turns(runtime, {1: 1})
        while len(taken) < times:
            if turns.take(Parcel(1, WEBHOOK)):
                taken.append(time.monotonic())  # one clock for all processes of a machine
    return taken


def test_one_post_a_second_over_two_processes(
    sqlite_database_url: str, tmp_path: Path, valkey_url: str
) -> None:
    with ProcessPoolExecutor(2) as pool:
        homes = (tmp_path / "one", tmp_path / "two")
        calls = [pool.submit(_take, home, valkey_url, sqlite_database_url, 2) for home in homes]
        at = sorted(instant for call in calls for instant in call.result(timeout=60))
    assert len(at) == 4
    assert at[-1] - at[0] >= 2.7  # a turn is noted a little after it was taken
