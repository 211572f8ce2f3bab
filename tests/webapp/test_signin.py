"""Signing in by a mailed link or a password, and signing out, as a browser sees it."""

import re

import pytest
from sqlalchemy import func, select

from daybreak.services import accounts
from daybreak.services.accounts import LINK_LIFETIME
from daybreak.store.tables import Delivery, Letter, Person, SignInLink
from daybreak.tokens import hash_token
from tests.support.signing_in import GOOD, give_password, who
from tests.webapp.conftest import Browser, Web

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
