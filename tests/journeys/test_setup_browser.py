"""From the printed code to the first break in a real Chromium: with a script, without one, and by axe."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from daybreak.domain.delivery import DeliveryState
from daybreak.runtime import Runtime
from daybreak.services import setup
from daybreak.store.tables import Delivery, Team
from tasks.dispatch import dispatch
from tests.support.browser import Faults
from tests.support.runtimes import runtime_for
from tests.support.slack import SlackSink
from tests.support.world import MONDAY_0900
from webapp import create_app

pytestmark = pytest.mark.browser

PASSWORD = "slow squats at three"
MOST_INTERACTIONS = 14


@dataclass
class Site:
    """A running app that nobody has set up, and the address that the launcher prints."""

    url: str
    runtime: Runtime

    def printed(self) -> str:
        """Issue a code; the address with it."""
        with self.runtime.writing() as session:
            return f"{self.url}/setup?code={setup.issue_code(session, MONDAY_0900)}"

    def deliver(self) -> None:
        """Do what the worker does."""
        with self.runtime.reading() as session:
            planned = select(Delivery.id).where(Delivery.state == DeliveryState.PLANNED)
            ids = list(session.scalars(planned))
        dispatch(self.runtime, ids, lambda _ids: None)


@pytest.fixture
def site(sqlite_database_url: str, tmp_path: Path, slack_sink: SlackSink) -> Iterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environ = {"BASE_URL": url, "WEBHOOK_ALLOW": slack_sink.origin}
        with runtime_for(sqlite_database_url, tmp_path / "home", **environ) as built:
            server = make_server("127.0.0.1", 0, create_app(built), threaded=True, fd=listening.fileno())
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield Site(url, built)
            finally:
                server.shutdown()
                thread.join()
                server.server_close()


@dataclass
class Hand:
    """A tester's hand on a page, which counts what it does and looks for violations where it is told to."""

    page: Page
    is_checking: bool = False
    done: list[str] = field(default_factory=list)

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.done.append(label)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.done.append(name)

    def sees(self, heading: str) -> None:
        opened = self.page.locator("#step-title, .plain h1:not(.head h1)").last
        expect(opened).to_have_text(heading)
        if self.is_checking:
            found = Axe().run(self.page)
            assert found.violations_count == 0, (heading, found.generate_report())


def first_three_blocks(hand: Hand, site: Site) -> None:
    """From the printed address to the channels."""
    hand.page.goto(site.printed())
    hand.sees("Set up Daybreak")
    hand.press("Continue")
    hand.sees("Your workspace and you")
    hand.fill("Name of the workspace", "Acme")
    hand.fill("Your name", "Ana")
    hand.fill("Your e-mail address", "ana@acme.test")
    hand.fill("A password", PASSWORD)
    hand.press("Save and go on")
    hand.sees("Your first team")
    expect(hand.page.get_by_text("Acme · Ana, ana@acme.test")).to_be_visible()
    hand.fill("Name of the team", "Product team")


def test_with_a_script_in_fourteen_interactions(site: Site, browser: Browser, slack_sink: SlackSink) -> None:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Lisbon")
    try:
        hand = Hand(context.new_page(), is_checking=True)
        page = hand.page
        loads: list[str] = []
        page.on("load", lambda loaded: loads.append(loaded.url))
        first_three_blocks(hand, site)
        expect(page.get_by_label("Time zone", exact=True)).to_have_value("Europe/Lisbon")
        hand.press("Save and go on")
        hand.sees("How often you move")
        expect(page.locator("#step-title")).to_be_focused()
        expect(page.get_by_role("radio", name="Hourly reset")).to_be_checked()
        hand.press("Save and go on")
        hand.sees("How messages go out")
        hand.fill("Slack webhook of the team's channel (optional)", slack_sink.webhook())
        hand.press("Send a test to Slack")
        expect(page.get_by_text("Sending…")).to_be_visible()
        site.deliver()
        expect(page.get_by_text("Delivered.")).to_be_visible()
        assert "this channel works" in slack_sink.posts[0].body.decode()
        hand.press("Save and go on")
        hand.sees("Who else is in")
        assert len(loads) == 2, "a block that is saved does not load the page anew"
        hand.press("Finish without inviting")
        hand.sees("First break at 10:00, today")
        assert len(hand.done) <= MOST_INTERACTIONS, hand.done
        hand.press("Send me one now")
        expect(page.get_by_text("Sending…")).to_be_visible()
        site.deliver()
        expect(page.get_by_text("Sent. Have a look")).to_be_visible()
        page.get_by_role("link", name="Go to Today").click()
        expect(page.locator("#hero")).to_contain_text("10:00")
    finally:
        context.close()


def test_an_error_keeps_what_was_typed_and_has_the_focus(site: Site, page: Page, faults: Faults) -> None:
    faults.allow("422")
    hand = Hand(page)
    page.goto(site.printed())
    hand.press("Continue")
    hand.fill("Name of the workspace", "Acme")
    hand.fill("Your name", "Ana")
    hand.fill("Your e-mail address", "ana")
    hand.fill("A password", PASSWORD)
    with page.expect_response("**/setup/owner") as refused:
        hand.press("Save and go on")
    assert refused.value.status == 422
    field = page.get_by_label("Your e-mail address", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value("ana")
    expect(page.get_by_text("is not an e-mail address")).to_be_visible()


def test_a_failure_names_cause_and_mend(site: Site, page: Page, slack_sink: SlackSink) -> None:
    hand = Hand(page)
    first_three_blocks(hand, site)
    hand.fill("Time zone", "Europe/Lisbon")
    hand.press("Save and go on")
    hand.sees("How often you move")
    hand.press("Save and go on")
    slack_sink.reply("no_service")
    hand.fill("Slack webhook of the team's channel (optional)", slack_sink.webhook())
    hand.press("Send a test to Slack")
    expect(page.get_by_text("Sending…")).to_be_visible()
    site.deliver()
    expect(page.get_by_text("Webhook removed in Slack.")).to_be_visible()
    page.goto(f"{site.url}/today")
    expect(page.locator("#step-title")).to_have_text("How messages go out")


def test_without_a_script_and_on_a_narrow_screen(site: Site, browser: Browser) -> None:
    phone = {"width": 360, "height": 780}
    context = browser.new_context(java_script_enabled=False, locale="en-GB", viewport=phone)  # type: ignore[arg-type]
    try:
        hand = Hand(context.new_page())
        first_three_blocks(hand, site)
        hand.fill("Time zone", "Lisbonn")
        hand.press("Save and go on")
        expect(hand.page.get_by_text("Did you mean Europe/Lisbon?")).to_be_visible()
        hand.fill("Time zone", "Europe/Lisbon")
        hand.press("Save and go on")
        hand.page.get_by_text("More rhythms").click()
        hand.page.get_by_role("radio", name="Every forty").check()
        hand.press("Save and go on")
        hand.press("Go on without Slack")
        hand.fill("E-mail addresses", "bob@acme.test\nbob")
        hand.press("Invite and finish")
        expect(hand.page.get_by_text("“bob” is not an e-mail address")).to_be_visible()
        link = hand.page.get_by_label("Link for bob@acme.test").input_value()
        hand.press("Finish")
        hand.sees("First break at 09:40, today")
        hand.press("Send me one now")
        site.deliver()
        hand.page.reload()
        expect(hand.page.get_by_text("Sent. Have a look")).to_be_visible()
    finally:
        context.close()
    joining(browser, link)
    with site.runtime.reading() as session:
        assert session.scalars(select(Team.zone)).one() == "Europe/Lisbon"


def joining(browser: Browser, link: str) -> None:
    """Bob opens his link on another machine and joins."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    try:
        hand = Hand(context.new_page())
        hand.page.goto(link)
        hand.sees("Join Product team")
        hand.fill("Your name", "Bob")
        hand.fill("A password", PASSWORD)
        hand.press("Join")
        expect(hand.page.get_by_text("You are in Product team.")).to_be_visible()
    finally:
        context.close()
