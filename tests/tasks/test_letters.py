"""Letters and tries: what is no prompt leaves the house like everything else."""

import re
from datetime import timedelta

import pytest

from daybreak.services import writing
from daybreak.services.writing import NowhereToSendError
from daybreak.store.tables import Invitation, Membership, SignInLink
from daybreak.tokens import hash_token
from tests.support.post_office import PostOffice
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900

SOON = MONDAY_0900 + timedelta(minutes=10)


def ask(office: PostOffice) -> tuple[int, int]:
    """Ask for a sign-in mail for Bob: link and delivery."""
    with office.runtime.writing() as session:
        link = SignInLink(person_id=office.world.bob.id, created_at=MONDAY_0900, expires_at=SOON)
        session.add(link)
        session.flush()
        bob = session.merge(office.world.bob)
        return link.id, writing.write(session, "sign_in", bob, link.id, MONDAY_0900, SOON)


def token_in(sink: SmtpSink, path: str) -> str:
    """The token of the last mail's link."""
    text = sink.mails[-1].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    found = re.search(rf"http://127.0.0.1:8000/{path}/(\S+)", text)
    assert found
    return found[1]


def test_a_sign_in_mail_carries_a_token_that_only_it_knows(office: PostOffice, smtp_sink: SmtpSink) -> None:
    link_id, delivery_id = ask(office)
    with office.runtime.reading() as session:
        assert session.get_one(SignInLink, link_id).token_hash is None
    office.deliver([delivery_id])
    token = token_in(smtp_sink, "signin")
    with office.runtime.reading() as session:
        assert session.get_one(SignInLink, link_id).token_hash == hash_token(token)
    message = smtp_sink.mails[0].message
    assert message["Subject"] == "Sign in to Acme"
    assert message["List-Unsubscribe"] is None
    assert "09:10" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_spent_link_is_not_mailed_and_a_late_letter_neither(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    link_id, first = ask(office)
    _, second = ask(office)
    with office.runtime.writing() as session:
        session.get_one(SignInLink, link_id).spent_at = MONDAY_0900
    office.deliver([first])
    office.at(SOON)
    office.deliver([second])
    assert smtp_sink.mails == []
    assert [one.state for one in office.deliveries()] == ["cancelled", "expired"]


def test_who_stopped_prompts_by_mail_still_gets_letters(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.change(office.world.bob, email_off_at=MONDAY_0900, prompts_on=False)
    _, delivery_id = ask(office)
    office.deliver([delivery_id])
    assert len(smtp_sink.mails) == 1


def test_an_invitation_names_its_team_and_who_sent_it(office: PostOffice, smtp_sink: SmtpSink) -> None:
    world = office.world
    with office.runtime.writing() as session:
        membership = Membership(team_id=world.team.id, person_id=world.charlie.id, invited_at=MONDAY_0900)
        session.add(membership)
        session.flush()
        invitation = Invitation(
            membership_id=membership.id,
            token_hash="unsent",
            created_by=world.alice.id,
            created_at=MONDAY_0900,
            expires_at=MONDAY_0900 + timedelta(days=7),
        )
        session.add(invitation)
        session.flush()
        charlie = session.merge(world.charlie)
        delivery_id = writing.write(
            session, "invitation", charlie, invitation.id, MONDAY_0900, invitation.expires_at
        )
    office.deliver([delivery_id])
    with office.runtime.reading() as session:
        stored = session.get_one(Invitation, invitation.id)
        assert stored.token_hash == hash_token(token_in(smtp_sink, "join"))
    text = smtp_sink.mails[0].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Alice invites you to Product team" in text
    assert "Monday 9 March, 09:00" in text


def test_a_try_goes_where_prompts_go_and_is_no_prompt(office: PostOffice, smtp_sink: SmtpSink) -> None:
    with office.runtime.writing() as session:
        delivery_id = writing.send_try(session, session.merge(office.world.bob), MONDAY_0900)
    office.deliver([delivery_id])
    (mail,) = smtp_sink.to("bob@acme.test")
    assert mail.message["Subject"].startswith("Try: ")
    assert office.prompts() == []


def test_a_channel_is_tested_by_a_post_that_says_so(office: PostOffice, slack_sink: SlackSink) -> None:
    channel = office.webhook(slack_sink.webhook("T/B/team"))
    with office.runtime.writing() as session:
        alice = session.merge(office.world.alice)
        delivery_id = writing.send_try(session, alice, MONDAY_0900, session.merge(channel))
    office.deliver([delivery_id])
    (post,) = slack_sink.posts
    assert "A test: this channel works." in post.body.decode()
    assert "Alice" not in post.body.decode()


def test_who_can_be_reached_nowhere_is_told(office: PostOffice) -> None:
    with office.runtime.writing() as session, pytest.raises(NowhereToSendError):
        bob = session.merge(office.world.bob)
        bob.channel = "web"
        writing.send_try(session, bob, MONDAY_0900)
