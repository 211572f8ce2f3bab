"""A prompt's way out of the house: once, in time, whatever happens on the way."""

import re
from datetime import timedelta

from daybreak.domain.delivery import DeliveryState
from daybreak.store.tables import AnswerLink
from daybreak.tokens import hash_token
from tests.support.post_office import TEN, PostOffice
from tests.support.smtp import HANG_UP, SmtpSink


def test_a_due_prompt_is_mailed_once_however_often_it_is_planned_and_rung(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.at(TEN)
    office.tick()
    office.tick()
    ids = office.ids()
    assert len(ids) == 2
    office.deliver(ids)
    office.deliver(ids)
    office.tick()
    office.deliver(ids)
    assert sorted(mail.recipients[0] for mail in smtp_sink.mails) == ["alice@acme.test", "bob@acme.test"]
    assert [one.state for one in office.deliveries()] == ["sent", "sent"]
    for prompt in office.prompts():
        assert prompt.standing == "open"
        assert prompt.first_sent_at == TEN
        assert prompt.deadline_at == TEN + timedelta(minutes=30)
    assert office.person(office.world.bob).next_due_at == TEN + timedelta(hours=1)


def test_the_link_in_the_mail_leads_to_the_prompt(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.run(TEN)
    message = smtp_sink.to("bob@acme.test")[0].message
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    urls = re.findall(r"http://127.0.0.1:8000/b/\S+", text)
    assert len(urls) == 3
    assert all(f'href="{url}"' in html for url in urls)
    token = urls[0].rsplit("/", 1)[1]
    (prompt,) = office.prompts(office.world.bob)
    with office.runtime.reading() as session:
        link = session.get_one(AnswerLink, hash_token(token))
        assert link.prompt_id == prompt.id
        assert link.expires_at == prompt.day_ends_at + timedelta(hours=2)
    assert message["Subject"].startswith("10:00 - ")
    assert len(message["Subject"]) <= 45
    assert "1 of " in text
    assert message["List-Unsubscribe"] == "<http://127.0.0.1:8000/u/unsubscribe-bob>"


def test_nothing_is_sent_past_its_expiry(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.at(TEN)
    office.tick()
    ids = office.ids()
    office.at(TEN + timedelta(minutes=5))
    office.deliver(ids)
    assert smtp_sink.mails == []
    assert {one.state for one in office.deliveries()} == {"expired"}
    assert {one.standing for one in office.prompts()} == {"undelivered"}


def test_after_an_outage_only_what_is_still_fresh_is_sent(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.run(TEN + timedelta(hours=1, minutes=4))  # nobody ticked at ten
    assert len(smtp_sink.mails) == 2
    ten, eleven = office.prompts(office.world.bob)
    assert (ten.standing, ten.reason) == ("undelivered", "outage")
    assert (eleven.standing, eleven.due_at) == ("open", TEN + timedelta(hours=1))
    assert len(office.deliveries()) == 2


def test_a_connection_lost_at_rcpt_is_tried_again_with_the_same_message_id(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.change(office.world.alice, prompts_on=False)
    smtp_sink.reply("RCPT", HANG_UP)
    office.at(TEN)
    office.tick()
    ids = office.ids()
    office.deliver(ids)
    assert [one.state for one in office.deliveries()] == ["planned"]
    assert smtp_sink.mails == []
    office.at(TEN + timedelta(minutes=1))
    office.deliver(ids)
    assert len(smtp_sink.mails) == 1
    assert [attempt.result for attempt in office.attempts()] == ["retry", "sent"]
    (delivery,) = [one for one in office.deliveries() if one.state == "sent"]
    assert smtp_sink.mails[0].message["Message-ID"] == delivery.message_id
    assert delivery.attempts == 2


def test_a_refused_message_keeps_its_message_id_and_makes_a_fresh_token(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.change(office.world.alice, prompts_on=False)
    smtp_sink.reply("DATA", "451 4.3.0 later")
    office.at(TEN)
    office.tick()
    office.deliver()
    before = next(one for one in office.deliveries() if one.state == "planned")
    office.at(TEN + timedelta(minutes=1))
    office.deliver()
    (mail,) = smtp_sink.mails
    assert mail.message["Message-ID"] == before.message_id
    with office.runtime.reading() as session:
        assert session.query(AnswerLink).count() == 2


def test_a_connection_lost_after_the_content_is_never_tried_again(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.change(office.world.alice, prompts_on=False)
    smtp_sink.reply("DATA", HANG_UP)
    office.run(TEN)
    office.run(TEN + timedelta(minutes=2))
    assert smtp_sink.mails == []  # the sink took it in and vanished: nobody can know
    assert [one.state for one in office.deliveries()] == ["unknown"]
    (prompt,) = office.prompts(office.world.bob)
    assert prompt.standing == "open"
    office.run(TEN + timedelta(minutes=31))
    assert office.prompts(office.world.bob)[0].standing == "undelivered"


def test_an_address_that_does_not_exist_is_blocked(office: PostOffice, smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse("bob@acme.test", "550 5.1.1 no such user")
    office.run(TEN)
    bob = office.person(office.world.bob)
    assert bob.email_blocked_at == TEN
    assert office.person(office.world.alice).email_blocked_at is None
    (prompt,) = office.prompts(office.world.bob)
    assert (prompt.standing, prompt.pushed) == ("open", False)  # the policy has Today as well
    office.run(TEN + timedelta(hours=1))
    assert len(smtp_sink.to("alice@acme.test")) == 2
    assert [one.pushed for one in office.prompts(office.world.bob)] == [False, False]


def test_a_failure_without_today_leaves_the_prompt_undelivered(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.policy(channels=["email"])
    smtp_sink.refuse("bob@acme.test", "554 5.7.1 not here")
    office.run(TEN)
    (prompt,) = office.prompts(office.world.bob)
    assert prompt.standing == "undelivered"
    assert office.person(office.world.bob).email_blocked_at is None


def test_who_answered_paused_or_left_in_between_gets_nothing(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.at(TEN)
    office.tick()
    office.change(office.world.bob, paused_from_at=TEN, paused_until_at=TEN + timedelta(hours=1))
    (prompt,) = office.prompts(office.world.alice)
    office.change(prompt, standing="done", answered_at=TEN, closed_at=TEN)
    office.deliver()
    assert smtp_sink.mails == []
    assert {one.state for one in office.deliveries()} == {"cancelled"}
    (paused,) = office.prompts(office.world.bob)
    assert (paused.standing, paused.reason) == ("cancelled", "paused")


def test_conservation_holds_under_every_fault(office: PostOffice, smtp_sink: SmtpSink) -> None:
    smtp_sink.reply("DATA", HANG_UP)
    smtp_sink.reply("MAIL", "451 4.7.1 slow down")
    for minutes in range(0, 130, 1):
        office.run(TEN + timedelta(minutes=minutes))
    states = [DeliveryState(one.state) for one in office.deliveries()]
    assert len(states) == 4  # ten and eleven; noon is too near to lunch
    assert all(state.ended for state in states)
    assert len(smtp_sink.mails) == states.count(DeliveryState.SENT)
    assert states.count(DeliveryState.UNKNOWN) == 1
