"""What every request must show and every response carries."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.webapp.conftest import Browser, Web
from webapp.headers import POLICY

PAGES = ("/signin", "/healthz", "/today", "/no-such-page", "/movements", "/static/css/base.css")


def cookie(set_cookie: str) -> tuple[str, set[str]]:
    """Name and attributes of a Set-Cookie header."""
    pair, *attributes = set_cookie.split("; ")
    return pair.split("=")[0], {a for a in attributes if not a.startswith("Expires")}


@pytest.mark.parametrize("path", PAGES)
def test_every_response_is_dressed(web: Web, path: str) -> None:
    headers = web.client().get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_policy_allows_only_what_is_ours() -> None:
    assert POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )


def test_pages_are_not_stored_and_versioned_files_are_for_good(web: Web) -> None:
    browser = web.client()
    assert browser.get("/signin").headers["Cache-Control"] == "no-store"
    versioned = browser.get("/static/css/base.css?v=0123456789").headers
    assert versioned["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in versioned
    assert "Cookie" not in versioned.get("Vary", "")
    assert "immutable" not in browser.get("/static/css/base.css").headers["Cache-Control"]
    assert "immutable" not in browser.get("/static/css/none.css?v=1").headers["Cache-Control"]


def test_cookie_by_http(web: Web) -> None:
    name, attributes = cookie(web.client().get("/signin").headers["Set-Cookie"])
    assert name == "daybreak"
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_cookie_by_https(make_web: Callable[..., Web]) -> None:
    web = make_web(BASE_URL="https://breaks.example.org")
    response = web.client().get("/signin", base_url="https://breaks.example.org")
    name, attributes = cookie(response.headers["Set-Cookie"])
    assert name == "__Host-daybreak"
    assert attributes == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("path", ["/signin", "/static/css/base.css", "/healthz"])
def test_unknown_host_is_refused(web: Web, path: str) -> None:
    response = web.client().get(path, base_url="http://evil.test")
    assert response.status_code == 400
    assert response.mimetype == "text/plain"
    assert "evil" not in response.text


def test_forwarded_host_and_address_count_for_configured_proxies_only(make_web: Callable[..., Web]) -> None:
    forwarded = {"X-Forwarded-Host": "evil.test", "X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    direct = make_web()
    assert direct.client().get("/signin", headers=forwarded).status_code == 200
    behind = make_web(lambda session: direct.world, TRUSTED_PROXIES="1")
    assert behind.client().get("/signin", headers=forwarded).status_code == 400
    seen: list[str | None] = []
    behind.app.before_request_funcs[None].insert(0, lambda: seen.append(_remote_address(behind.app)))
    behind.client().get("/signin", headers={"X-Forwarded-For": forwarded["X-Forwarded-For"]})
    assert seen == ["198.51.100.7"]


def _remote_address(_app: Flask) -> str | None:
    from flask import request

    return request.remote_addr


class TestForged:
    """Requests that other sites make a browser send."""

    def test_without_token(self, web: Web) -> None:
        browser = web.signed_in(web.world.bob)
        response = browser.post("/signout", forged=True)
        assert response.status_code == 400
        assert "reload the page" in response.text
        assert browser.get("/signin").location == "/today"  # still signed in

    def test_token_of_a_form(self, web: Web) -> None:
        browser = web.client()
        token = browser.get("/signin").text.split('name="csrf_token" value="')[1].split('"')[0]
        response = browser.post("/signin", forged=True, data={"csrf_token": token, "email": "not an address"})
        assert response.status_code == 422

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_from_another_site(self, web: Web, site: str) -> None:
        response = _post(web.client(), {"Sec-Fetch-Site": site})
        assert response == 400

    @pytest.mark.parametrize(
        "origin", ["https://evil.test", "http://localhost:81", "http://localhost.evil.test"]
    )
    def test_from_another_origin(self, web: Web, origin: str) -> None:
        assert _post(web.client(), {"Origin": origin}) == 400
        assert _post(web.client(), {"Origin": origin, "Sec-Fetch-Site": "same-origin"}) == 400

    @pytest.mark.parametrize("origin", ["http://localhost", "null"])
    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_from_our_pages(self, web: Web, origin: str, site: str) -> None:
        assert _post(web.client(), {"Origin": origin, "Sec-Fetch-Site": site}) == 422

    def test_behind_a_proxy_that_ends_tls_the_base_url_counts(self, make_web: Callable[..., Web]) -> None:
        browser = make_web(BASE_URL="https://breaks.example.org").client()

        def status(origin: str) -> int:  # of a page that has a nonce of its own in place of the token
            inside = "http://breaks.example.org"
            sent = browser.post("/b/none", headers={"Origin": origin}, forged=True, base_url=inside)
            return sent.status_code

        assert status("https://breaks.example.org") == 404
        assert status("https://elsewhere.example") == 400

    @pytest.mark.parametrize("path", ["/u/some-key", "/slack/interactions"])
    def test_exempt_are_one_click_unsubscribe_and_slack(self, web: Web, path: str) -> None:
        response = web.client().post(path, forged=True, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code != 400 or "reload" not in response.text

    def test_get_changes_nothing_and_needs_no_token(self, web: Web) -> None:
        assert web.client().get("/signin", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def _post(browser: Browser, headers: dict[str, str]) -> int:
    """The status of a form that is wrong (422) where the request as such is right."""
    return browser.post("/signin", headers=headers, data={"email": "not an address"}).status_code


class TestBeforeSetUp:
    """Until the set-up is done."""

    def test_pages_lead_there(self, web: Web) -> None:
        with web.writing() as session:
            session.merge(web.world.workspace).setup_done_at = None
        browser = web.client()
        for path in ("/", "/signin", "/today", "/team/product", "/no-such-page"):
            response = browser.get(path)
            assert (response.status_code, response.location) == (303, "/setup")
        assert browser.get("/healthz").status_code == 200
        assert browser.get("/static/css/base.css").status_code == 200
        assert browser.get("/setup").location != "/setup"

    def test_once_done_it_is_not_asked_again(self, web: Web) -> None:
        browser = web.client()
        assert browser.get("/signin").status_code == 200
        with web.writing() as session:
            session.merge(web.world.workspace).setup_done_at = None
        assert browser.get("/signin").status_code == 200
