"""The site's script and htmx 4 in a real Chromium, under the content-security policy of the app."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Blueprint, render_template_string, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from daybreak.services import accounts
from tests.support.browser import Faults
from tests.webapp.conftest import Web
from webapp.guards import public, signed_in

pytestmark = pytest.mark.browser

LAYOUT = '{% extends "layouts/base.html" %}{% block title %}Try{% endblock %}{% block main %}<h1>Try</h1>'
FORM = """
<form id="card" method="post" action="/try/form" hx-post="/try/form" novalidate>
  <input id="name" name="name" aria-label="Name" value="{{ request.form.get("name", "") }}">
  <input id="code" name="code" aria-label="Code" value="{{ request.form.get("code", "") }}"
    {%- if wrong %} aria-invalid="true" aria-describedby="code-error"{% endif %}>
  {% if wrong %}<p class="error" id="code-error">Four digits.</p>{% endif %}
  <button class="btn">Save</button>
</form>
"""
DONE = """
{% import "macros/ui.html" as ui with context %}
<section id="card"><h2 tabindex="-1" autofocus>Saved {{ request.form.get("name", "") }}</h2></section>
{{ ui.say("It is saved.") }}
"""
POLLED = """
<div id="polled" hx-get="/try/poll" hx-trigger="every 300ms, wake from:body">
  <output>{{ count }}</output><details><summary>More</summary>words</details><input aria-label="Note">
</div>
"""
COUNTDOWN = """
<b id="left" data-now="2026-03-02T09:00:00Z" data-countdown-to="2026-03-02T10:05:00Z"
  data-hours="{h} h {m} min" data-minutes="{m} min" data-seconds="{s} s" data-due="Now"
  data-title="{left} - Today">soon</b>
<button data-key="m">Moved</button><output id="moved"></output>
"""


@dataclass
class Site:
    """A running app with a few pages to try the script on."""

    url: str
    web: Web
    polls: int = 0
    tokens: list[str | None] = field(default_factory=list)


def pages(site: Site) -> Blueprint:
    """The pages; their answers are fragments."""
    bp = Blueprint("try", __name__, url_prefix="/try")

    def page(body: str, **context: object) -> str:
        return render_template_string(LAYOUT + body + "{% endblock %}", **context)

    @bp.get("/form")
    @public
    def form() -> ResponseReturnValue:
        return page(FORM, wrong=False)

    @bp.post("/form")
    @signed_in
    def send() -> ResponseReturnValue:
        site.tokens.append(request.headers.get("X-CSRFToken"))
        code = request.form["code"]
        if code == "boom":
            raise RuntimeError("on purpose")
        if not code.isdigit():
            return render_template_string(FORM, wrong=True), 422
        return render_template_string(DONE)

    @bp.get("/polls")
    @public
    def polls() -> ResponseReturnValue:
        return page(POLLED, count=0)

    @bp.get("/poll")
    @public
    def poll() -> ResponseReturnValue:
        site.polls += 1
        return render_template_string(POLLED, count=site.polls)

    @bp.get("/countdown")
    @public
    def countdown() -> ResponseReturnValue:
        return page(COUNTDOWN)

    return bp


@pytest.fixture
def site(make_web: Callable[..., Web]) -> Iterator[Site]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = make_web(BASE_URL=url)
        running = Site(url, web)
        web.app.register_blueprint(pages(running))
        server = make_server("127.0.0.1", 0, web.app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def bob(site: Site, page: Page) -> Page:
    """A page in which Bob is signed in."""
    browser = site.web.signed_in(site.web.world.bob)
    cookie = browser.get_cookie("daybreak")
    assert cookie is not None
    page.context.add_cookies([{"name": "daybreak", "value": cookie.value, "url": site.url}])
    return page


def open_form(page: Page, site: Site, code: str) -> None:
    page.goto(f"{site.url}/try/form")
    page.get_by_label("Name").fill("Ana")
    page.get_by_label("Code").fill(code)


def leave(page: Page) -> None:
    """End the polls before the server does."""
    page.goto("about:blank")


class TestForms:
    def test_an_answer_is_swapped_in_focused_and_said(self, bob: Page, site: Site) -> None:
        open_form(bob, site, "1234")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_role("heading", name="Saved Ana")).to_be_focused()
        expect(bob.locator("#say")).to_have_text("It is saved.")
        assert bob.locator("#say").get_attribute("aria-live") == "polite"
        assert site.tokens != [None]
        assert bob.url.endswith("/try/form")

    def test_a_wrong_field_has_the_focus_and_nothing_typed_is_lost(
        self, bob: Page, site: Site, faults: Faults
    ) -> None:
        faults.allow("422")
        open_form(bob, site, "abcd")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_text("Four digits.")).to_be_visible()
        expect(bob.get_by_label("Code")).to_be_focused()
        expect(bob.get_by_label("Name")).to_have_value("Ana")
        expect(bob.get_by_label("Code")).to_have_value("abcd")

    def test_an_error_is_told_above_the_untouched_form(self, bob: Page, site: Site, faults: Faults) -> None:
        faults.allow("500")
        open_form(bob, site, "boom")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_role("alert")).to_contain_text("This is our fault")
        expect(bob.get_by_label("Code")).to_have_value("boom")

        bob.get_by_label("Code").fill("1234")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_role("heading", name="Saved Ana")).to_be_visible()
        expect(bob.get_by_role("alert")).to_be_empty()

    def test_without_a_connection_nothing_is_lost_and_can_be_tried_again(
        self, bob: Page, site: Site, faults: Faults
    ) -> None:
        faults.allow("ERR_INTERNET_DISCONNECTED")
        faults.allow("Failed to fetch")
        open_form(bob, site, "1234")
        bob.context.set_offline(True)
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_role("alert")).to_contain_text("Not saved. Check your connection and try again.")
        expect(bob.get_by_label("Code")).to_have_value("1234")
        bob.context.set_offline(False)
        bob.get_by_role("button", name="Try again").click()
        expect(bob.get_by_role("heading", name="Saved Ana")).to_be_visible()
        expect(bob.get_by_role("alert")).to_be_empty()

    def test_an_ended_session_leads_to_the_sign_in(self, bob: Page, site: Site, faults: Faults) -> None:
        faults.allow("401")
        open_form(bob, site, "1234")
        with site.web.writing() as session:
            accounts.sign_out_everywhere(session, site.web.world.bob.id, site.web.clock.at)
        bob.get_by_role("button", name="Save").click()
        expect(bob).to_have_url(f"{site.url}/signin?next=/try/form")


class TestPolls:
    def test_go_on_keep_what_is_open_and_wait_for_who_types(self, page: Page, site: Site) -> None:
        page.goto(f"{site.url}/try/polls")
        page.get_by_text("More").click()
        expect(page.locator("output")).to_have_text(re.compile(r"[3-9]|\d\d"))
        assert page.locator("details").get_attribute("open") is not None

        page.get_by_label("Note").fill("half a thought")
        page.wait_for_timeout(100)
        before = site.polls
        page.wait_for_timeout(1000)
        assert site.polls == before
        expect(page.get_by_label("Note")).to_have_value("half a thought")
        leave(page)

    def test_pause_while_the_tab_is_hidden_and_catch_up_on_return(self, page: Page, site: Site) -> None:
        page.add_init_script(
            "Object.defineProperty(document, 'hidden', {configurable: true, get: () => window.away ?? false})"
        )
        page.goto(f"{site.url}/try/polls")
        expect(page.locator("output")).not_to_have_text("0")
        page.evaluate("window.away = true")
        page.wait_for_timeout(400)
        before = site.polls
        page.wait_for_timeout(1000)
        assert site.polls == before
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("output")).not_to_have_text(str(before))
        leave(page)


class TestCountdown:
    def test_counts_by_the_server_s_clock_in_the_page_s_words(self, page: Page, site: Site) -> None:
        page.clock.install(time="2031-01-01T00:00:00Z")  # a machine whose clock is wrong
        page.goto(f"{site.url}/try/countdown")
        left = page.locator("#left")
        expect(left).to_have_text("1 h 5 min")
        page.clock.fast_forward("06:00")
        expect(left).to_have_text("59 min")
        expect(page).to_have_title("59 min - Today")
        page.clock.fast_forward("58:20")
        expect(left).to_have_text("40 s")
        page.evaluate(
            "document.body.addEventListener('wake', () => { window.woken = (window.woken ?? 0) + 1 })"
        )
        page.clock.fast_forward("01:00")
        expect(left).to_have_text("Now")
        page.clock.fast_forward("00:05")
        assert page.evaluate("window.woken") == 1


class TestKeys:
    def test_press_what_the_page_offers(self, bob: Page, site: Site) -> None:
        bob.goto(f"{site.url}/try/countdown")
        bob.evaluate("() => { document.querySelector('[data-key=m]').onclick = () => moved.value++ }")
        bob.keyboard.press("m")
        expect(bob.locator("#moved")).to_have_text("1")
        bob.keyboard.press("Control+m")
        bob.keyboard.press("?")
        expect(bob.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        bob.keyboard.press("m")
        bob.keyboard.press("Escape")
        bob.evaluate("document.body.dataset.shortcuts = 'off'")
        bob.keyboard.press("m")
        expect(bob.locator("#moved")).to_have_text("1")

    def test_are_letters_while_typing(self, bob: Page, site: Site) -> None:
        bob.goto(f"{site.url}/try/form")
        bob.get_by_label("Name").press_sequentially("tmsk?")
        expect(bob.get_by_label("Name")).to_have_value("tmsk?")
        assert bob.url.endswith("/try/form")


class TestLibrary:
    def test_filters_as_one_chooses(self, page: Page, site: Site) -> None:
        page.goto(f"{site.url}/movements")
        page.get_by_label("Place").select_option("stairs")
        expect(page.locator("#movement-list .card")).to_have_count(3)
        expect(page.locator("#say")).to_have_text("3 movements of 43")
        assert "place=stairs" in page.url
        page.go_back()
        expect(page.locator("#movement-list .card")).to_have_count(43)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("path", ["/movements", "/safety", "/privacy", "/nowhere"])
    def test_axe_finds_nothing(self, page: Page, site: Site, path: str, scheme: str, faults: Faults) -> None:
        faults.allow("404")
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(site.url + path)
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    @pytest.mark.parametrize("path", ["/movements", "/safety", "/privacy"])
    def test_fits_a_narrow_phone(self, page: Page, site: Site, path: str) -> None:
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
