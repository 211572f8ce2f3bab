"""Today and the answer page in a real Chromium: keys, focus, polls, without a script, axe, narrow screens."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from daybreak.store.tables import BreakTaken, Person, Policy, Prompt
from tests.support.prompts import make_link, make_prompt
from tests.webapp.conftest import Web

pytestmark = pytest.mark.browser

DUE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WAKE = "document.body.dispatchEvent(new Event('wake'))"


@dataclass
class Site:
    """A running app; it is 10:02 and Alice has a prompt of ten o'clock."""

    url: str
    web: Web
    cookie: str

    def standing(self) -> str:
        with self.web.reading() as session:
            return session.get_one(Prompt, 1).standing


@pytest.fixture
def site(make_web: Callable[..., Web]) -> Iterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = make_web(BASE_URL=url)
        web.clock.at = DUE + timedelta(minutes=2)
        with web.writing() as session:
            alice = session.get_one(Person, web.world.alice.id)
            prompt = make_prompt(session, alice, session.get_one(Policy, web.world.policy.id), DUE)
            make_link(session, prompt, "token")
        cookie = web.signed_in(web.world.alice).get_cookie("daybreak")
        assert cookie is not None
        server = make_server("127.0.0.1", 0, web.app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Site(url, web, cookie.value)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def alice(site: Site, page: Page) -> Page:
    """Alice's Today."""
    page.context.add_cookies([{"name": "daybreak", "value": site.cookie, "url": site.url}])
    page.goto(f"{site.url}/today")
    return page


def test_a_key_snoozes_then_a_press_logs_and_undo_takes_it_back(site: Site, alice: Page) -> None:
    expect(alice.locator("#hero h1")).to_contain_text("Slow squats")
    alice.keyboard.press("s")
    expect(alice.locator("#say")).to_have_text("Snoozed until 10:12.")
    expect(alice.locator("#nx")).to_be_focused()
    expect(alice).to_have_title("10 min · Daybreak")
    alice.locator("#hero").get_by_role("button", name="I moved").click()
    expect(alice.locator("#nx")).to_have_text("Logged 10:02")
    expect(alice.locator("#list li").first).to_contain_text("10:02")
    assert site.standing() == "done"
    alice.locator("#hero").get_by_role("button", name="Undo").click()
    expect(alice.locator("#say")).to_have_text("Taken back.")
    assert site.standing() == "open"


def test_start_runs_the_break_and_ends_on_i_moved(site: Site, page: Page) -> None:
    with site.web.writing() as session:
        session.get_one(Policy, 1).break_seconds = 2
    page.context.add_cookies([{"name": "daybreak", "value": site.cookie, "url": site.url}])
    page.goto(f"{site.url}/today")
    page.get_by_role("button", name="Start, 2 s").click()
    expect(page.get_by_role("button", name="Stop, 2 s left")).to_be_visible()
    expect(page.locator("#hero").get_by_role("button", name="I moved")).to_be_focused()
    expect(page.get_by_role("button", name="Start, 2 s")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#nx")).to_have_text("Logged 10:02")


def test_two_tabs_make_one_record(site: Site, alice: Page) -> None:
    other = alice.context.new_page()
    other.goto(f"{site.url}/today")
    for tab in (alice, other):
        tab.locator("#hero").get_by_role("button", name="I moved").click()
        expect(tab.locator("#nx")).to_have_text("Logged 10:02")
    with site.web.reading() as session:
        assert len(session.scalars(select(BreakTaken)).all()) == 1


def test_a_tab_that_comes_back_catches_up_and_keeps_the_focus_where_it_is(site: Site, alice: Page) -> None:
    link = alice.get_by_role("link", name="Why these times?")
    link.focus()
    with site.web.writing() as session:
        prompt = session.get_one(Prompt, 1)
        prompt.standing, prompt.answered_at = "skipped", site.web.clock.at
    alice.evaluate(WAKE)
    expect(alice.locator("#nx")).to_have_text("Skipped")
    expect(link).to_be_focused()
    with alice.expect_response(re.compile("/today/hero")) as told:
        alice.evaluate(WAKE)
    assert told.value.status == 204


def test_nothing_hides_under_the_actions_and_nothing_scrolls_sideways(alice: Page) -> None:
    for width in (360, 390):
        alice.set_viewport_size({"width": width, "height": 780})
        assert alice.evaluate("document.documentElement.scrollWidth <= innerWidth")
        bar = alice.locator(".acts.answers").bounding_box()
        assert bar is not None
        assert round(bar["y"] + bar["height"]) == 780
        alice.evaluate("scrollTo(0, document.body.scrollHeight)")
        last = alice.locator(".foot").bounding_box()
        assert last is not None
        assert last["y"] + last["height"] <= bar["y"] + 1


def test_no_violations(site: Site, alice: Page) -> None:
    for path in ("/today", "/today/why", "/b/token", "/u/unsubscribe-alice"):
        alice.goto(site.url + path)
        found = Axe().run(alice)
        assert found.violations_count == 0, (path, found.generate_report())


def test_everything_works_without_a_script(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    try:
        context.add_cookies([{"name": "daybreak", "value": site.cookie, "url": site.url}])
        page = context.new_page()
        page.goto(f"{site.url}/today")
        expect(page.locator("[data-start]")).to_be_hidden()
        page.get_by_role("button", name="I can't do this one").click()
        expect(page.get_by_text("Instead: ")).to_be_visible()
        page.get_by_role("button", name="Skip").click()
        expect(page.locator("#nx")).to_have_text("Skipped")
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Pause until tomorrow").click()
        expect(page.locator("#nx")).to_contain_text("Paused until")
        page.get_by_role("button", name="Send me one now").click()
        expect(page.get_by_text("Sending…")).to_be_visible()
    finally:
        context.close()


def test_the_link_in_a_mail_needs_neither_script_nor_cookie(site: Site, browser: Browser) -> None:
    phone = {"width": 360, "height": 700}
    context = browser.new_context(java_script_enabled=False, locale="en-GB", viewport=phone)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.goto(f"{site.url}/b/token?do=snooze")
        context.clear_cookies()
        page.get_by_role("button", name="I moved").click()
        expect(page.locator("h1")).to_have_text("Logged at 10:02")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("h1")).to_have_text("Slow squats")
        assert context.cookies() == []
    finally:
        context.close()
