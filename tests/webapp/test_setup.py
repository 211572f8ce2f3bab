"""The set-up in a browser without a script and with htmx: the code, its blocks, and closed for good."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.services import passwords, setup
from daybreak.store.tables import (
    Membership,
    Person,
    Policy,
    Workspace,
)
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web
from tests.webapp.setting_up import (
    OWNER,
    PASSWORD,
    TEAM,
    at_block,
    code_of,
    nobody,
    open_block,
    opened,
    wrong_fields,
)


@pytest.fixture
def fresh(make_web: Callable[..., Web]) -> Web:
    """An installation that nobody has set up."""
    return make_web(nobody)


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
            ({"password": "ana@acme.test"}, "password", "easy to guess"),
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

    def test_all_that_is_empty_is_marked_at_once(self, fresh: Web) -> None:
        empty = dict.fromkeys(OWNER, "")
        for hx in (False, True):
            page = opened(fresh).post("/setup/owner", data=empty, hx=hx)
            assert wrong_fields(page.text) == ["name", "owner_name", "email", "password"]

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
