"""What comes from Slack is signed, fresh and heard once; all else changes nothing."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

import tasks
from daybreak.channels.slack.hearing import is_signed
from daybreak.store.tables import SlackRequest
from tests.support.interactions import SIGNING_SECRET, Request, press, signed
from tests.support.presses import NOW, SECOND, answer_at, asked, bob, breaks, link, shared, whispers
from tests.support.slack import SlackSink
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web


@pytest.fixture
def web(make_web: Callable[..., Web], slack_sink: SlackSink) -> Web:
    return asked(make_web, slack_sink)


def test_slacks_own_example_of_a_signature() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    at = MONDAY_0900.fromtimestamp(1531420618, MONDAY_0900.tzinfo)
    assert is_signed(SIGNING_SECRET, "1531420618", signature, body, at)
    assert not is_signed(SIGNING_SECRET, "1531420618", signature, body + b" ", at)


class TestForgery:
    """What was not signed by Slack, just now, for the first time, changes nothing."""

    @pytest.fixture
    def good(self, web: Web, slack_sink: SlackSink) -> Request:
        link(web, web.world.bob)
        return press("done", shared(web), NOW, answer_at(slack_sink))

    def test_forged(self, web: Web, good: Request) -> None:
        wrong = [
            replace(good, signature=""),
            replace(good, signature="v0=" + "0" * 64),
            replace(good, signature=good.signature.upper()),
            replace(good, signature=good.signature.replace("v0", "v1")),
            replace(good, signature="v0=\xfc" + "0" * 63),
            replace(good, body=good.body + b"&x=1"),
            replace(good, timestamp=str(int(good.timestamp) + 1)),
            replace(good, timestamp=f"+{good.timestamp}"),
            replace(good, timestamp=f" {good.timestamp}"),
            replace(good, timestamp="9" * 400),
            replace(good, timestamp=""),
            replace(good, path="/slack/commands", signature="v0=" + "0" * 64),
        ]
        assert {one.send(web.client()).status_code for one in wrong} == {401}
        assert bob(web).standing == "open"

    @pytest.mark.parametrize(("off_s", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
    def test_aged_and_future(self, web: Web, slack_sink: SlackSink, off_s: int, status: int) -> None:
        link(web, web.world.bob)
        request = press("done", shared(web), NOW + off_s * SECOND, answer_at(slack_sink))
        assert request.send(web.client()).status_code == status
        assert bob(web).standing == ("done" if status == 200 else "open")

    def test_replayed(self, web: Web, good: Request, slack_sink: SlackSink) -> None:
        good.send(web.client())
        browser = web.signed_in(web.world.bob)
        assert browser.post(f"/today/prompts/{bob(web).id}/undo").status_code == 303
        assert bob(web).standing == "open"
        assert good.send(web.client()).status_code == 200
        assert bob(web).standing == "open"
        assert len(whispers(web, slack_sink)) == 1

    def test_a_replay_has_no_effect_until_its_signature_is_stale(self, web: Web, good: Request) -> None:
        early = press("done", shared(web), NOW + 300 * SECOND, "https://hooks.slack.com/actions/T/1/a")
        early.send(web.client())
        web.clock.at = NOW + 600 * SECOND
        tasks.sweep()
        with web.reading() as session:
            assert session.scalar(select(func.count(SlackRequest.id))) == 1
        web.clock.at += 600 * SECOND
        tasks.sweep()
        with web.reading() as session:
            assert session.scalar(select(func.count(SlackRequest.id))) == 0
        assert early.send(web.client()).status_code == 401

    def test_all_of_it_in_any_order_has_one_effect(
        self, web: Web, good: Request, slack_sink: SlackSink
    ) -> None:
        again = press("done", shared(web), NOW, answer_at(slack_sink), nth=1)
        bad = [
            replace(good, signature="v0=" + "0" * 64),
            press("done", shared(web), NOW - 900 * SECOND, answer_at(slack_sink)),
            press("done", shared(web), NOW + 900 * SECOND, answer_at(slack_sink)),
        ]
        for order in itertools.islice(itertools.permutations([good, good, again, *bad]), 0, None, 37):
            for one in order:
                one.send(web.client())
        assert (bob(web).standing, breaks(web)) == ("done", 1)
        assert bob(web).answered_at == NOW

    def test_without_a_secret_there_is_nothing_there(self, make_web: Callable[..., Web]) -> None:
        web = make_web()
        for path in ("/slack/interactions", "/slack/commands"):
            assert web.client().post(path, forged=True).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=[]",
        b"payload=" + b"[" * 5000,
        b"payload={}",
        b"\xff\xfe",
        b"a=1&" * 500,
        b'payload={"type":"block_actions","user":1,"actions":[1]}',
        b'payload={"type":"view_submission"}',
    ],
)
def test_what_is_signed_and_makes_no_sense_is_taken_in_silence(web: Web, body: bytes) -> None:
    for path in ("/slack/interactions", "/slack/commands"):
        assert signed(path, body, NOW).send(web.client()).status_code == 200
