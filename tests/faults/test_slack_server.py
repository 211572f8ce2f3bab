"""A webhook in every kind of trouble beside one that works: nobody else waits for it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from daybreak.services import planning
from daybreak.store.tables import Channel, Policy, Team
from tasks.dispatch import dispatch
from tests.support.post_office import TEN, PostOffice, post_office
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, Then, proxy_before
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900, make_person, make_policy, make_team

WEEKS_AGO = MONDAY_0900 - timedelta(days=14)
HEALTHY = "/services/T/B/healthy"
OFF = (
    "action_prohibited",
    "invalid_token",
    "no_service",
    "channel_not_found",
    "no_team",
    "channel_is_archived",
)


@dataclass
class Street:
    """Two teams due at ten with a webhook each: one in trouble, behind a proxy, and one that works."""

    office: PostOffice
    line: Proxy
    slack: SlackSink
    troubled: Channel
    healthy: Channel

    def deliver(self, aside: ThreadPoolExecutor) -> None:
        """Make ten o'clock's posts and send them; wait for the healthy webhook's."""
        self.office.at(TEN)
        self.office.tick()
        began_s = time.monotonic()
        dispatch(self.office.runtime, self.office.ids(), lambda _ids: None, aside)
        wait_until(lambda: self.posted(HEALTHY), seconds=8, what="the healthy webhook's post")
        assert time.monotonic() - began_s < 8  # less than a hanging one is waited for

    def posted(self, path: str) -> int:
        """How many posts a webhook has taken."""
        return sum(post.path == path for post in self.slack.posts)

    def state(self) -> tuple[str, str | None]:
        """How the troubled webhook's post stands, and what its channel is off for."""
        (post,) = [one for one in self.office.deliveries() if one.channel_id == self.troubled.id]
        return post.state, self.office.channel(self.troubled).off_reason


@pytest.fixture
def street(
    sqlite_database_url: str, tmp_path: Path, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> Iterator[Street]:
    host, port = slack_sink.origin.removeprefix("http://").split(":")
    with proxy_before(host, int(port)) as line:
        behind = f"http://127.0.0.1:{line.port}"
        allow = f"{slack_sink.origin},{behind}"
        environ = {"SMTP_URL": smtp_sink.url, "WEBHOOK_ALLOW": allow}
        with post_office(sqlite_database_url, tmp_path / "home", **environ) as office:
            healthy = office.webhook(slack_sink.origin + HEALTHY)
            office.change(healthy, team_id=small_team(office).id)
            troubled = office.webhook(f"{behind}/services/T/B/troubled")
            office.policy(channels=["slack:breaks"])
            with office.runtime.writing() as session:
                for policy in session.query(Policy):
                    planning.replan_shared(session, policy, MONDAY_0900)
            yield Street(office, line, slack_sink, troubled, healthy)


def small_team(office: PostOffice) -> Team:
    """Make a second team that is due at ten in its own channel."""
    with office.runtime.writing() as session:
        team = make_team(session, "small", "Small team", WEEKS_AGO)
        make_policy(session, team, WEEKS_AGO, channels=["slack:breaks"])
        person = make_person(session, "small", WEEKS_AGO, team)
        planning.replan(session, [person], MONDAY_0900)
        return team


@pytest.mark.parametrize("answer", OFF)
def test_a_webhook_that_is_gone_is_switched_off_at_once(street: Street, answer: str) -> None:
    street.slack.reply(answer, path="/services/T/B/troubled")
    with ThreadPoolExecutor(8) as aside:
        street.deliver(aside)
    assert street.state() == ("failed", answer)
    assert street.posted(HEALTHY) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("invalid_payload", "failed"),
        ("rate_limited", "planned"),
        ("server_error", "planned"),
        ("unavailable", "planned"),
    ],
)
def test_a_webhook_in_passing_trouble_stays_on(street: Street, answer: str, state: str) -> None:
    street.slack.reply(answer, path="/services/T/B/troubled", retry_after=30)
    with ThreadPoolExecutor(8) as aside:
        street.deliver(aside)
    assert street.state() == (state, None)
    if state == "planned":
        if answer == "rate_limited":  # as long as it asked for, and no longer
            street.office.at(TEN + timedelta(seconds=29))
            dispatch(street.office.runtime, street.office.ids(), lambda _ids: None)
            assert street.posted("/services/T/B/troubled") == 0
        street.office.at(TEN + timedelta(seconds=62))
        dispatch(street.office.runtime, street.office.ids(), lambda _ids: None)
        assert street.posted("/services/T/B/troubled") == 1
        assert street.state() == ("sent", None)


@pytest.mark.parametrize("then", ["stall", "cut", "drop"])
def test_a_webhook_that_may_have_the_post_is_never_posted_to_again(street: Street, then: Then) -> None:
    street.line.order("request", then)
    with ThreadPoolExecutor(8) as aside:
        street.deliver(aside)
        assert street.line.reached.wait(8)
        if then == "stall":
            assert street.state() == ("handing_off", None)
            street.line.cut_all()
    assert street.state() == ("unknown", None)
    street.office.run(TEN + timedelta(minutes=2))
    assert street.state() == ("unknown", None)
    assert street.line.connections == 1


def test_a_slow_webhook_holds_up_nobody(street: Street) -> None:
    street.line.order("request", "go on", tell=lambda: time.sleep(4))
    with ThreadPoolExecutor(8) as aside:
        street.deliver(aside)
        wait_until(lambda: street.state()[0] != "claimed", what="the hand-off")
        assert street.state() == ("handing_off", None)
    assert street.state() == ("sent", None)
