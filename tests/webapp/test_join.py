"""An invitation: a GET shows, a POST acts, and no link gets into an account that somebody uses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from daybreak.services import inviting, passwords
from daybreak.store.tables import AuditEntry, Invitation, Membership, Person, SignInSession, Team
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web

GOOD = {"name": "Dana", "password": "slow squats at three"}


def invited(web: Web, email: str, team_id: int | None = None) -> str:
    """Invite an address and make its link; the path."""
    with web.writing() as session:
        team = session.get_one(Team, team_id or web.world.team.id)
        alice = session.get_one(Person, web.world.alice.id)
        invitation = inviting.invite(session, team, email, "member", alice, MONDAY_0900)
        return f"/join/{inviting.make_link(session, invitation, MONDAY_0900)}"


def member(web: Web, email: str) -> tuple[Person, Membership]:
    with web.reading() as session:
        person = session.scalars(select(Person).where(Person.email == email)).one()
        row = session.scalars(select(Membership).where(Membership.person_id == person.id)).all()[-1]
        session.expunge_all()
        return person, row


def test_a_get_shows_what_would_come_and_changes_nothing(web: Web) -> None:
    path = invited(web, "dana@acme.test")
    for method in ("GET", "HEAD", "GET"):
        response = web.client().open(path, method=method)
        assert response.status_code == 200
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Alice invites you" in response.text
    assert "Join Product team" in response.text
    assert "5 breaks a day, about 10 min" in response.text
    assert "09:00–17:00 Europe/Lisbon" in response.text
    assert "Nobody else sees which breaks you take" in response.text
    assert member(web, "dana@acme.test")[1].joined_at is None


def test_a_yes_joins_and_signs_in(web: Web) -> None:
    path = invited(web, "dana@acme.test")
    browser = web.client()
    assert browser.post(path, data=GOOD).location == "/today"
    assert browser.get("/today").status_code == 200
    person, row = member(web, "dana@acme.test")
    assert (person.name, row.joined_at) == ("Dana", MONDAY_0900)
    assert passwords.is_right(person, GOOD["password"])
    assert person.next_due_at is not None
    again = web.client().post(path, data=GOOD)
    assert again.status_code == 410
    assert "This invitation has been used" in again.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": ""}, "Choose a password"),
        ({"password": "short"}, "at least 8 characters"),
        ({"name": " "}, "This needs a name."),
    ],
)
def test_what_is_refused_stands_at_its_field(web: Web, changed: dict[str, str], words: str) -> None:
    path = invited(web, "dana@acme.test")
    response = web.client().post(path, data={**GOOD, **changed})
    assert response.status_code == 422
    assert words in response.text
    assert 'value="Dana"' in response.text or "name" in changed
    assert member(web, "dana@acme.test")[1].joined_at is None


def test_with_a_mail_server_no_password_is_needed(make_web: Callable[..., Web]) -> None:
    web = make_web(SMTP_URL="smtp://127.0.0.1:2525")
    browser = web.client()
    assert browser.post(invited(web, "dana@acme.test"), data={"name": "Dana"}).location == "/today"
    assert member(web, "dana@acme.test")[0].password_hash is None


def test_a_no_is_one_press_and_told_to_nobody(web: Web) -> None:
    path = invited(web, "dana@acme.test")
    with web.reading() as session:
        before = session.scalar(select(func.count(AuditEntry.id)))
    browser = web.client()
    refused = browser.post(f"{path}/refuse")
    assert refused.location == path
    page = browser.get(path)
    assert (page.status_code, "You said no, and that is fine" in page.text) == (200, True)
    assert browser.post(path, data=GOOD).status_code == 200
    assert member(web, "dana@acme.test")[1].joined_at is None
    with web.reading() as session:
        assert session.scalar(select(func.count(AuditEntry.id))) == before
    assert browser.post(f"{path}/refuse").location == path


def test_links_that_do_nothing_any_more_are_calm(web: Web) -> None:
    path = invited(web, "dana@acme.test")
    assert "is not known" in web.client().get("/join/nonsense").text
    assert web.client().get("/join/nonsense").status_code == 410
    web.clock.at += timedelta(days=8)
    lapsed = web.client().get(path)
    assert (lapsed.status_code, "has lapsed" in lapsed.text) == (410, True)
    assert web.client().post(path, data=GOOD).status_code == 410


def test_a_link_does_not_get_into_an_account_that_is_used(web: Web) -> None:
    path = invited(web, "charlie@acme.test")
    browser = web.client()
    page = browser.get(path).text
    assert "You have an account already" in page
    assert 'name="password"' not in page
    assert browser.post(path, data={**GOOD, "name": "Mallory"}).status_code == 403
    bob = web.signed_in(web.world.bob)
    assert "signed in as somebody else" in bob.get(path).text
    assert bob.post(path, data=GOOD).status_code == 403
    with web.reading() as session:
        assert session.get_one(Person, web.world.charlie.id).name == "Charlie"
        assert session.get_one(Person, web.world.charlie.id).password_hash is None
        assert (
            session.scalars(
                select(SignInSession).where(SignInSession.person_id == web.world.charlie.id)
            ).all()
            == []
        )
    charlie = web.signed_in(web.world.charlie)
    assert 'name="name"' not in charlie.get(path).text
    assert charlie.post(path).location == "/today"
    with web.reading() as session:
        invitation = session.scalars(select(Invitation)).one()
        row = session.get_one(Membership, invitation.membership_id)
        assert (row.team_id, row.joined_at) == (web.world.team.id, MONDAY_0900)
        assert session.get_one(Person, web.world.charlie.id).name == "Charlie"


def test_somebody_new_in_anothers_browser_becomes_who_was_invited(web: Web) -> None:
    path = invited(web, "dana@acme.test")
    bob = web.signed_in(web.world.bob)
    assert "signed in as Bob" in bob.get(path).text
    bob.post(path, data=GOOD)
    with web.reading() as session:
        ended = session.scalars(select(SignInSession).where(SignInSession.revoked_at.is_not(None))).one()
        assert ended.person_id == web.world.bob.id
