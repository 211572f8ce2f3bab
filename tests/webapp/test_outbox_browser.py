"""The outbox in a real Chromium: the framed mail shows, its links lead on, nothing else happens."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.webapp.conftest import Web
from tests.webapp.test_outbox import letter

pytestmark = pytest.mark.browser


@pytest.fixture
def outbox(make_web: Callable[..., Web], page: Page) -> Iterator[str]:
    """The address of an outbox with a mail to Alice, who is signed in, and one to Bob."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = make_web(BASE_URL=url)
        letter(web, "alice@acme.test", number=1)
        letter(web, "bob@acme.test", number=2)
        server = make_server("127.0.0.1", 0, web.app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        cookie = web.signed_in(web.world.alice).get_cookie("daybreak")
        assert cookie is not None
        page.context.add_cookies([{"name": "daybreak", "value": cookie.value, "url": url}])
        try:
            yield f"{url}/outbox"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def open_mail(page: Page, outbox: str, to: str) -> None:
    """Open the mail to somebody from the list."""
    page.goto(outbox)
    page.get_by_role("row").filter(has_text=to).get_by_role("link").click()


@pytest.mark.parametrize(("width", "scheme"), [(1100, "light"), (360, "dark")])
def test_pages_fit_and_axe_finds_nothing(page: Page, outbox: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for to in (None, "bob"):
        if to is None:
            page.goto(outbox)
        else:
            open_mail(page, outbox, to)
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_mail_shows_framed_and_its_link_leads_the_tab_on(page: Page, outbox: str) -> None:
    open_mail(page, outbox, "alice")
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading", name="Short breaks with Product").wait_for()
    frame.get_by_role("link", name="When not to exercise").click()
    page.wait_for_url("**/safety")


def test_the_mail_to_another_says_that_it_is_masked(page: Page, outbox: str) -> None:
    open_mail(page, outbox, "bob")
    assert page.get_by_text("the links that act in their name are masked").is_visible()
