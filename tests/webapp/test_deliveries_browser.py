"""The delivery log and a team's channels in a real Chromium: accessible, narrow, and live."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.support.browser import Faults
from tests.support.post_office import NOBODY
from tests.webapp.conftest import Web
from tests.webapp.test_deliveries import MINUTE, TEN, channel, deliver

pytestmark = pytest.mark.browser


@pytest.fixture
def address(make_web: Callable[..., Web], page: Page) -> Iterator[str]:
    """Where the app answers; Alice is signed in, a channel is off, and sixty messages were attempted."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = make_web(BASE_URL=url, REDIS_URL=NOBODY, SLACK_SIGNING_SECRET="s" * 32)
        web.clock.at = TEN + 2 * MINUTE
        off = channel(web, off_at=TEN, off_reason="no_service")
        deliver(web, "failed", ("failed", "no_service"), via=off)
        deliver(web, "unknown", ("unknown", "lost"))
        deliver(web, "planned", ("retry", "4.3.0"), next_try_at=TEN + 4 * MINUTE)
        for number in range(57):
            deliver(web, "sent", ("sent", "250"), due_at=TEN - timedelta(hours=number + 1))
        server = make_server("127.0.0.1", 0, web.app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        cookie = web.signed_in(web.world.alice).get_cookie("daybreak")
        assert cookie is not None
        page.context.add_cookies([{"name": "daybreak", "value": cookie.value, "url": url}])
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_accessible_and_narrow(page: Page, address: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("team/product/deliveries", "team/product/deliveries/1", "team/product/channels", "me/slack"):
        page.goto(f"{address}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        if shots := os.environ.get("DAYBREAK_SHOTS"):
            page.screenshot(path=f"{shots}/{path.replace('/', '-')}-{width}-{scheme}.png")


def test_the_next_fifty_and_a_filter(page: Page, address: str) -> None:
    page.goto(f"{address}/team/product/deliveries")
    lines = page.locator("tr[id^=delivery-]")
    expect(lines).to_have_count(50)
    page.get_by_role("link", name="Load 50 more").click()
    expect(lines).to_have_count(60)
    expect(page.get_by_role("link", name="Load 50 more")).to_have_count(0)
    page.get_by_label("Status").select_option("unknown")
    page.get_by_role("button", name="Show").click()
    expect(lines).to_have_count(1)
    expect(page.get_by_text("It may have arrived, so it is never sent again.")).to_be_visible()
    assert "status=unknown" in page.url


def test_trying_again_swaps_the_line(page: Page, address: str) -> None:
    page.goto(f"{address}/team/product/deliveries?status=retrying")
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_role("button", name="Try again now")).to_have_count(0)
    expect(page.locator("#say")).to_have_text("Trying again now.")


def test_a_wrong_webhook_is_told_at_its_field(page: Page, address: str, faults: Faults) -> None:
    faults.allow("422")
    page.goto(f"{address}/team/product/channels")
    page.get_by_label("Name").fill("second")
    page.get_by_label("Webhook", exact=True).fill("https://hooks.slack.com/services/only")
    with page.expect_response(lambda response: response.status == 422):
        page.get_by_role("button", name="Add and test").click()
    expect(page.get_by_text("The address is not whole")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("second")
