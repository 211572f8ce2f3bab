"""The session of a browser: what its cookie holds, and when it ends."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint
from sqlalchemy import select

from daybreak.services.accounts import ABSOLUTE, IDLE
from daybreak.store.tables import Person, SignInSession
from tests.support.signing_in import GOOD, give_password, who
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web
from webapp.guards import signed_in
from webapp.identity import signed_in_lately


class TestSession:
    """From signing in to its end."""

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
