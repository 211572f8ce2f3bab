"""The set-up in a browser without a script and with htmx: the code, five blocks, and closed for good."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.services import passwords, setup
from daybreak.store.tables import (
    Attempt,
    Channel,
    Delivery,
    Invitation,
    Membership,
    Person,
    Policy,
    Workspace,
)
from tests.support.world import MONDAY_0900, World
from tests.webapp.conftest import Browser, Web

PASSWORD = "slow squats at three"
WEBHOOK = "https://hooks.slack.com/services/T000/B000/xxxxxxxxxxxxxxxxxxxxxa91"
OWNER = {"name": "Acme", "owner_name": "Ana", "email": "Ana@acme.test", "password": PASSWORD}
TEAM = {
    "name": "Product team", "zone": "Europe/Lisbon", "days": ["mon", "tue", "wed", "thu", "fri"],
    "work_start": "09:00", "work_end": "17:00", "lunch_start": "12:00", "lunch_end": "13:00",
}  # fmt: skip
SMTP = {"SMTP_URL": "smtp://127.0.0.1:2525"}


def nobody(session: Session) -> World:
    """Before the set-up there are no rows to make."""
    del session
    return None  # type: ignore[return-value]


@pytest.fixture
def fresh(make_web: Callable[..., Web]) -> Web:
    """An installation that nobody has set up."""
    return make_web(nobody)


def code_of(web: Web) -> str:
    """Do what the launcher does: issue a code."""
    with web.writing() as session:
        return setup.issue_code(session, MONDAY_0900) or pytest.fail("set up already")


def opened(web: Web) -> Browser:
    """A browser that has shown the code."""
    browser = web.client()
    assert browser.post("/setup/code", data={"code": code_of(web)}).location == "/setup"
    return browser


def at_block(web: Web, number: int) -> Browser:
    """A browser in which the blocks before this one are saved."""
    browser = opened(web)
    posts = (
        ("owner", OWNER),
        ("team", TEAM),
        ("rhythm", {"preset": "hourly-walk"}),
        ("channel", {"do": "skip"}),
    )
    for name, data in posts[: number - 1]:
        response = browser.post(f"/setup/{name}", data=data)
        assert (response.status_code, response.location) == (303, "/setup"), response.text
    return browser


def open_block(page: str) -> str:
    """The heading of the block that is open."""
    found = re.search(r'aria-current="step" id="step-(\d)"', page)
    return found[1] if found else "none"


class TestTheCode:
    """Who may set up."""

    def test_everything_leads_to_the_code_and_a_get_changes_nothing(self, fresh: Web) -> None:
        code = code_of(fresh)
        browser = fresh.client()
        assert browser.get("/today").location == "/setup"
        page = browser.get(f"/setup?code={code}")
        assert f'value="{code}"' in page.text
        assert "step-1" not in page.text
        assert 'name="code"' in browser.get("/setup").text

    def test_a_wrong_code_says_where_the_right_one_stands_and_is_throttled(self, fresh: Web) -> None:
        code = code_of(fresh)
        browser = fresh.client()
        wrong = browser.post("/setup/code", data={"code": "ABCD-EFGH-JKLM-NPQR"})
        assert wrong.status_code == 422
        assert "It stands where Daybreak was started" in wrong.text
        assert 'value="ABCD-EFGH-JKLM-NPQR"' in wrong.text
        assert browser.post("/setup/code", data={"code": ""}).status_code == 422
        for _try in range(4):
            browser.post("/setup/code", data={"code": "nonsense"})
        assert browser.post("/setup/code", data={"code": code}).status_code == 429

    def test_the_right_code_opens_the_first_block_for_this_browser_alone(self, fresh: Web) -> None:
        browser = opened(fresh)
        assert open_block(browser.get("/setup").text) == "1"
        other = fresh.client()
        assert 'name="code"' in other.get("/setup").text
        refused = other.post("/setup/owner", data=OWNER)
        assert refused.location == "/setup"
        with fresh.reading() as session:
            assert session.scalars(select(Person)).all() == []

    def test_the_code_goes_on_in_another_browser_as_the_owner(self, fresh: Web) -> None:
        at_block(fresh, 3)
        second = opened(fresh)
        assert open_block(second.get("/setup").text) == "3"
        second.post("/setup/rhythm", data={"preset": "hourly-walk"})
        second.post("/setup/channel", data={"do": "skip"})
        second.post("/setup/finish")
        assert second.get("/setup/ready").status_code == 200

    def test_a_new_code_of_a_restart_does_not_send_the_browser_back(self, fresh: Web) -> None:
        browser = at_block(fresh, 2)
        code_of(fresh)
        assert open_block(browser.get("/setup").text) == "2"


class TestTheBlocks:
    """Each is saved on its own."""

    def test_without_a_script_to_the_first_break(self, fresh: Web) -> None:
        browser = at_block(fresh, 5)
        assert open_block(browser.get("/setup").text) == "5"
        assert browser.post("/setup/finish").location == "/setup/ready"
        page = browser.get("/setup/ready").text
        assert "First break at 10:00, today" in page
        assert "Send me one now" in page
        assert "Open the outbox" in page
        assert browser.get("/today").status_code == 200
        with fresh.reading() as session:
            person = session.scalars(select(Person)).one()
            assert (person.email, person.is_owner) == ("ana@acme.test", True)
            assert passwords.is_right(person, PASSWORD)
            member = session.scalars(select(Membership)).one()
            assert (member.role, member.joined_at) == ("admin", MONDAY_0900)
            assert person.next_due_at == MONDAY_0900 + timedelta(hours=1)

    def test_a_day_that_is_over_names_the_next(self, fresh: Web) -> None:
        fresh.clock.at = MONDAY_0900 + timedelta(hours=9)
        browser = at_block(fresh, 5)
        browser.post("/setup/finish")
        assert "First break at 10:00, tomorrow" in browser.get("/setup/ready").text

    def test_with_htmx_a_block_folds_and_the_next_opens(self, fresh: Web) -> None:
        browser = opened(fresh)
        first = browser.post("/setup/owner", data=OWNER, hx=True)
        assert open_block(first.text) == "2"
        assert "<html" not in first.text
        assert "Acme · Ana, ana@acme.test" in first.text
        assert 'id="say"' in first.text
        assert re.search(r'<h2 tabindex="-1" autofocus id="step-title">Your first team', first.text)
        second = browser.post("/setup/team", data=TEAM, hx=True)
        assert "Product team · Europe/Lisbon · 09:00–17:00" in second.text
        third = browser.post("/setup/rhythm", data={"preset": "hourly-walk"}, hx=True)
        assert "Hourly reset · 5 breaks a day, about 10 min" in third.text
        fourth = browser.post("/setup/channel", data={"do": "skip"}, hx=True)
        assert "E-mail: outbox · no Slack" in fourth.text
        assert open_block(fourth.text) == "5"
        last = browser.post("/setup/finish", hx=True)
        assert last.status_code == 303
        assert "First break at 10:00" in browser.get(last.location, hx=True).text

    def test_who_comes_back_goes_on_and_may_change_what_is_saved(self, fresh: Web) -> None:
        browser = at_block(fresh, 4)
        assert open_block(browser.get("/setup").text) == "4"
        again = browser.get("/setup?open=2").text
        assert open_block(again) == "2"
        assert 'value="Product team"' in again
        assert open_block(browser.get("/setup?open=5").text) == "4"
        browser.post("/setup/team", data={**TEAM, "name": "Design", "zone": "Asia/Tokyo"})
        page = browser.get("/setup").text
        assert open_block(page) == "4"
        assert "Design · Asia/Tokyo" in page
        assert (
            browser.post("/setup/owner", data={**OWNER, "name": "Acme Ltd", "password": ""}).status_code
            == 303
        )
        with fresh.reading() as session:
            assert session.get_one(Workspace, 1).name == "Acme Ltd"
            assert passwords.is_right(session.scalars(select(Person)).one(), PASSWORD)

    def test_a_block_out_of_turn_leads_back(self, fresh: Web) -> None:
        browser = opened(fresh)
        for name in ("team", "rhythm", "channel", "invite", "finish"):
            assert browser.post(f"/setup/{name}", data=TEAM).location == "/setup"

    def test_twice_is_once(self, fresh: Web) -> None:
        browser = at_block(fresh, 3)
        browser.post("/setup/team", data=TEAM)
        for _press in range(2):
            browser.post("/setup/rhythm", data={"preset": "hourly-walk"})
        browser.post("/setup/owner", data=OWNER)
        with fresh.reading() as session:
            for table in (Person, Membership, Policy):
                assert len(session.scalars(select(table)).all()) == 1

    def test_the_browsers_zone_is_kept_for_the_team(self, fresh: Web) -> None:
        browser = fresh.client()
        browser.post("/setup/code", data={"code": code_of(fresh), "zone": "Asia/Tokyo"})
        assert 'value="Asia/Tokyo"' in browser.post("/setup/owner", data=OWNER, hx=True).text


class TestWhatIsRefused:
    """What was typed stays, and the error stands at its field."""

    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"name": ""}, "name", "This needs a name."),
            ({"owner_name": "  "}, "owner_name", "This needs a name."),
            ({"email": "ana"}, "email", "is not an e-mail address"),
            ({"password": ""}, "password", "at least 8 characters"),
            ({"password": "password"}, "password", "easy to guess"),
        ],
    )
    def test_the_owner(self, fresh: Web, changed: dict[str, str], field: str, words: str) -> None:
        browser = opened(fresh)
        for hx in (False, True):
            response = browser.post("/setup/owner", data={**OWNER, **changed}, hx=hx)
            assert response.status_code == 422
            assert wrong_fields(response.text) == [field]
            assert words in response.text
            assert 'value="Acme"' in response.text or field == "name"
            assert PASSWORD not in response.text
        with fresh.reading() as session:
            assert session.scalars(select(Person)).all() == []

    @pytest.mark.parametrize(
        ("changed", "field", "words"),
        [
            ({"zone": "Lisbonn"}, "zone", "Did you mean Europe/Lisbon?"),
            ({"zone": "GMT+1"}, "zone", "There is no time zone"),
            ({"name": "x" * 81}, "name", "At most 80 characters."),
            ({"work_start": "nine"}, "work_start", "Write it as 09:00."),
            ({"work_end": ""}, "work_end", "When does work end?"),
            ({"work_end": "09:00"}, "work_end", "Choose a later time."),
            ({"lunch_end": ""}, "lunch_end", "When does lunch end?"),
            ({"lunch_start": ""}, "lunch_start", "When does lunch start?"),
            ({"lunch_end": "12:00"}, "lunch_end", "Lunch ends when it starts."),
        ],
    )
    def test_the_team(self, fresh: Web, changed: dict[str, str], field: str, words: str) -> None:
        browser = at_block(fresh, 2)
        response = browser.post("/setup/team", data={**TEAM, **changed})
        assert response.status_code == 422
        assert wrong_fields(response.text) == [field]
        assert words in response.text
        assert f'value="{changed[field]}"' in response.text
        assert ('<details class="hours" open>' in response.text) == (field not in ("zone", "name"))
        with fresh.reading() as session:
            assert setup.first_team(session) is None

    def test_no_day_and_no_lunch(self, fresh: Web) -> None:
        browser = at_block(fresh, 2)
        none = browser.post("/setup/team", data={**TEAM, "days": []})
        assert "Choose at least one day." in none.text
        browser.post("/setup/team", data={**TEAM, "lunch_start": "", "lunch_end": ""})
        with fresh.reading() as session:
            team = setup.first_team(session) or pytest.fail("no team")
            assert team.quiet_blocks == []
            assert team.hours["mon"] == ["09:00-17:00"]

    def test_a_rhythm_there_is_not(self, fresh: Web) -> None:
        browser = at_block(fresh, 3)
        assert browser.post("/setup/rhythm", data={"preset": "hourly"}).status_code == 422
        assert "Choose a rhythm." in browser.post("/setup/rhythm", data={}).text


def wrong_fields(page: str) -> list[str]:
    """The names of the fields that are marked as wrong."""
    return re.findall(r'<input[^>]*aria-invalid="true"[^>]*name="(\w+)"', page)


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


def done(web: Web) -> bool:
    """Whether the set-up is closed."""
    with web.reading() as session:
        return setup.is_done(session)


def test_done_for_good(fresh: Web) -> None:
    browser = at_block(fresh, 5)
    assert browser.get("/setup/ready").location == "/setup"
    browser.post("/setup/finish")
    for visitor in (browser, fresh.client()):
        assert visitor.get("/setup").location == "/today"
        assert visitor.post("/setup/code", data={"code": "x"}).location == "/today"
        for name in ("owner", "team", "rhythm", "channel", "invite", "finish"):
            assert visitor.post(f"/setup/{name}", data=OWNER).location == "/today"
    assert fresh.client().get("/setup/ready").location.startswith("/signin")
    with fresh.reading() as session:
        assert session.get_one(Workspace, 1).name == "Acme"
