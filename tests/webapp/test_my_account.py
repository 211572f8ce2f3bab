"""Sign-in and teams, of the profile: the password, other browsers, leaving."""

from datetime import timedelta

from daybreak.services import accounts, passwords
from daybreak.store.tables import Membership, Person, SignInSession
from tests.support.profile import row
from tests.support.world import MONDAY_0900, make_person
from tests.webapp.conftest import Browser, Web


class TestPassword:
    """The password."""

    def test_it_needs_a_fresh_sign_in_where_there_is_none(self, web: Web, bob: Browser) -> None:
        web.clock.at += timedelta(minutes=16)
        response = bob.post("/me/password", data={"account-password": "four random words here"})
        assert response.status_code == 422
        assert "It is a while since you signed in." in response.text
        assert row(web).password_hash is None

    def test_a_password_is_set_then_changed_with_the_old_one(self, web: Web, bob: Browser) -> None:
        other = web.signed_in(web.world.bob)
        assert bob.post("/me/password", data={"account-password": "tall green lamp post"}).status_code == 303
        assert passwords.is_right(row(web), "tall green lamp post")
        assert other.get("/me").status_code == 303  # signed out
        assert bob.get("/me").status_code == 200
        wrong = {"account-current": "no", "account-password": "wide blue river bed"}
        response = bob.post("/me/password", data=wrong, hx=True)
        assert response.status_code == 422
        assert 'id="account-current-error"' in response.text
        assert "wide blue river bed" not in response.text
        right = {**wrong, "account-current": "tall green lamp post"}
        assert bob.post("/me/password", data=right).status_code == 303
        assert passwords.is_right(row(web), "wide blue river bed")

    def test_passwords_cannot_be_guessed_for_long(self, web: Web, bob: Browser) -> None:
        with web.writing() as session:
            passwords.set_password(session, session.get_one(Person, web.world.bob.id), "tall green lamp post")
        sent = {"account-current": "no", "account-password": "wide blue river bed"}
        codes = [bob.post("/me/password", data=sent).status_code for _ in range(6)]
        assert codes == [422] * 5 + [429]

    def test_sign_out_everywhere_else(self, web: Web, bob: Browser) -> None:
        with web.writing() as session:
            accounts.open_session(session, session.get_one(Person, web.world.bob.id), MONDAY_0900)
        bob.post("/me/sign-out-everywhere")
        with web.reading() as session:
            sessions = session.query(SignInSession).filter_by(person_id=web.world.bob.id, revoked_at=None)
            assert sessions.count() == 1
        assert bob.get("/me").status_code == 200


class TestLeaving:
    """One press on a page of its own, and no reason."""

    def test_leave(self, web: Web, bob: Browser) -> None:
        team_id = web.world.team.id
        assert "Leave Product team?" in bob.get(f"/me/teams/{team_id}/leave").text
        assert bob.post(f"/me/teams/{team_id}/leave").location == "/me"
        assert row(web).next_due_at is None
        page = bob.get("/me")
        assert page.status_code == 200
        assert "You have left Product team." in page.text
        assert bob.get("/team/product/policies").status_code == 404

    def test_the_last_admin_stays_until_there_is_another(self, web: Web) -> None:
        alice, team_id = web.signed_in(web.world.alice), web.world.team.id
        response = alice.post(f"/me/teams/{team_id}/leave")
        assert response.status_code == 422
        assert "make somebody else admin first" in response.text
        with web.writing() as session:
            make_person(session, "dora", MONDAY_0900, web.world.team, role="admin")
        assert alice.post(f"/me/teams/{team_id}/leave").status_code == 303

    def test_a_foreign_team_does_not_exist(self, web: Web, bob: Browser) -> None:
        for team_id in (web.world.other_team.id, 77):
            assert bob.get(f"/me/teams/{team_id}/leave").status_code == 404
            assert bob.post(f"/me/teams/{team_id}/leave").status_code == 404
        with web.reading() as session:
            assert session.query(Membership).filter(Membership.left_at.is_not(None)).count() == 0
