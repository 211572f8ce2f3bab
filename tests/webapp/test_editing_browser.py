"""The policy editor and the profile in a real Chromium: live, accessible, narrow, and without a script."""

import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from daybreak.store.tables import Person, Policy
from tests.support.browser import Faults
from tests.support.world import MONDAY_0900, make_policy
from tests.webapp.conftest import Web

pytestmark = pytest.mark.browser
EDITOR, PROFILE = "/team/product/policies/1", "/me"
PAGES = ["/team/product/policies", "/team/product/policies/new", EDITOR, f"{EDITOR}/archive", PROFILE]


@pytest.fixture
def address(web: Web) -> Iterator[str]:
    """Where the app answers."""
    with web.writing() as session:
        make_policy(session, web.world.team, MONDAY_0900, name="Squeeze", opt_in=True)
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
    """Give a page Alice's cookie."""

    def give(page: Page) -> None:
        cookie = web.signed_in(web.world.alice).get_cookie("daybreak")
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
    for path in PAGES:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert Axe().run(page).response["violations"] == [], path


def test_the_preview_is_live_and_the_last_good_one_stays(
    page: Page, web: Web, address: str, sign_in: Callable[[Page], None], faults: Faults
) -> None:
    faults.allow("422")
    sign_in(page)
    page.goto(address + EDITOR)
    preview, shortest = page.locator("#preview"), page.get_by_label("Shortest interval")
    expect(preview).to_contain_text("5 breaks a person")
    shortest.fill("50")
    page.get_by_label("Longest interval").fill("50")
    expect(preview).to_contain_text("7 breaks a person")
    page.get_by_label("Longest interval").fill("4")
    expect(page.locator("#interval_max-error")).to_be_visible()
    expect(page.locator("#preview-note")).to_contain_text("do not fit together")
    expect(preview).to_contain_text("7 breaks a person")
    expect(page.get_by_label("Longest interval")).to_be_focused()
    expect(page.get_by_label("Longest interval")).to_have_value("4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Longest interval")).to_be_focused()
    expect(page.get_by_label("Longest interval")).to_have_value("4")
    page.get_by_label("Longest interval").fill("50")
    expect(page.locator("#interval_max-error")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. From the next break, at 09:50.")).to_be_visible()
    with web.reading() as session:
        assert session.get_one(Policy, 1).interval_max == 50


def test_the_week_follows_what_is_saved(page: Page, address: str, sign_in: Callable[[Page], None]) -> None:
    sign_in(page)
    page.goto(address + PROFILE)
    monday = page.locator("#week li").first
    expect(monday).to_contain_text("16:00")
    page.get_by_label("Work on Monday").fill("09:00-12:00")
    page.locator("#hours").get_by_role("button", name="Save").click()
    expect(monday).not_to_contain_text("16:00")
    expect(page.locator("#t-hours")).to_be_focused()
    expect(page.locator("#say")).to_have_text("Saved.")
    page.get_by_role("button", name="Pause for today").click()
    expect(monday).to_contain_text("no breaks")
    page.get_by_role("button", name="End the pause").click()
    expect(monday).to_contain_text("10:00")


def test_whole_without_javascript(
    browser: Browser, web: Web, address: str, sign_in: Callable[[Page], None]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(address + EDITOR)
    page.get_by_label("Shortest interval").fill("40")
    page.get_by_label("Longest interval").fill("40")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("09:40")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. From the next break, at 09:40.")).to_be_visible()
    page.goto(address + PROFILE)
    page.get_by_label("Ask me for").select_option("2")
    page.locator("#less").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with web.reading() as session:
        assert session.get_one(Person, web.world.alice.id).every_nth == 2
    context.close()
