"""Buttons and the slash command: on the presser's own prompt, answered to them alone."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import tasks
from daybreak.channels.slack.buttons import personal_key
from daybreak.store.tables import BreakTaken, Prompt, SlackAccount, SlackConnect, SlackReply
from tests.support.interactions import TEAM, USER, command, press
from tests.support.presses import NOW, SECOND, answer_at, asked, bob, breaks, link, shared, whispers
from tests.support.prompts import make_link
from tests.support.slack import SlackSink
from tests.webapp.conftest import Web

TOKEN = "a-token-that-is-long-enough"


@pytest.fixture
def web(make_web: Callable[..., Web], slack_sink: SlackSink) -> Web:
    return asked(make_web, slack_sink)


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
