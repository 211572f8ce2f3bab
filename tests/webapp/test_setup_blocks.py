"""Rhythms, channels, their tests, and invitations at the end of the set-up."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.store.tables import (
    Attempt,
    Channel,
    Delivery,
    Invitation,
    Policy,
)
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web
from tests.webapp.setting_up import (
    SMTP,
    TEAM,
    WEBHOOK,
    at_block,
    done,
    nobody,
    open_block,
    wrong_fields,
)


@pytest.fixture
def fresh(make_web: Callable[..., Web]) -> Web:
    """An installation that nobody has set up."""
    return make_web(nobody)


class TestTheRhythm:
    """The cards and their numbers."""

    def test_three_cards_and_the_others_behind_more(self, fresh: Web) -> None:
        page = at_block(fresh, 3).get("/setup").text
        ahead, _summary, behind = page.partition("More rhythms")
        assert re.findall(r'value="([\w-]+)"', ahead)[-3:] == [
            "hourly-walk",
            "gentle-start",
            "hourly-squeeze",
        ]
        assert len(re.findall(r'name="preset"', behind)) == 5
        assert "5 breaks a day, about 10 min" in ahead
        assert "2 a day at first, then 5 breaks a day, about 5 min" in ahead
        assert "19 breaks a day, about 19 min; on the Today page only" in behind
        assert "12 breaks a day, about 60 min; 6 of them as messages" in behind

    def test_the_numbers_follow_the_teams_hours(self, fresh: Web) -> None:
        browser = at_block(fresh, 2)
        short = {**TEAM, "work_end": "12:00", "lunch_start": "", "lunch_end": ""}
        browser.post("/setup/team", data=short)
        assert "2 breaks a day, about 4 min" in browser.get("/setup").text

    def test_one_that_each_member_switches_on_is_on_for_who_chose_it(self, fresh: Web) -> None:
        browser = at_block(fresh, 3)
        browser.post("/setup/rhythm", data={"preset": "twenty-and-one"})
        browser.post("/setup/channel", data={"do": "skip"})
        browser.post("/setup/finish")
        assert "First break at 09:20, today" in browser.get("/setup/ready").text


class TestTheChannel:
    """A webhook, and whether it works."""

    def test_what_is_no_webhook_is_kept_and_marked(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        for do in ("save", "test"):
            response = browser.post("/setup/channel", data={"url": "https://example.org/x", "do": do})
            assert response.status_code == 422
            assert wrong_fields(response.text) == ["url"]
            assert "https://example.org/x" in response.text
        assert "Paste the webhook" in browser.post("/setup/channel", data={"url": "", "do": "test"}).text
        with fresh.reading() as session:
            assert session.scalars(select(Channel)).all() == []

    def test_it_is_saved_and_named_by_its_end(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        browser.post("/setup/channel", data={"url": WEBHOOK, "do": "save"})
        page = browser.get("/setup").text
        assert open_block(page) == "5"
        assert "Slack: hooks.slack.com/…/…a91" in page
        assert WEBHOOK not in page
        assert WEBHOOK not in browser.get("/setup?open=4").text

    def test_a_test_leaves_the_block_open_and_polls_until_it_is_known(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        sent = browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"}, hx=True)
        assert open_block(sent.text) == "4"
        assert "Sending…" in sent.text
        polled = re.search(r'hx-get="(/setup/channel/test/\d+)" hx-trigger="every 2s"', sent.text)
        assert polled
        assert open_block(browser.get("/setup").text) == "4"
        assert "Sending…" in browser.get(polled[1], hx=True).text
        self._judge(fresh, "failed", "no_service", "404 no_service")
        failed = browser.get(polled[1], hx=True).text
        assert "Webhook removed in Slack." in failed
        assert "404 no_service" in failed
        assert "hx-trigger" not in failed

    def test_a_test_that_is_delivered_without_a_script(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        address = browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"}).location
        waiting = browser.get(address).text
        assert 'http-equiv="refresh"' in waiting
        self._judge(fresh, "sent", "200", "")
        done = browser.get(address).text
        assert "Delivered." in done
        assert 'http-equiv="refresh"' not in done
        assert open_block(done) == "4"

    def test_it_stops_asking_after_thirty_seconds(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        address = browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"}).location
        fresh.clock.at += timedelta(seconds=31)
        page = browser.get(address, hx=True).text
        assert "No worker has picked it up yet." in page
        assert "hx-trigger" not in page

    def test_a_channel_that_a_failure_switched_off_is_tried_again(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"})
        with fresh.writing() as session:
            channel = session.scalars(select(Channel)).one()
            channel.off_at, channel.off_reason = MONDAY_0900, "no_service"
        browser.post("/setup/channel", data={"url": "", "do": "test"})
        with fresh.reading() as session:
            assert session.scalars(select(Channel)).one().off_at is None
            assert len(session.scalars(select(Delivery)).all()) == 2

    def test_a_webhook_that_does_not_work_can_be_taken_back(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"})
        self._judge(fresh, "failed", "no_service", "404 no_service")
        assert 'value="skip"' in browser.get("/setup?open=4").text
        for _press in range(2):
            browser.post("/setup/channel", data={"url": "", "do": "skip"})
            page = browser.get("/setup").text
            assert open_block(page) == "5"
            assert "no Slack" in page
        with fresh.reading() as session:
            assert session.scalars(select(Channel.off_reason)).one() == "removed"
            assert "slack:breaks" not in session.scalars(select(Policy)).one().channels
        browser.post("/setup/channel", data={"url": WEBHOOK, "do": "save"})
        assert "Slack: hooks.slack.com/…/…a91" in browser.get("/setup").text

    def test_the_mail_server_is_tested_too(self, make_web: Callable[..., Web]) -> None:
        web = make_web(nobody, **SMTP)
        browser = at_block(web, 4)
        assert "Mail goes out through 127.0.0.1:2525." in browser.get("/setup").text
        address = browser.post("/setup/channel", data={"do": "test-mail"}).location
        self._judge(web, "failed", "tls", "certificate verify failed")
        assert "Check the mail server&#39;s certificate" in browser.get(address).text

    def test_somebody_elses_test_is_not_shown(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        address = browser.post("/setup/channel", data={"url": WEBHOOK, "do": "test"}).location
        assert fresh.client().get(address).location == "/setup"
        assert "Sending…" not in browser.get("/setup/channel/test/999").text

    @staticmethod
    def _judge(web: Web, state: str, code: str, detail: str) -> None:
        with web.writing() as session:
            delivery = session.scalars(select(Delivery)).one()
            delivery.state = state
            result = "sent" if state == "sent" else "failed"
            session.add(
                Attempt(delivery_id=delivery.id, at=web.clock.at, result=result, code=code, detail=detail)
            )


class TestInviting:
    """The last block."""

    def test_links_are_shown_once_and_the_set_up_is_done(self, fresh: Web) -> None:
        browser = at_block(fresh, 5)
        done = browser.post("/setup/invite", data={"emails": "bob@acme.test\n cleo@acme.test,"})
        assert "2 invitations made" in done.text
        links = re.findall(r'value="http://localhost(/join/[^"]+)"', done.text)
        assert len(links) == 2
        assert "First break at 10:00, today" in done.text
        assert "/join/" not in browser.get("/setup/ready").text
        assert fresh.client().get(links[0]).status_code == 200

    def test_a_line_to_mend_keeps_the_block_open_and_the_good_ones_invited(self, fresh: Web) -> None:
        browser = at_block(fresh, 5)
        page = browser.post("/setup/invite", data={"emails": "bob@acme.test\nbob"}, hx=True)
        assert page.status_code == 200
        assert open_block(page.text) == "5"
        assert "“bob” is not an e-mail address" in page.text
        assert ">\nbob</textarea>" in page.text.replace("\r", "")
        assert "1 invitation made" in page.text
        assert not done(fresh)
        browser.post("/setup/finish")
        assert done(fresh)
        with fresh.reading() as session:
            assert len(session.scalars(select(Invitation)).all()) == 1

    @pytest.mark.parametrize("last", ["invite", "finish"])
    @pytest.mark.parametrize("hx", [False, True])
    def test_a_link_stays_while_the_other_lines_are_mended(self, fresh: Web, last: str, hx: bool) -> None:
        browser = at_block(fresh, 5)

        def press(page: str, name: str, emails: str) -> str:
            carried = re.search(r'name="handed" value="([^"]*)"', page)
            data = {"emails": emails, "handed": carried[1] if carried else ""}
            return browser.post(f"/setup/{name}", data=data, hx=hx).text

        first = press("", "invite", "Bob <bob@acme.test>\ncleo.acme.test")
        (link,) = re.findall(r'value="http://localhost(/join/[^"]+)"', first)
        for mistake in ("", " , ", "cleo.acme.test"):
            page = press(first, "invite", mistake)
            assert open_block(page) == "5"
            assert link in page
        ready = press(first, last, "cleo@acme.test")
        assert "First break at" in ready
        links = re.findall(r'value="http://localhost(/join/[^"]+)"', ready)
        assert links[0] == link
        assert len(links) == (2 if last == "invite" else 1)
        assert fresh.client().get(link).status_code == 200

    def test_the_field_says_what_may_be_pasted(self, fresh: Web) -> None:
        page = at_block(fresh, 5).get("/setup").text
        assert "commas or semicolons" in page
        assert "Ana Lima &lt;ana@example.org&gt;" in page
        text = "Ana Lima <ana.lima@acme.test>; bob@acme.test, cleo@acme.test"
        assert "3 invitations made" in at_block(fresh, 5).post("/setup/invite", data={"emails": text}).text

    def test_too_many_and_none(self, fresh: Web) -> None:
        browser = at_block(fresh, 5)
        many = "\n".join(f"p{n}@acme.test" for n in range(201))
        assert browser.post("/setup/invite", data={"emails": many}).status_code == 422
        assert browser.post("/setup/invite", data={"emails": " "}).status_code == 422
        assert not done(fresh)

    def test_with_a_mail_server_letters_go_out_and_no_link_is_shown(
        self, make_web: Callable[..., Web]
    ) -> None:
        web = make_web(nobody, **SMTP)
        page = at_block(web, 5).post("/setup/invite", data={"emails": "bob@acme.test"}, hx=True)
        assert "a letter is on its way" in page.text
        assert "/join/" not in page.text
        assert page.headers["HX-Replace-Url"] == "/setup/ready"
        with web.reading() as session:
            assert [one.kind for one in session.scalars(select(Delivery))] == ["letter"]
