"""A person's own data: taken along, and taken away."""

import json
from datetime import timedelta

from sqlalchemy import select

from daybreak.services import passwords
from daybreak.store.erasing import RULES
from daybreak.store.tables import Person
from tests.support.prompts import make_link, make_prompt
from tests.webapp.conftest import Browser, Web

GOOD = "slow squats at three"


def give_password(web: Web) -> None:
    with web.writing() as session:
        passwords.set_password(session, session.get_one(Person, web.world.bob.id), GOOD)


def test_the_export_has_everything_of_the_person_and_nothing_of_others(web: Web) -> None:
    give_password(web)
    with web.writing() as session:
        now = web.clock.at
        for who in (web.world.bob, web.world.alice):
            prompt = make_prompt(session, who, web.world.policy, now, standing="done", answered_at=now)
            make_link(session, prompt, f"token-{who.id}")
    response = web.signed_in(web.world.bob).get("/me/export")
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-daybreak-data.json"'
    data = json.loads(response.data)
    assert {name.split(".")[0] for name in RULES} <= data.keys()
    assert data["person"]["email"] == "bob@acme.test"
    assert [row["standing"] for row in data["prompt"]] == ["done"]
    assert data["prompt"][0]["policy"] == "Hourly reset"
    assert data["membership"][0]["team"] == "Product team"
    assert len(data["break_taken"]) == len(data["delivery"]) == 1
    for secret in ("argon2", "hash", "alice", "charlie", "unsubscribe-bob"):
        assert secret not in response.text.lower()


def press(browser: Browser, **data: str) -> int:
    return browser.post("/me/erase", data=data).status_code


def test_erasing_asks_for_the_password(web: Web) -> None:
    give_password(web)
    bob = web.signed_in(web.world.bob)
    assert "Your password" in bob.get("/me/erase").text
    assert press(bob) == 422
    assert press(bob, password="wrong") == 422
    assert press(bob, password=GOOD) == 303
    assert bob.get("/today").location == "/signin?next=/today"
    with web.reading() as session:
        assert session.get_one(Person, web.world.bob.id).email is None


def test_or_where_there_is_none_for_a_fresh_sign_in(web: Web) -> None:
    bob = web.signed_in(web.world.bob)
    web.clock.at += timedelta(minutes=16)
    assert "sign out, sign in again" in bob.get("/me/erase").text
    assert press(bob) == 422
    assert press(web.signed_in(web.world.bob)) == 303
    with web.reading() as session:
        assert "bob@acme.test" not in session.scalars(select(Person.email)).all()


def test_five_wrong_passwords_are_enough(web: Web) -> None:
    give_password(web)
    bob = web.signed_in(web.world.bob)
    assert [press(bob, password="wrong") for _ in range(6)] == [422] * 5 + [429]
    assert press(bob, password=GOOD) == 429


def test_the_last_owner_is_told_what_to_do(web: Web) -> None:
    response = web.signed_in(web.world.alice).post("/me/erase")
    assert response.status_code == 422
    assert "make somebody else owner first" in response.text
