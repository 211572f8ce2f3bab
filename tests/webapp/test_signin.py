"""Signing in by a mailed link or a password, and signing out, as a browser sees it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Blueprint
from sqlalchemy import func, select

from daybreak.services import accounts, passwords
from daybreak.services.accounts import ABSOLUTE, IDLE, LINK_LIFETIME
from daybreak.store.tables import Delivery, Letter, Person, SignInLink, SignInSession
from daybreak.tokens import hash_token
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Browser, Web
from webapp.guards import signed_in
from webapp.identity import signed_in_lately

GOOD = "slow squats at three"
UNKNOWN = "eve@acme.test"
BOB = {"email": "bob@acme.test"}


def ask(browser: Browser, email: str, **more: str) -> str:
    """Ask for a link; the page that follows."""
    response = browser.post("/signin", data={"email": email, **more})
    assert (response.status_code, response.location.split("?")[0]) == (303, "/signin"), response.text
    return browser.get(response.location).text


def digits(page: str) -> str:
    """The six digits a page shows."""
    found = re.search(r"(\d{3}) (\d{3})</strong>", page)
    assert found, page
    return found[1] + found[2]


def hand_off(web: Web) -> str:
    """Do what the worker does when it sends the newest letter: make the token; the path it mails."""
    with web.writing() as session:
        link = session.scalars(select(SignInLink).order_by(SignInLink.id.desc())).first()
        assert link
        link.token_hash = hash_token(f"token-{link.id}")
        return f"/signin/token-{link.id}"


def who(browser: Browser) -> bool:
    """Whether somebody is signed in there."""
    return browser.get("/signin").status_code == 303


def give_password(web: Web, person: Person) -> None:
    with web.writing() as session:
        passwords.set_password(session, session.get_one(Person, person.id), GOOD)


class TestAsking:
    """The page that asks for the address."""

    def test_known_and_unknown_get_the_same_page(self, web: Web) -> None:
        pages = []
        for email in ("bob@acme.test", UNKNOWN):
            browser = web.client()
            page = ask(browser, email)
            assert "If that address is known, a link is on its way." in page
            page = page.replace(digits(page)[:3] + " " + digits(page)[3:], "DIGITS")
            pages.append(re.sub(r'name="csrf_token" value="[^"]+"', "", page))
        assert pages[0] == pages[1]

    def test_the_known_one_gets_a_letter(self, web: Web) -> None:
        ask(web.client(), " BOB@acme.test ")
        ask(web.client(), UNKNOWN)
        with web.reading() as session:
            assert session.scalars(select(Letter.kind)).all() == ["sign_in"]
            assert session.scalars(select(Delivery.person_id)).all() == [web.world.bob.id]

    @pytest.mark.parametrize(
        "email", ["", "bob", "bob@", "@acme.test", "a b@acme.test", "x" * 260 + "@acme.test"]
    )
    def test_no_address(self, web: Web, email: str) -> None:
        response = web.client().post("/signin", data={"email": email})
        assert response.status_code == 422
        assert 'aria-invalid="true"' in response.text
        assert 'id="email-error"' in response.text
        with web.reading() as session:
            assert session.scalar(select(func.count(SignInLink.id))) == 0

    def test_what_was_typed_stays(self, web: Web) -> None:
        assert 'value="bob at acme"' in web.client().post("/signin", data={"email": "bob at acme"}).text

    def test_digits_go_when_the_link_does(self, web: Web) -> None:
        browser = web.client()
        page = ask(browser, "bob@acme.test")
        web.clock.at += LINK_LIFETIME
        assert "on its way" in page
        assert "on its way" not in browser.get("/signin").text

    def test_names_the_workspace(self, web: Web) -> None:
        assert "<h1>Acme</h1>" in web.client().get("/signin").text


class TestTheLink:
    """The page behind the link of a letter."""

    def test_signs_in_by_a_post_only(self, web: Web) -> None:
        browser = web.client()
        ask(browser, "bob@acme.test")
        path = hand_off(web)
        for _ in range(20):
            page = browser.get(path)
            assert page.status_code == 200
            browser.head(path)
        assert "Sign in as b...@acme.test" in page.text
        assert "bob@" not in page.text
        assert not who(browser)
        assert browser.post(path).location == "/today"
        assert who(browser)

    def test_once(self, web: Web) -> None:
        browser = web.client()
        ask(browser, "bob@acme.test")
        path = hand_off(web)
        browser.post(path)
        browser.post("/signout")
        for response in (browser.get(path), browser.post(path)):
            assert response.status_code == 410
            assert "Send me a link" in response.text
        assert not who(browser)

    def test_too_late(self, web: Web) -> None:
        browser = web.client()
        ask(browser, "bob@acme.test")
        path = hand_off(web)
        web.clock.at += LINK_LIFETIME
        assert browser.post(path).status_code == browser.get(path).status_code == 410
        assert not who(browser)
        assert "on its way" in ask(browser, "bob@acme.test")  # the new one, asked for in place

    def test_in_another_browser_the_digits_are_needed(self, web: Web) -> None:
        laptop, phone = web.client(), web.client()
        code = digits(ask(laptop, "bob@acme.test"))
        path = hand_off(web)
        assert "Six digits" not in laptop.get(path).text
        assert "Six digits" in phone.get(path).text
        assert phone.post(path).status_code == 422
        wrong = phone.post(path, data={"code": "1" + code[1:] if code[0] != "1" else "2" + code[1:]})
        assert wrong.status_code == 422
        assert "Tries left: 4" in wrong.text
        assert phone.post(path, data={"code": f" {code[:3]} {code[3:]} "}).location == "/today"
        assert who(phone)
        assert not who(laptop)

    def test_five_wrong_tries_spend_it(self, web: Web) -> None:
        laptop, phone = web.client(), web.client()
        code = digits(ask(laptop, "bob@acme.test"))
        path = hand_off(web)
        wrong = str((int(code) + 1) % 1_000_000).zfill(6)
        statuses = [phone.post(path, data={"code": wrong}).status_code for _ in range(5)]
        assert statuses == [422, 422, 422, 422, 410]
        assert phone.post(path, data={"code": code}).status_code == 410
        assert laptop.post(path).status_code == 410

    def test_of_a_command_is_good_anywhere(self, web: Web) -> None:
        with web.writing() as session:
            token = accounts.make_link_for_command(session, web.world.alice, web.clock.at)
        browser = web.client()
        assert browser.post(f"/signin/{token}").location == "/today"
        assert who(browser)

    @pytest.mark.parametrize("token", ["none", "x" * 400, "None"])
    def test_that_is_not_ours(self, web: Web, token: str) -> None:
        ask(web.client(), "bob@acme.test")
        assert web.client().get(f"/signin/{token}").status_code == 410

    def test_leads_back(self, web: Web) -> None:
        browser = web.client()
        page = browser.get("/signin?next=/team/product").text
        assert 'name="next" value="/team/product"' in page
        ask(browser, "bob@acme.test", next="/team/product")
        assert browser.post(hand_off(web)).location == "/team/product"

    def test_leads_nowhere_else(self, web: Web) -> None:
        browser = web.client()
        assert "evil" not in browser.get("/signin?next=//evil.test").text
        ask(browser, "bob@acme.test", next="//evil.test")
        assert browser.post(hand_off(web)).location == "/today"


class TestPassword:
    """Signing in by a password."""

    def test_right(self, web: Web) -> None:
        give_password(web, web.world.bob)
        browser = web.client()
        data = {"email": "Bob@acme.test", "password": GOOD, "next": "/team/product"}
        assert browser.post("/signin/password", data=data).location == "/team/product"
        assert who(browser)

    def test_wrong_unknown_and_none_look_alike(self, web: Web) -> None:
        give_password(web, web.world.bob)
        pages = []
        for email in ("bob@acme.test", "alice@acme.test", UNKNOWN):
            response = web.client().post("/signin/password", data={"email": email, "password": "wrong"})
            assert response.status_code == 422
            assert "do not go together" in response.text
            assert "wrong" not in response.text.replace(email, "")
            pages.append(re.sub(r'name="csrf_token" value="[^"]+"', "", response.text.replace(email, "")))
        assert pages[0] == pages[1] == pages[2]

    def test_a_weak_hash_is_renewed(self, web: Web) -> None:
        from argon2 import PasswordHasher

        weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD)
        with web.writing() as session:
            session.get_one(Person, web.world.bob.id).password_hash = weak
        web.client().post("/signin/password", data={"email": "bob@acme.test", "password": GOOD})
        with web.reading() as session:
            assert session.get_one(Person, web.world.bob.id).password_hash != weak


class TestSession:
    """What the cookie holds, and when it ends."""

    def test_is_new_at_sign_in(self, web: Web) -> None:
        """A cookie that an attacker planted is of no use to them afterwards."""
        give_password(web, web.world.bob)
        browser = web.client()
        with browser.session_transaction() as planted:
            planted["csrf_token"] = "planted"
            planted["_user_id"] = "planted"
            planted["anything"] = "planted"
        browser.post("/signin/password", data={"email": "bob@acme.test", "password": GOOD})
        with browser.session_transaction() as now:
            assert "planted" not in now.values()
            assert now.permanent

    def test_signing_in_again_ends_the_old_one(self, web: Web) -> None:
        give_password(web, web.world.bob)
        browser = web.signed_in(web.world.alice)
        browser.post("/signin/password", data={"email": "bob@acme.test", "password": GOOD})
        with web.reading() as session:
            ended = session.scalars(
                select(SignInSession.person_id).where(SignInSession.revoked_at.is_not(None))
            )
            assert ended.all() == [web.world.alice.id]

    def test_sign_out_ends_it_on_the_server(self, web: Web) -> None:
        browser = web.signed_in(web.world.bob)
        stolen = web.client()
        with browser.session_transaction() as cookie, stolen.session_transaction() as copy:
            copy.update(cookie)
        assert who(stolen)
        assert browser.post("/signout").location == "/signin"
        assert not who(browser)
        assert not who(stolen)

    def test_sign_out_everywhere(self, web: Web) -> None:
        here, there = web.signed_in(web.world.bob), web.signed_in(web.world.bob)
        alices = web.signed_in(web.world.alice)
        here.post("/signout/everywhere")
        assert (who(here), who(there), who(alices)) == (False, False, True)

    def test_ends_idle_but_not_in_use(self, web: Web) -> None:
        used, idle = web.signed_in(web.world.bob), web.signed_in(web.world.bob)
        for _ in range(2):
            web.clock.at += IDLE - timedelta(hours=1)
            assert who(used)
        assert not who(idle)
        web.clock.at += IDLE
        assert not who(used)

    def test_ends_absolutely(self, web: Web) -> None:
        browser = web.signed_in(web.world.bob)
        while web.clock.at < MONDAY_0900 + ABSOLUTE - timedelta(days=1):
            assert who(browser)
            web.clock.at += timedelta(days=1)
        web.clock.at = MONDAY_0900 + ABSOLUTE
        assert not who(browser)

    def test_is_noted_at_most_hourly(self, web: Web) -> None:
        browser = web.signed_in(web.world.bob)
        seen = []
        for _ in range(5):
            who(browser)
            with web.reading() as session:
                seen.append(session.scalars(select(SignInSession.seen_at)).one() - MONDAY_0900)
            web.clock.at += timedelta(minutes=30)
        assert [int(s.total_seconds() / 60) for s in seen] == [0, 0, 60, 60, 120]

    def test_is_fresh_for_a_while(self, web: Web) -> None:
        bp = Blueprint("fresh", __name__)
        bp.add_url_rule("/fresh", "show", signed_in(lambda: str(signed_in_lately())))
        web.app.register_blueprint(bp)
        browser = web.signed_in(web.world.bob)
        web.clock.at += timedelta(minutes=15) - timedelta(seconds=1)
        assert browser.get("/fresh").text == "True"
        web.clock.at += timedelta(seconds=1)
        assert browser.get("/fresh").text == "False"

    def test_of_a_removed_person_ends_at_once(self, web: Web) -> None:
        browser = web.signed_in(web.world.bob)
        with web.writing() as session:
            session.get_one(Person, web.world.bob.id).email = None
        assert not who(browser)

    def test_outlives_a_change_of_the_secret_key(self, web: Web, make_web: Callable[..., Web]) -> None:
        browser = web.signed_in(web.world.bob)
        old = web.app.config["SECRET_KEY"]
        same = {"prepare": lambda _session: web.world, "SECRET_KEY": "another-secret-of-tests-long-enough"}
        for fallbacks, still in ((old, True), ("", False)):
            changed = make_web(**same, SECRET_KEY_FALLBACKS=fallbacks).client()
            cookie = browser.get_cookie("daybreak")
            assert cookie
            changed.set_cookie("daybreak", cookie.value)
            assert who(changed) == still
