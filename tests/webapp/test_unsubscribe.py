"""The end of e-mail prompts: looking changes nothing, one click is enough, nothing else stops."""

import re

from daybreak.store.tables import Delivery, Person, Policy, Prompt
from tests.support.prompts import make_delivery, make_prompt
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Browser, Web

PAGE = "/u/unsubscribe-alice"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def anyone(web: Web) -> Browser:
    return web.app.test_client(use_cookies=False)  # type: ignore[return-value]


def alice(web: Web) -> Person:
    with web.reading() as session:
        return session.get_one(Person, web.world.alice.id)


def test_looking_changes_nothing(web: Web) -> None:
    for _look in range(20):
        assert anyone(web).get(PAGE).status_code == 200
        assert anyone(web).head(PAGE).status_code == 200
    assert alice(web).email_off_at is None
    page = anyone(web).get(PAGE)
    assert "Stop e-mail prompts" in page.text
    assert "@" not in page.text
    assert "Alice" not in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_one_click_as_a_mail_program_sends_it(web: Web) -> None:
    with web.writing() as session:
        person = session.get_one(Person, web.world.alice.id)
        policy = session.get_one(Policy, web.world.policy.id)
        prompt = make_prompt(session, person, policy, MONDAY_0900)
        planned = make_delivery(session, prompt, "planned").id
    for _click in range(2):
        headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
        response = anyone(web).post(PAGE, data=ONE_CLICK, headers=headers, forged=True)
        assert (response.status_code, "Location" in response.headers) == (200, False)
    person = alice(web)
    assert person.email_off_at == MONDAY_0900
    assert person.prompts_on
    with web.reading() as session:
        assert session.get_one(Delivery, planned).state == "suppressed"
        assert session.get_one(Prompt, 1).standing == "open"


def test_on_again_needs_the_page(web: Web) -> None:
    client = anyone(web)
    page = client.post(PAGE, data=ONE_CLICK, forged=True)
    assert "E-mail prompts are off" in page.text
    client.post(PAGE, data={"do": "on"}, forged=True)
    assert alice(web).email_off_at is not None
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found
    again = client.post(PAGE, data={"do": "on", "nonce": found[1]}, forged=True)
    assert "E-mail prompts are on again" in again.text
    assert alice(web).email_off_at is None


def test_an_unknown_key_is_not_found(web: Web) -> None:
    assert anyone(web).get("/u/unknown").status_code == 404
    assert anyone(web).post("/u/unknown", data=ONE_CLICK, forged=True).status_code == 404
