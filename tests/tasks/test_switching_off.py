"""A channel that Slack gave up is told of once; a webhook of one's own is tested before it is used."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.services import channels, own_webhook
from daybreak.store.tables import Channel
from tests.support.post_office import TEN, PostOffice
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink

MINUTE = timedelta(minutes=1)


def notices(sink: SmtpSink) -> list[tuple[str, ...]]:
    """Who was told by mail that a channel is off."""
    return [mail.recipients for mail in sink.mails if mail.message["Subject"].startswith("Slack is off")]


@pytest.mark.parametrize(
    ("answer", "mend"),
    [
        ("action_prohibited", "A Slack admin has forbidden posts"),
        ("invalid_token", "Slack does not know this webhook"),
        ("no_service", "Webhook removed in Slack. Paste a new one."),
        ("channel_not_found", "was deleted"),
        ("no_team", "The Slack workspace of this webhook is gone"),
        ("channel_is_archived", "Unarchive it in Slack"),
    ],
)
def test_admins_are_told_once_with_cause_and_mend(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink, answer: str, mend: str
) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "web"])
    slack_sink.reply(answer, times=5)
    office.run(TEN)
    assert office.channel(channel).off_reason == answer
    office.run(TEN + 60 * MINUTE)
    assert notices(smtp_sink) == [("alice@acme.test",)]
    assert len(slack_sink.requests) == 1
    words = smtp_sink.mails[0].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mend in " ".join(words.split())
    assert "/team/product/channels" in words
    assert slack_sink.origin not in words


def test_a_message_that_slack_cannot_read_is_our_fault(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink, caplog: pytest.LogCaptureFixture
) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks"])
    slack_sink.reply("invalid_payload")
    office.run(TEN)
    stored = office.channel(channel)
    assert (stored.off_at, stored.failures) == (None, 0)
    assert "Slack refused our message" in caplog.text
    assert len(slack_sink.requests) == 1
    office.run(TEN + 60 * MINUTE)
    assert len(slack_sink.posts) == 1
    assert notices(smtp_sink) == []


def test_one_that_failed_forty_times_is_told_of_and_one_mended_meanwhile_is_not(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "web"])
    office.change(channel, failures=39)
    slack_sink.reply("server_error")
    office.at(TEN)
    office.tick()
    ring = office.deliver()
    assert office.channel(channel).off_reason == "failing"
    with office.runtime.writing() as session:
        channels.switch_on(session, session.get_one(Channel, channel.id), None, TEN)
    office.deliver(ring)
    assert notices(smtp_sink) == []


class TestOwnWebhook:
    """Used from the moment its test has arrived."""

    def ask(self, office: PostOffice, sink: SlackSink, name: str) -> int:
        with office.runtime.writing() as session:
            bob = session.merge(office.world.bob)
            cipher, now = office.runtime.cipher, office.runtime.now()
            return own_webhook.try_address(session, bob, sink.webhook(name), cipher, [sink.origin], now)

    def states(self, office: PostOffice) -> list[str | None]:
        with office.runtime.reading() as session:
            return [one.off_reason for one in session.scalars(select(Channel).order_by(Channel.id))]

    def test_it_is_tested_before_it_is_used(self, office: PostOffice, slack_sink: SlackSink) -> None:
        office.policy(channels=["slack", "web"])
        office.at(TEN - MINUTE)
        delivery_id = self.ask(office, slack_sink, "T/B/one")
        assert self.states(office) == ["untested"]
        office.deliver([delivery_id])
        assert self.states(office) == [None]
        assert "A try" in slack_sink.posts[0].body.decode()
        office.run(TEN)
        assert "/b/" in slack_sink.posts[1].body.decode()

    def test_one_whose_test_fails_is_not_used_and_the_one_before_stays(
        self, office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
    ) -> None:
        office.policy(channels=["slack", "web"])
        office.at(TEN - MINUTE)
        office.deliver([self.ask(office, slack_sink, "T/B/one")])
        slack_sink.reply("no_service", path="/services/T/B/two")
        office.deliver([self.ask(office, slack_sink, "T/B/two")])
        assert self.states(office) == [None, "untested"]
        office.run(TEN)
        assert [post.path[-3:] for post in slack_sink.posts] == ["one", "one"]
        assert notices(smtp_sink) == []
        office.deliver([self.ask(office, slack_sink, "T/B/three")])
        assert self.states(office) == ["removed", "removed", None]

    def test_its_person_is_told_when_it_dies(
        self, office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
    ) -> None:
        office.policy(channels=["slack", "web"])
        office.webhook(slack_sink.webhook("T/B/bob"), person=office.world.bob)
        slack_sink.reply("no_service")
        office.run(TEN)
        assert notices(smtp_sink) == [("bob@acme.test",)]
