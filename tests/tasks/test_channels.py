"""Which channel carries a prompt: shared posts, nudges after a snooze, the next one after a failure."""

from datetime import timedelta

import pytest

from daybreak.domain.delivery import BREAKER_OFF
from daybreak.domain.prompt import snooze
from daybreak.services import answering
from tests.support.post_office import TEN, PostOffice
from tests.support.slack import HANG_UP, SlackSink
from tests.support.smtp import SmtpSink

MINUTE = timedelta(minutes=1)


def test_a_shared_post_goes_out_once_and_counts_for_who_is_on_it(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> None:
    office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "email", "web"])
    office.change(office.world.bob, channel="email")
    office.run(TEN)
    office.run(TEN)
    (post,) = slack_sink.posts
    assert post.payload["text"].startswith("Hourly reset: ")
    assert "Alice" not in post.body.decode()
    assert "/b/" not in post.body.decode()
    assert [mail.recipients for mail in smtp_sink.mails] == [("bob@acme.test",)]
    (alice,) = office.prompts(office.world.alice)
    assert alice.first_sent_at == TEN
    assert alice.deadline_at == TEN + 30 * MINUTE
    assert {one.kind for one in office.deliveries()} == {"shared", "prompt"}


def test_who_is_due_at_another_instant_gets_it_alone(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> None:
    office.webhook(slack_sink.webhook("T/B/team"))
    office.change(office.world.bob, hours={"mon": ["09:30-12:00", "13:00-17:00"]})
    office.policy(channels=["slack:breaks", "email", "web"])
    office.run(TEN)
    assert smtp_sink.mails == []
    office.run(TEN + 30 * MINUTE)
    assert [mail.recipients for mail in smtp_sink.mails] == [("bob@acme.test",)]
    assert len(slack_sink.posts) == 1


def test_a_dead_webhook_is_switched_off_and_the_next_channel_used(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "email", "web"])
    slack_sink.reply("no_service")
    office.run(TEN)
    stored = office.channel(channel)
    assert (stored.off_at, stored.off_reason) == (TEN, "no_service")
    prompts, notices = ("10:00 ", "11:00 "), [("alice@acme.test",)]
    assert [m.recipients for m in smtp_sink.mails if not m.message["Subject"].startswith(prompts)] == notices
    assert len(smtp_sink.mails) == 2 + 1
    office.run(TEN + 60 * MINUTE)
    assert len(slack_sink.requests) == 1
    assert len(smtp_sink.mails) == 4 + 1


def test_a_webhook_of_ones_own_carries_personal_links(office: PostOffice, slack_sink: SlackSink) -> None:
    office.webhook(slack_sink.webhook("T/B/bob"), person=office.world.bob)
    office.policy(channels=["slack", "web"])
    office.run(TEN)
    (post,) = slack_sink.posts
    assert "/b/" in post.body.decode()
    (alice,) = office.prompts(office.world.alice)
    assert (alice.pushed, alice.standing, alice.first_sent_at) == (False, "open", None)


def test_a_busy_webhook_waits_as_long_as_it_asked(office: PostOffice, slack_sink: SlackSink) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks"])
    slack_sink.reply("rate_limited", retry_after=90)
    office.run(TEN)
    assert office.channel(channel).wait_until_at == TEN + 90 * timedelta(seconds=1)
    office.run(TEN + MINUTE)
    assert slack_sink.posts == []
    office.run(TEN + 2 * MINUTE)
    assert len(slack_sink.posts) == 1
    assert office.channel(channel).off_at is None


def test_what_passes_its_expiry_while_a_webhook_waits_is_expired(
    office: PostOffice, slack_sink: SlackSink
) -> None:
    office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks"])
    slack_sink.reply("rate_limited", retry_after=600)
    office.run(TEN)
    (post,) = office.deliveries()
    assert post.state == "expired"
    assert {one.standing for one in office.prompts()} == {"undelivered"}


def test_a_post_that_may_have_arrived_is_not_repeated(office: PostOffice, slack_sink: SlackSink) -> None:
    office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "email"])
    slack_sink.reply(HANG_UP)
    office.run(TEN)
    office.run(TEN + 2 * MINUTE)
    assert len(slack_sink.requests) == 1
    assert [one.state for one in office.deliveries()] == ["unknown"]


@pytest.mark.parametrize(("failures", "off"), [(3, False), (BREAKER_OFF - 1, True)])
def test_a_webhook_that_keeps_failing_rests_and_is_switched_off_in_the_end(
    office: PostOffice, slack_sink: SlackSink, failures: int, off: bool
) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks"])
    office.change(channel, failures=failures)
    slack_sink.reply("server_error")
    office.run(TEN)
    stored = office.channel(channel)
    assert (stored.off_at is not None) is off
    if not off:
        assert stored.wait_until_at == TEN + MINUTE


def test_a_snoozed_prompt_is_nudged_once_more(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.run(TEN)
    (prompt,) = office.prompts(office.world.bob)
    with office.runtime.writing() as session:
        answering.answer(session, prompt.id, snooze(10), TEN + MINUTE)
    office.run(TEN + 10 * MINUTE)
    assert len(smtp_sink.to("bob@acme.test")) == 1
    office.run(TEN + 11 * MINUTE)
    office.run(TEN + 12 * MINUTE)
    first, second = smtp_sink.to("bob@acme.test")
    assert first.message["Message-ID"] != second.message["Message-ID"]
    assert first.message["References"] == second.message["References"]
    (prompt,) = office.prompts(office.world.bob)
    assert prompt.first_sent_at == TEN
    assert prompt.last_nudge_at == TEN + 11 * MINUTE
    assert prompt.deadline_at == TEN + 40 * MINUTE


def test_a_nudge_nobody_could_send_in_time_is_left_out(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.run(TEN)
    (prompt,) = office.prompts(office.world.bob)
    with office.runtime.writing() as session:
        answering.answer(session, prompt.id, snooze(10), TEN + MINUTE)
    office.run(TEN + 17 * MINUTE)
    assert len(smtp_sink.to("bob@acme.test")) == 1


def test_who_wishes_for_today_alone_or_stopped_mail_is_sent_nothing(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.change(office.world.alice, channel="web")
    office.change(office.world.bob, email_off_at=TEN - 60 * MINUTE)
    office.run(TEN)
    assert smtp_sink.mails == []
    assert office.deliveries() == []
    assert [one.pushed for one in office.prompts()] == [False, False]


def test_mail_that_was_stopped_while_it_waited_does_not_leave(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.at(TEN)
    office.tick()
    office.change(office.world.bob, email_off_at=TEN)
    office.deliver()
    assert [mail.recipients for mail in smtp_sink.mails] == [("alice@acme.test",)]
    assert sorted(one.state for one in office.deliveries()) == ["sent", "suppressed"]


def test_at_most_one_prompt_of_a_person_is_open(office: PostOffice) -> None:
    office.policy(response_window=60, interval_min=60)
    office.run(TEN)
    office.run(TEN + 60 * MINUTE)
    ten, eleven = office.prompts(office.world.bob)
    assert (ten.standing, eleven.standing) == ("missed", "open")
    assert ten.closed_at == TEN + 60 * MINUTE
    office.run(TEN + 121 * MINUTE)
    assert [one.standing for one in office.prompts(office.world.bob)] == ["missed", "missed"]


def test_a_post_that_went_out_before_reaches_who_is_planned_after_it(
    office: PostOffice, slack_sink: SlackSink
) -> None:
    office.webhook(slack_sink.webhook("T/B/team"))
    office.policy(channels=["slack:breaks", "email", "web"])
    office.change(office.world.bob, next_due_at=None)
    office.run(TEN)
    assert office.prompts(office.world.bob) == []
    office.change(office.world.bob, next_due_at=TEN)
    office.run(TEN + MINUTE)
    (prompt,) = office.prompts(office.world.bob)
    assert prompt.first_sent_at == TEN
    assert prompt.deadline_at == TEN + 30 * MINUTE
    assert len(slack_sink.posts) == 1


@pytest.mark.parametrize(("whose", "interval"), [("shared", 60), ("shared", 10), ("own", 60), ("own", 10)])
def test_while_slack_cannot_be_reached_the_mail_follows_well_before_the_prompt_expires(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink, whose: str, interval: int
) -> None:
    office.webhook(slack_sink.webhook("T/B/x"), person=office.world.bob if whose == "own" else None)
    channels = ["slack:breaks" if whose == "shared" else "slack", "email"]
    office.policy(channels=channels, interval_min=interval, interval_max=interval)
    slack_sink.reply("unavailable", times=100)
    at = TEN
    office.run(at)
    (prompt,) = [one for one in office.prompts(office.world.bob) if one.due_at == TEN]
    while at < prompt.expires_at and not smtp_sink.to("bob@acme.test"):
        at += timedelta(seconds=5)
        office.run(at)
    assert smtp_sink.to("bob@acme.test")
    assert at <= TEN + (prompt.expires_at - TEN) / 2
