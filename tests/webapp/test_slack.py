"""Buttons and the slash command: signed, fresh, once; on the presser's own prompt, answered to them alone."""

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

import tasks
from daybreak.channels.slack.buttons import personal_key, shared_key
from daybreak.channels.slack.hearing import is_signed
from daybreak.store.tables import (
    BreakTaken,
    Person,
    Prompt,
    SlackAccount,
    SlackConnect,
    SlackReply,
    SlackRequest,
)
from tests.support.interactions import SIGNING_SECRET, TEAM, USER, Request, command, press, signed
from tests.support.post_office import NOBODY
from tests.support.prompts import make_link, make_prompt
from tests.support.slack import SlackSink
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web

TEN = MONDAY_0900 + timedelta(hours=1)
NOW = TEN + timedelta(minutes=2)
SECOND = timedelta(seconds=1)
TOKEN = "a-token-that-is-long-enough"


@pytest.fixture
def web(make_web: Callable[..., Web], slack_sink: SlackSink) -> Web:
    """The app with a signing secret; Bob was asked at ten, and it is two minutes past."""
    environ = {"SLACK_SIGNING_SECRET": SIGNING_SECRET, "WEBHOOK_ALLOW": slack_sink.origin}
    made = make_web(REDIS_URL=NOBODY, **environ)
    with made.writing() as session:
        make_prompt(session, made.world.bob, made.world.policy, TEN)
    made.clock.at = NOW
    tasks.use(made.runtime)
    return made


def link(web: Web, person: Person, user: str = USER) -> None:
    """Connect a Slack account to a person."""
    with web.writing() as session:
        session.add(SlackAccount(person_id=person.id, team_id=TEAM, user_id=user, linked_at=NOW))


def shared(web: Web) -> str:
    """What the buttons of the team's post of ten o'clock carry."""
    return shared_key(web.world.policy.id, TEN)


def bob(web: Web) -> Prompt:
    """Bob's prompt as stored now."""
    with web.reading() as session:
        return session.scalars(select(Prompt).filter_by(person_id=web.world.bob.id)).one()


def breaks(web: Web) -> int:
    """How many breaks were taken."""
    with web.reading() as session:
        return session.scalar(select(func.count(BreakTaken.id))) or 0


def whispers(web: Web, sink: SlackSink) -> list[str]:
    """Let the worker say what waits; what Slack was told so far."""
    with web.reading() as session:
        waiting = list(session.scalars(select(SlackReply.id)))
    tasks.whisper(waiting)
    assert all(post.payload["response_type"] == "ephemeral" for post in sink.posts)
    assert all(post.payload["replace_original"] is False for post in sink.posts)
    return [post.payload["text"] for post in sink.posts]


def answer_at(sink: SlackSink) -> str:
    """The response_url of a press."""
    return f"{sink.origin}/actions/T0ACME/1/abc"


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


def test_a_button_under_the_teams_post_acts_on_ones_own_prompt(web: Web, slack_sink: SlackSink) -> None:
    link(web, web.world.bob)
    response = press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
    assert (response.status_code, response.data) == (200, b"")
    assert bob(web).standing == "done"
    assert slack_sink.requests == []  # not in the request
    assert whispers(web, slack_sink) == ["Logged at 10:02."]
    assert whispers(web, slack_sink) == ["Logged at 10:02."]  # said once


@pytest.mark.parametrize(
    ("action", "standing", "words"),
    [("skip", "skipped", "Skipped."), ("snooze", "open", "Snoozed until 10:12.")],
)
def test_the_other_buttons(web: Web, slack_sink: SlackSink, action: str, standing: str, words: str) -> None:
    link(web, web.world.bob)
    press(action, shared(web), NOW, answer_at(slack_sink)).send(web.client())
    assert bob(web).standing == standing
    assert whispers(web, slack_sink) == [words]


def test_a_message_of_ones_own_is_bound_to_its_prompt(web: Web, slack_sink: SlackSink) -> None:
    with web.writing() as session:
        make_link(session, session.scalars(select(Prompt)).one(), TOKEN)
    press("done", personal_key(TOKEN), NOW, answer_at(slack_sink)).send(web.client())
    assert bob(web).standing == "done"
    assert whispers(web, slack_sink) == ["Logged at 10:02."]


def test_a_message_of_somebody_else_acts_on_nothing(web: Web, slack_sink: SlackSink) -> None:
    with web.writing() as session:
        make_link(session, session.scalars(select(Prompt)).one(), TOKEN)
    link(web, web.world.alice)
    press("done", personal_key(TOKEN), NOW, answer_at(slack_sink)).send(web.client())
    assert bob(web).standing == "open"
    assert whispers(web, slack_sink) == ["This break is not one of yours."]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "p.short",
        "p.a-token-nobody-ever-made",
        "s.1",
        "s.99.20260302T100000",
        "s.1.20269902T100000",
        "x" * 3000,
    ],
)
def test_a_button_that_is_none_of_ours(web: Web, slack_sink: SlackSink, value: str) -> None:
    link(web, web.world.bob)
    assert press("done", value, NOW, answer_at(slack_sink)).send(web.client()).status_code == 200
    assert (bob(web).standing, breaks(web)) == ("open", 0)


def test_who_is_not_in_the_team_cannot_answer_its_post(web: Web, slack_sink: SlackSink) -> None:
    link(web, web.world.charlie)
    press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
    assert breaks(web) == 0
    assert whispers(web, slack_sink) == ["This break is not one of yours."]


def test_who_was_not_asked_then_logs_a_break_of_their_own(web: Web, slack_sink: SlackSink) -> None:
    link(web, web.world.alice)
    press("skip", shared(web), NOW, answer_at(slack_sink)).send(web.client())
    press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
    press("done", shared(web), NOW, answer_at(slack_sink), nth=2).send(web.client())
    with web.reading() as session:
        (taken,) = session.scalars(select(BreakTaken))
    assert (taken.person_id, taken.prompt_id) == (web.world.alice.id, None)


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


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.test/actions/T/1/a",
        "https://hooks.slack.com.evil.test/actions/T/1/a",
        "http://hooks.slack.com/actions/T/1/a",
        "https://a@hooks.slack.com/actions/T/1/a",
        "https://hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com/actions/../x",
    ],
)
def test_answers_go_to_slack_only(web: Web, slack_sink: SlackSink, address: str) -> None:
    link(web, web.world.bob)
    assert press("done", shared(web), NOW, address).send(web.client()).status_code == 200
    assert bob(web).standing == "done"
    with web.reading() as session:
        assert session.scalars(select(SlackReply.id)).all() == []


def test_the_command(web: Web) -> None:
    link(web, web.world.bob)
    told = command(NOW).send(web.client())
    assert told.json is not None
    assert (told.json["response_type"], told.json["text"]) == ("ephemeral", "Logged at 10:02.")
    assert bob(web).standing == "done"
    assert command(NOW).send(web.client()).data == b""  # the same again
    assert breaks(web) == 1


class TestConnecting:
    """Who is who is said by its holder, while signed in."""

    def test_an_unknown_account_gets_a_link_alone(self, web: Web, slack_sink: SlackSink) -> None:
        press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
        assert bob(web).standing == "open"
        with web.reading() as session:
            assert session.scalars(select(SlackConnect)).all() == []  # made when it is said
        (text,) = whispers(web, slack_sink)
        found = re.search(r"<http://localhost(/slack/connect/[^|]+)\|", text)
        assert found
        browser = web.signed_in(web.world.bob)
        assert "Is this Slack account you?" in browser.get(found[1]).text
        with web.reading() as session:
            assert session.scalars(select(SlackAccount)).all() == []
        assert browser.post(found[1]).location == "/me/slack"
        press("done", shared(web), NOW, answer_at(slack_sink), nth=1).send(web.client())
        assert bob(web).standing == "done"

    def token(self, web: Web, user: str = USER) -> str:
        told = command(NOW, user=user, nth=web.clock.at.second).send(web.client())
        assert told.json is not None
        found = re.search(r"(/slack/connect/[^|]+)\|", told.json["text"])
        assert found
        return found[1]

    def test_the_link_is_good_once_and_for_half_an_hour(self, web: Web) -> None:
        path, browser = self.token(web), web.signed_in(web.world.bob)
        assert browser.post(path).status_code == 303
        assert web.signed_in(web.world.alice).post(path).status_code == 409
        assert browser.get(path).status_code == 410
        web.clock.at += SECOND
        late = self.token(web, "U0ALICE")
        web.clock.at += timedelta(minutes=30)
        assert browser.get(late).status_code == 410
        assert browser.post(late).status_code == 409
        assert browser.get("/slack/connect/none").status_code == 404

    def test_it_asks_for_a_sign_in_and_for_our_own_page(self, web: Web) -> None:
        path = self.token(web)
        assert web.client().get(path).location.startswith("/signin?next=/slack/connect/")
        assert web.signed_in(web.world.bob).post(path, forged=True).status_code == 400
        with web.reading() as session:
            assert session.scalars(select(SlackAccount)).all() == []

    def test_a_name_or_an_address_connects_nobody(self, web: Web, slack_sink: SlackSink) -> None:
        user = {"id": USER, "team_id": TEAM, "name": "Bob", "email": "bob@acme.test"}
        more: dict[str, Any] = {"user": user}
        press("done", shared(web), NOW, answer_at(slack_sink), **more).send(web.client())
        assert bob(web).standing == "open"

    def test_the_same_ids_of_another_workspace_are_somebody_else(
        self, web: Web, slack_sink: SlackSink
    ) -> None:
        link(web, web.world.bob)
        more: dict[str, Any] = {"user": {"id": USER, "team_id": "T0OTHER", "name": "bob"}}
        press("done", shared(web), NOW, answer_at(slack_sink), **more).send(web.client())
        assert bob(web).standing == "open"

    def test_disconnected_buttons_lead_nowhere(self, web: Web, slack_sink: SlackSink) -> None:
        link(web, web.world.bob)
        browser = web.signed_in(web.world.bob)
        assert f"({USER})" in browser.get("/me/slack").text
        assert web.signed_in(web.world.alice).post("/me/slack/accounts/1/disconnect").status_code == 404
        assert browser.post("/me/slack/accounts/1/disconnect").status_code == 303
        press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
        assert bob(web).standing == "open"


def test_a_reply_that_could_not_be_begun_is_said_later_and_then_forgotten(
    web: Web, slack_sink: SlackSink
) -> None:
    link(web, web.world.bob)
    nobody = "https://hooks.slack.com/actions/T/1/a"
    press("done", shared(web), NOW, nobody).send(web.client())
    with web.reading() as session:
        (reply,) = session.scalars(select(SlackReply))
    assert nobody.encode() not in reply.address
    web.clock.at = NOW + timedelta(minutes=31)
    tasks.sweep()
    with web.reading() as session:
        assert session.scalars(select(SlackReply)).all() == []


def test_the_answer_is_json_that_slack_takes(web: Web, slack_sink: SlackSink) -> None:
    link(web, web.world.bob)
    press("done", shared(web), NOW, answer_at(slack_sink)).send(web.client())
    whispers(web, slack_sink)
    (post,) = slack_sink.posts
    assert post.path == "/actions/T0ACME/1/abc"
    assert json.loads(post.body)["unfurl_links"] is False
