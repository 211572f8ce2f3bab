"""The people of a team: what admins see, and what they may change."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.services import inviting, passwords, people
from daybreak.store.tables import AuditEntry, Delivery, Invitation, Membership, Person, Team
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Browser, Web

URL = "/team/product/people"
PASSWORD = "slow squats at three"


@pytest.fixture
def alice(web: Web) -> Browser:
    return web.signed_in(web.world.alice)


def row_of(page: str, name: str) -> str:
    """The row of a person, as text."""
    row = next(part.split("</tr>")[0] for part in page.split("<tr>")[2:] if name in part)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def membership(web: Web, person_id: int) -> Membership:
    with web.reading() as session:
        found = session.scalars(select(Membership).where(Membership.person_id == person_id)).one()
        session.expunge_all()
        return found


def test_the_list_is_for_admins_and_says_nothing_of_breaks(web: Web, alice: Browser) -> None:
    with web.writing() as session:
        bob = session.get_one(Person, web.world.bob.id)
        bob.prompts_on, bob.paused_from_at, bob.zone = False, MONDAY_0900, "America/Sao_Paulo"
    page = alice.get(URL).text
    assert row_of(page, "Bob") == "Bob bob@acme.test Member America/Sao Paulo Hourly reset joined Change"
    assert "Admin, owner" in row_of(page, "Alice")
    assert "paused" not in page.lower().replace("pauses or has said no", "")
    bobs = web.signed_in(web.world.bob)
    assert bobs.get(URL).status_code == 403
    assert f'href="{URL}"' not in bobs.get("/today").text
    assert f'href="{URL}"' in alice.get("/today").text
    assert web.signed_in(web.world.charlie).get(URL).status_code == 404


def test_without_a_mail_server_each_invitation_has_a_link_that_is_shown_once(
    web: Web, alice: Browser
) -> None:
    for hx in (False, True):
        page = alice.post(URL, data={"emails": "dana@acme.test\nbob@acme.test\nnonsense"}, hx=hx).text
        links = re.findall(r'value="http://localhost(/join/[^"]+)"', page)
        assert len(links) == 1
        assert web.client().get(links[0]).status_code == 200
        assert "This person is in the team already." in page
        assert "“nonsense” is not an e-mail address" in page
        assert ">\nbob@acme.test\nnonsense</textarea>" in page.replace("\r", "")
        assert "invited" in row_of(page, "dana@acme.test")
    assert "/join/" not in alice.get(URL).text


def test_links_stay_on_the_page_while_it_is_not_left(web: Web, alice: Browser) -> None:
    def press(emails: str, handed: str) -> tuple[list[str], str]:
        page = alice.post(URL, data={"emails": emails, "handed": handed}).text
        carried = re.search(r'name="handed" value="([^"]*)"', page)
        return re.findall(r'value="http://localhost(/join/[^"]+)"', page), carried[1] if carried else ""

    (danas,), handed = press("dana@acme.test\neve.acme.test", "")
    assert press(" ", handed)[0] == [danas]
    (first, eves), handed = press("eve@acme.test", handed)
    assert first == danas
    anew, _handed = press("Dana <DANA@acme.test>", handed)
    assert anew[0] == eves
    assert danas not in anew  # it was replaced and works no more
    for link in anew:
        assert web.client().get(link).status_code == 200
    forged = f"{handed[:-1]}{'a' if handed[-1:] != 'a' else 'b'}x"
    assert press(" ", forged)[0] == []


def test_with_a_mail_server_a_letter_goes_out(make_web: Callable[..., Web]) -> None:
    web = make_web(SMTP_URL="smtp://127.0.0.1:2525")
    page = web.signed_in(web.world.alice).post(URL, data={"emails": "dana@acme.test"}).text
    assert "a letter is on its way" in page
    assert "/join/" not in page
    with web.reading() as session:
        assert [one.kind for one in session.scalars(select(Delivery))] == ["letter"]


def test_nothing_to_invite_and_too_much(alice: Browser) -> None:
    assert alice.post(URL, data={"emails": " "}).status_code == 422
    many = "\n".join(f"p{n}@acme.test" for n in range(201))
    refused = alice.post(URL, data={"emails": many})
    assert refused.status_code == 422
    assert "p200@acme.test" in refused.text


def test_refused_and_ignored_look_alike_and_are_invited_anew_alike(web: Web, alice: Browser) -> None:
    ids = {}
    for name in ("dana", "zoe"):
        with web.writing() as session:
            team = session.get_one(Team, web.world.team.id)
            by = session.get_one(Person, web.world.alice.id)
            invitation = inviting.invite(session, team, f"{name}@acme.test", "member", by, MONDAY_0900)
            token = inviting.make_link(session, invitation, MONDAY_0900)
            ids[name] = session.get_one(Membership, invitation.membership_id).person_id
            if name == "zoe":
                inviting.refuse(session, token, MONDAY_0900)

    def told(name: str) -> list[str]:
        listed = row_of(alice.get(URL).text, f"{name}@acme.test")
        detail = alice.get(f"{URL}/{ids[name]}").text
        texts = (re.sub(r'csrf[_-]token" (value|content)="[^"]+"', "", one) for one in (listed, detail))
        return [one.replace(name, "x").replace(f"/{ids[name]}", "/n") for one in texts]

    assert told("dana") == told("zoe")
    for name in ("dana", "zoe"):
        page = alice.post(f"{URL}/{ids[name]}/link").text
        links = re.findall(r'value="http://localhost(/join/[^"]+)"', page)
        assert web.client().get(links[0]).status_code == 200
    assert told("dana") == told("zoe")
    web.clock.at += timedelta(days=8)
    assert "invitation lapsed" in row_of(web.signed_in(web.world.alice).get(URL).text, "zoe@acme.test")


def test_there_is_no_new_link_for_who_is_in(web: Web, alice: Browser) -> None:
    assert alice.post(f"{URL}/{web.world.bob.id}/link").status_code == 404
    with web.reading() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_a_role_is_given_and_audited(web: Web, alice: Browser) -> None:
    bob = web.world.bob.id
    assert alice.post(f"{URL}/{bob}/role", data={"role": "admin"}).location == URL
    assert membership(web, bob).role == "admin"
    with web.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "membership.role_changed")
        ).one()
        assert (entry.actor_id, entry.new) == (web.world.alice.id, {"role": "admin"})
    assert alice.post(f"{URL}/{bob}/role", data={"role": "king"}).status_code == 422


def test_who_signed_in_long_ago_shows_the_password(web: Web, alice: Browser) -> None:
    bob = web.world.bob.id
    web.clock.at += timedelta(minutes=20)
    assert "sign in afresh" in alice.get(f"{URL}/{bob}").text
    assert alice.post(f"{URL}/{bob}/role", data={"role": "admin"}).status_code == 422
    with web.writing() as session:
        passwords.set_password(session, session.get_one(Person, web.world.alice.id), PASSWORD)
    wrong = alice.post(f"{URL}/{bob}/role", data={"role": "admin", "password": "no"})
    assert (wrong.status_code, "That is not your password." in wrong.text) == (422, True)
    assert membership(web, bob).role == "member"
    alice.post(f"{URL}/{bob}/role", data={"role": "admin", "password": PASSWORD})
    assert membership(web, bob).role == "admin"


def test_the_last_admin_stays(web: Web, alice: Browser) -> None:
    own = web.world.alice.id
    for action, data in (("role", {"role": "member"}), ("remove", {})):
        response = alice.post(f"{URL}/{own}/{action}", data=data)
        assert response.status_code == 422
        assert "This is the team&#39;s last admin" in response.text
    assert (membership(web, own).role, membership(web, own).left_at) == ("admin", None)


def test_removing_asks_on_its_own_page_and_ends_the_membership(web: Web, alice: Browser) -> None:
    bob = web.world.bob.id
    assert "Remove Bob" in alice.get(f"{URL}/{bob}").text
    assert membership(web, bob).left_at is None
    assert alice.post(f"{URL}/{bob}/remove").location == URL
    assert "Bob is no longer in Product team." in alice.get(URL).text
    assert membership(web, bob).left_at == MONDAY_0900
    assert alice.get(f"{URL}/{bob}").status_code == 404
    assert alice.post(f"{URL}/{bob}/remove").status_code == 404


def test_an_admin_who_leaves_is_led_to_today(web: Web) -> None:
    with web.writing() as session:
        team, bob = (session.get_one(Team, web.world.team.id), session.get_one(Person, web.world.bob.id))
        people.set_role(session, team, bob, "admin", None, MONDAY_0900)
    browser = web.signed_in(web.world.bob)
    assert browser.post(f"{URL}/{web.world.bob.id}/remove").location == "/today"


def test_somebody_of_another_team_does_not_exist(web: Web, alice: Browser) -> None:
    missing = alice.get(f"{URL}/999")
    foreign = alice.get(f"{URL}/{web.world.charlie.id}")
    assert (missing.status_code, foreign.status_code) == (404, 404)
    for action in ("role", "remove", "link"):
        assert alice.post(f"{URL}/{web.world.charlie.id}/{action}", data={"role": "admin"}).status_code == 404
