"""The team's page in a real browser: accessible, narrow, live, and whole without JavaScript."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from daybreak.services.participation import freeze_due, publish_due
from tests.support.asked import ask, ask_fixture, at, make_people
from tests.webapp.conftest import Web

pytestmark = pytest.mark.browser
MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=8)
JOINED = at(date(2026, 1, 1), 0)


@pytest.fixture
def address(web: Web) -> Iterator[str]:
    """Where the app answers; its team has a closed week, a new one, and it is Tuesday at ten."""
    with web.writing() as session:
        people = [web.world.alice, web.world.bob, *make_people(session, web.world.team, 4, JOINED)]
        ask_fixture(session, people, web.world.policy, MONDAY)
        for person in people:
            ask(session, person, web.world.policy, TUESDAY, 9, "done" if person.id % 2 else "missed")
    web.clock.at = at(TUESDAY, 10)
    with web.writing() as session:
        freeze_due(session, web.clock.at)
        publish_due(session, web.clock.at)
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def sign_in(web: Web, address: str) -> Callable[[Page], None]:
    """Give a page Bob's cookie."""

    def give(page: Page) -> None:
        cookie = web.signed_in(web.world.bob).get_cookie("daybreak")
        assert cookie
        page.context.add_cookies([{"name": "daybreak", "value": cookie.value, "url": address}])

    return give


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_and_narrow(
    page: Page, address: str, sign_in: Callable[[Page], None], scheme: str
) -> None:
    sign_in(page)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{address}/team/product")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).response["violations"] == []


def test_another_week_by_htmx(page: Page, address: str, sign_in: Callable[[Page], None]) -> None:
    sign_in(page)
    page.goto(f"{address}/team/product")
    expect(page.locator("#figures")).to_contain_text("this week")
    page.get_by_label("Week", exact=True).select_option("2026-W10")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#figures")).to_contain_text("week 10")
    expect(page.locator("#figures b").first).to_have_text("55%")
    expect(page.locator("#say")).to_have_text("Week 10")
    expect(page.locator("#figures-title")).to_be_focused()
    assert page.url.endswith("/team/product?week=2026-W10")
    page.go_back()
    expect(page.locator("#figures")).to_contain_text("this week")


def test_the_figures_renew_themselves(
    page: Page, web: Web, address: str, sign_in: Callable[[Page], None]
) -> None:
    sign_in(page)
    page.goto(f"{address}/team/product")
    expect(page.locator("#figures b").first).to_have_text("50%")
    with web.writing() as session:
        people = make_people(session, web.world.team, 6, JOINED, "late")
        for person in people:
            ask(session, person, web.world.policy, TUESDAY, 10, "done")
    web.clock.at = at(TUESDAY, 12)
    with web.writing() as session:
        assert publish_due(session, web.clock.at) == 1
    page.evaluate("document.body.dispatchEvent(new Event('wake'))")
    expect(page.locator("#figures b").first).to_have_text("75%")


def test_whole_without_javascript(
    browser: Browser, web: Web, address: str, sign_in: Callable[[Page], None]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(f"{address}/team/product")
    page.get_by_label("Week", exact=True).select_option("2026-W10")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#figures b").first).to_have_text("55%")
    expect(page.get_by_role("heading", name="By policy")).to_be_visible()
    context.close()
