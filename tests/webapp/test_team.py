"""The team's page: what it says, and what it does not hold."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import event

from daybreak.services.participation import freeze_due, publish_due
from daybreak.store.tables import Person, Workspace
from tests.support.asked import ask, ask_fixture, at, make_people
from tests.support.world import make_person, make_policy
from tests.webapp.conftest import Web

MONDAY = date(2026, 3, 2)
FROZEN_AT = at(date(2026, 3, 10), 1)
JOINED = at(date(2026, 1, 1), 0)


class Text(HTMLParser):
    """The words of a page, and nothing of its addresses and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __str__(self) -> str:
        return re.sub(r" ([,.])", r"\1", re.sub(r"\s+", " ", " ".join(self.words)))


def words(page: str) -> str:
    return str(Text(page[page.index("<main") :] if "<main" in page else page))


def six(web: Web) -> list[Person]:
    """Alice and Bob and four more, with the day of the contract's fixture."""
    with web.writing() as session:
        world = web.world
        people = [world.alice, world.bob, *make_people(session, world.team, 4, JOINED)]
        ask_fixture(session, people, world.policy, MONDAY)
    return people


def freeze(web: Web) -> None:
    web.clock.at = FROZEN_AT
    with web.writing() as session:
        assert freeze_due(session, FROZEN_AT) == 1


def page(web: Web, query: str = "", person: Person | None = None) -> str:
    answer = web.signed_in(person or web.world.bob).get(f"/team/product{query}")
    assert answer.status_code == 200
    return answer.text


def test_the_fixture_to_the_unit_and_no_counts(web: Web) -> None:
    six(web)
    freeze(web)
    html = page(web, "?week=2026-W10")
    text = words(html)
    assert "On time 55% Later that day 10% Skipped 15% No answer 20%" in text
    assert "Moved when asked, week 10 55%" in text
    assert "Typical reply 4 min" in text
    for raw in ("14 of 25", "56%", "8%", "16%", "of 25", "28"):
        assert raw not in text, raw
    assert "By policy Hourly reset 55%" in text


def test_an_open_week_is_a_snapshot(web: Web) -> None:
    people = six(web)
    web.clock.at = at(MONDAY, 9)
    assert "shown once 5 people have been asked" in words(page(web))
    web.clock.at = at(MONDAY, 17)
    assert "55%" not in page(web), "reading the page publishes nothing"
    with web.writing() as session:
        publish_due(session, web.clock.at)
    text = words(page(web))
    assert "Moved when asked, this week 55%" in text
    assert "Today 55%" in text
    assert "As of Mon 2 Mar 17:00, Lisbon time" in text
    with web.writing() as session:
        ask(session, people[0], web.world.policy, MONDAY, 20, "done")
    web.clock.at = at(MONDAY, 23)
    assert words(page(web)) == text.replace("Moving now 5", "Moving now n/a")


def test_members_and_admins_see_the_same(web: Web) -> None:
    six(web)
    freeze(web)
    admin, member = (words(page(web, "", person)) for person in (web.world.alice, web.world.bob))
    admin = admin.replace("Delivery log", "")  # the way to a page for admins; it tells of nobody
    assert admin.split() == member.split()


def test_no_name_stands_on_it(web: Web) -> None:
    people = six(web)
    freeze(web)
    html = page(web, "", people[0])
    assert not [person.name for person in people[1:] if person.name in html]


def test_a_strangers_team_does_not_exist(web: Web) -> None:
    stranger = web.signed_in(web.world.charlie)
    for path in ("", "/figures", "/charts"):
        foreign, missing = (stranger.get(f"/team/{slug}{path}") for slug in ("product", "nowhere"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.text.replace("product", "") == missing.text.replace("nowhere", "")


def test_under_the_floor_nothing_is_in_the_source(web: Web) -> None:
    with web.writing() as session:
        for person in (web.world.alice, web.world.bob):
            for hour in range(10, 17):
                ask(session, person, web.world.policy, MONDAY, hour, "done" if hour < 14 else "missed")
    freeze(web)
    html = page(web, "?week=2026-W10")
    assert "fewer than 5 people" in html
    assert not re.search(r"\b(57|43|60|40)%", html)
    assert "8 of 14" not in html
    assert "<rect" not in html


def test_a_second_policy_is_withheld_with_a_small_one(web: Web) -> None:
    with web.writing() as session:
        world = web.world
        everybody = [world.alice, world.bob, *make_people(session, world.team, 10, JOINED)]
        small = make_policy(session, world.team, JOINED, name="Small")
        other = make_policy(session, world.team, JOINED, name="Other")
        for policy, who, share in (
            (world.policy, everybody, 4),
            (other, everybody[:7], 3),
            (small, everybody[:3], 2),
        ):
            for person in who:
                for hour in range(5):
                    standing = "done" if hour < share else "missed"
                    ask(session, person, policy, MONDAY, 8 + hour, standing, minute=10 * policy.id)
    freeze(web)
    text = words(page(web, "?week=2026-W10"))
    assert "By policy Hourly reset 80% Small n/a Other n/a" in text


def test_a_withheld_cell_is_absent_from_the_source(web: Web) -> None:
    with web.writing() as session:
        world = web.world
        people = [world.alice, world.bob, *make_people(session, world.team, 6, JOINED)]
        for week in range(3):
            for number, person in enumerate(people):
                day = MONDAY + timedelta(weeks=week)
                standing = "done" if number % 4 else "missed"
                tuesday, wednesday = day + timedelta(days=1), day + timedelta(days=2)
                ask(session, person, world.policy, day, 10, standing)
                ask(session, person, world.policy, tuesday, 10, standing)
                ask(session, person, world.policy, wednesday, 15, standing)
                if number < 7:  # enough by itself, but the next smallest to a cell of three people
                    ask(session, person, world.policy, day, 15, "done" if number < 4 else "missed")
                if number < 3:
                    ask(session, person, world.policy, tuesday, 15, "done")
    web.clock.at = FROZEN_AT + timedelta(weeks=2)
    with web.writing() as session:
        freeze_due(session, web.clock.at)
    table = re.search(r"<table.*?</table>", page(web), re.DOTALL)
    assert table
    assert '<th scope="col">10</th><th scope="col">15</th>' in table[0]
    assert re.findall(r'<td class="(\w+)">([^<]*)</td>', table[0]) == [
        ("l3", "75"),
        ("sup", "n/a"),
        ("l3", "75"),
        ("sup", "n/a"),
        ("sup", "n/a"),
        ("l3", "75"),
    ]


def test_a_week_in_which_nothing_was_due(web: Web) -> None:
    six(web)
    freeze(web)
    web.clock.at = FROZEN_AT + timedelta(weeks=1)
    with web.writing() as session:
        freeze_due(session, web.clock.at)
    text = words(page(web, "?week=2026-W11"))
    assert "Moved when asked, week 11 no breaks were due" in text
    assert "%" not in text.split("When the team moves")[0]


def test_week_53_and_the_turn_of_the_year(web: Web) -> None:
    with web.writing() as session:
        people = [web.world.alice, web.world.bob, *make_people(session, web.world.team, 4, JOINED)]
        ask_fixture(session, people, web.world.policy, date(2026, 12, 31))
        ask_fixture(session, people, web.world.policy, date(2027, 1, 4))
    web.clock.at = at(date(2027, 1, 13), 12)
    with web.writing() as session:
        assert freeze_due(session, web.clock.at) == 2
    html = page(web, "?week=2026-W53")
    assert "Moved when asked, week 53 55%" in words(html)
    assert '<option value="2026-W53" selected>Week 53, 28 Dec to 3 Jan</option>' in html
    assert "as in week 53" in words(page(web, "?week=2027-W01"))


def test_a_team_that_was_never_prompted(web: Web) -> None:
    web.clock.at = at(MONDAY, 18)
    html = page(web)
    assert "Nobody has been prompted yet. First breaks tomorrow from 10:00." in words(html)
    assert '<time datetime="2026-03-03T10:00:00Z"' in html
    assert "<table" not in html
    assert 'id="figures"' not in html


@pytest.mark.parametrize("week", ["2026-W99", "x", "", "2099-W01", "<b>", "2026-W10' --"])
def test_a_week_that_is_none_means_the_present_one(web: Web, week: str) -> None:
    six(web)
    answer = web.signed_in(web.world.bob).get("/team/product", query_string={"week": week})
    assert answer.status_code == 200
    assert "this week" in answer.text


def test_a_poll_is_answered_only_when_something_changed(web: Web) -> None:
    six(web)
    web.clock.at = at(MONDAY, 17)
    browser = web.signed_in(web.world.bob)
    for part in ("figures", "charts"):
        address = re.search(rf'hx-get="(/team/product/{part}[^"]*)"', browser.get("/team/product").text)
        assert address
        path = address[1].replace("&amp;", "&")
        answer = browser.get(path, hx=True)
        assert answer.status_code == 204
        assert "HX-Request" in answer.headers["Vary"]
        changed = browser.get(path.replace("v=", "v=x"), hx=True)
        assert changed.status_code == 200
        assert changed.text.strip().startswith(("<section id=", "<div id="))
        assert "<html" not in changed.text
        assert browser.get(path).status_code == 303, "without htmx the page is what there is"


def test_another_week_comes_as_a_fragment_with_the_focus_and_a_sentence(web: Web) -> None:
    six(web)
    freeze(web)
    answer = web.signed_in(web.world.bob).get("/team/product?week=2026-W10", hx=True)
    assert answer.text.strip().startswith('<div id="board"')
    assert "autofocus" in answer.text
    assert 'id="say"' in answer.text
    assert "Week 10" in answer.text


def test_raising_the_floor_hides_at_once(web: Web) -> None:
    six(web)
    freeze(web)
    with web.writing() as session:
        session.get_one(Workspace, 1).floor = 7
    html = page(web, "?week=2026-W10")
    assert "fewer than 7 people" in html
    assert "55%" not in html


def test_the_page_asks_the_database_the_same_number_of_times(web: Web) -> None:
    six(web)
    freeze(web)
    browser = web.signed_in(web.world.bob)
    browser.get("/team/product")  # the first request of a session also notes when it was seen
    asked: list[str] = []
    event.listen(web.runtime.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    browser.get("/team/product")
    few = len(asked)
    with web.writing() as session:
        for number in range(30):
            make_person(session, f"more{number}", JOINED, web.world.team)
        for number in range(5):
            make_policy(session, web.world.team, JOINED, name=f"Policy {number}")
    asked.clear()
    browser.get("/team/product")
    assert len(asked) == few < 20
