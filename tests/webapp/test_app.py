"""The app as a whole: words, fragments, and what is done after the commit."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.typing import ResponseReturnValue
from jinja2 import UndefinedError

from daybreak import wording
from tests.webapp.conftest import Web
from webapp import create_app, htmx, runtime
from webapp.db import after_commit, commit
from webapp.filters import clock, day, moment
from webapp.guards import public


def probe(web: Web, rule: str, view: Callable[[], ResponseReturnValue]) -> None:
    """Add a page to the app."""
    bp = Blueprint(rule.strip("/"), __name__)
    bp.add_url_rule(rule, "view", public(view), methods=["GET", "POST"])
    web.app.register_blueprint(bp)


def rendered(app: Flask, source: str, **context: object) -> str:
    """What a template comes to."""
    with app.test_request_context("/signin"):
        return render_template_string(source, **context)


def test_home_leads_to_today(web: Web) -> None:
    assert web.client().get("/").location == "/today"


def test_runtime_is_the_one_given(web: Web) -> None:
    with web.app.app_context():
        assert runtime() is web.runtime
    assert create_app(web.runtime).config["SECRET_KEY"] == web.runtime.settings.secret_key


class TestTemplates:
    """What templates may use."""

    def test_a_forgotten_name_is_an_error(self, web: Web) -> None:
        with pytest.raises(UndefinedError):
            rendered(web.app, "{{ forgotten }}")

    def test_words_escape_what_people_wrote(self, web: Web) -> None:
        assert rendered(web.app, "{{ _('Hello %(name)s', name=name) }}", name="<b>") == "Hello &lt;b&gt;"
        assert rendered(web.app, "{{ _('80 %%') }}") == "80 %"

    @pytest.mark.parametrize(("n", "text"), [(1, "1 break for &lt;b&gt;"), (2, "2 breaks for &lt;b&gt;, 2")])
    def test_plurals(self, web: Web, n: int, text: str) -> None:
        source = (
            "{{ ngettext('%(n)s break for %(who)s', '%(n)s breaks for %(who)s, %(num)s', n, who='<b>') }}"
        )
        assert rendered(web.app, source, n=n) == text

    def test_trans_blocks(self, web: Web) -> None:
        source = "{% trans n=n %}{{ n }} break{% pluralize %}{{ n }} breaks{% endtrans %}"
        assert rendered(web.app, source, n=3) == "3 breaks"

    def test_clocks(self, web: Web) -> None:
        now = web.clock.at
        assert clock(now, "Asia/Tokyo") == "18:00"
        assert day(now, "Europe/Lisbon") == day(now.date()) == "Monday 2 March"
        assert moment(now, "Pacific/Auckland") == "Mon 2 Mar 22:00"
        with pytest.raises(TypeError):
            day(now)
        assert (
            rendered(web.app, "{{ now|clock('UTC') }} {{ now|moment('UTC') }}", now=now)
            == "09:00 Mon 2 Mar 09:00"
        )


def test_the_language_of_a_request_does_not_outlive_it(web: Web) -> None:
    wording.set_locale("xx")
    web.client().get("/signin", headers={"Accept-Language": "xx, pt;q=0.5"})
    assert wording.locale() == "en"


class TestFragments:
    """A view that says something and shows its page or fragment."""

    @pytest.fixture
    def saying(self, web: Web) -> Web:
        def show() -> ResponseReturnValue:
            htmx.say("Logged at <15:02>.")
            return htmx.render("pages/errors/error.html", "macros/figure.html")

        def leave() -> ResponseReturnValue:
            htmx.say("Logged at <15:02>.")
            return htmx.see_other("/signin")

        probe(web, "/show", show)
        probe(web, "/leave", leave)
        return web

    def test_a_page(self, saying: Web) -> None:
        response = saying.client().get("/show")
        assert response.text.lstrip().startswith("<!doctype html>")
        assert "Logged at &lt;15:02&gt;." in response.text
        assert "HX-Request" in response.headers["Vary"]

    def test_a_fragment(self, saying: Web) -> None:
        response = saying.client().get("/show", hx=True)
        assert "<html" not in response.text
        assert response.text.strip() == '<p id="say" hx-swap-oob="innerHTML">Logged at &lt;15:02&gt;.</p>'
        assert "HX-Request" in response.headers["Vary"]

    def test_a_page_brought_back_from_history_is_whole(self, saying: Web) -> None:
        response = saying.client().get("/show", hx=True, headers={"HX-History-Restore-Request": "true"})
        assert response.text.lstrip().startswith("<!doctype html>")

    @pytest.mark.parametrize("hx", [True, False])
    def test_what_was_said_is_shown_after_leaving(self, saying: Web, hx: bool) -> None:
        browser = saying.client()
        response = browser.post("/leave", hx=hx)
        assert (response.status_code, response.location) == (303, "/signin")
        assert "Logged at &lt;15:02&gt;." in browser.get("/signin").text
        assert "Logged at" not in browser.get("/signin").text


class TestAfterCommit:
    """What waits for the commit."""

    @pytest.mark.parametrize(("status", "called"), [(200, ["rung"]), (422, []), (500, [])])
    def test_is_done_when_something_was_committed(self, web: Web, status: int, called: list[str]) -> None:
        rung: list[str] = []

        def view() -> ResponseReturnValue:
            after_commit(lambda: rung.append("rung"))
            return "", status

        probe(web, "/ring", view)
        web.client().post("/ring")
        assert rung == called

    def test_is_done_once(self, web: Web) -> None:
        rung: list[str] = []

        def view() -> ResponseReturnValue:
            after_commit(lambda: rung.append("rung"))
            commit()
            return ""

        probe(web, "/ring", view)
        web.client().post("/ring")
        assert rung == ["rung"]

    def test_cannot_break_the_page(self, web: Web) -> None:
        def view() -> ResponseReturnValue:
            after_commit(lambda: 1 // 0)
            return "fine"

        probe(web, "/ring", view)
        assert web.client().post("/ring").text == "fine"
