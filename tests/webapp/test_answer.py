"""The page behind a message's link: looking changes nothing, a press is one record, every end is calm."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from daybreak.store.tables import BreakTaken, Person, Policy, Prompt
from tests.support.prompts import make_link, make_prompt
from tests.webapp.conftest import Browser, Web

TOKEN = "a-token-of-a-message"
DUE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def linked(web: Web) -> Web:
    """Alice has a message about ten o'clock, and it is 10:02."""
    with web.writing() as session:
        alice = session.get_one(Person, web.world.alice.id)
        policy = session.get_one(Policy, web.world.policy.id)
        make_link(session, make_prompt(session, alice, policy, DUE), TOKEN)
    web.clock.at = DUE + 2 * MINUTE
    return web


def nonce_of(html: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', html)
    assert found
    return found[1]


def press(client: Browser, do: str, token: str = TOKEN) -> TestResponse:
    """Open the page and press a button of it; no cookie is sent or kept, as in a mail program's webview."""
    page = client.get(f"/b/{token}")
    return client.post(
        f"/b/{token}", data={"do": do, "nonce": nonce_of(page.text)}, forged=True, follow_redirects=True
    )


def change(web: Web, edit: Callable[[Prompt], None]) -> None:
    with web.writing() as session:
        edit(session.get_one(Prompt, 1))


def rows(web: Web) -> tuple[object, ...]:
    """Everything a look could have changed."""
    with web.reading() as session:
        prompt = session.get_one(Prompt, 1)
        values = tuple(getattr(prompt, column.key) for column in Prompt.__table__.columns)
        return (*values, len(session.scalars(select(BreakTaken)).all()))


def webview(web: Web) -> Browser:
    return web.app.test_client(use_cookies=False)  # type: ignore[return-value]


def test_twenty_looks_change_nothing(linked: Web) -> None:
    before = rows(linked)
    client = webview(linked)
    for _look in range(20):
        for do in ("", "?do=done", "?do=snooze", "?do=skip", "?do=undo"):
            assert client.get(f"/b/{TOKEN}{do}").status_code == 200
            assert client.head(f"/b/{TOKEN}{do}").status_code == 200
    assert rows(linked) == before


def test_the_page_keeps_to_itself(linked: Web) -> None:
    response = linked.signed_in(linked.world.alice).get(f"/b/{TOKEN}")
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    anonymous = webview(linked).get(f"/b/{TOKEN}")
    assert "Set-Cookie" not in anonymous.headers
    for word in ("@", "Alice", "Product", "Acme", "unsubscribe"):
        assert word not in anonymous.text, word
    assert "<script>" not in anonymous.text


def test_do_changes_only_the_big_button(linked: Web) -> None:
    client = webview(linked)
    buttons = {"done": "I moved", "snooze": "Snooze 10 minutes", "skip": "Skip", "evil": "I moved"}
    for do, words in buttons.items():
        html = client.get(f"/b/{TOKEN}?do={do}").text
        big = re.findall(r'class="btn primary big"[^>]*>([^<]+)<', html)
        assert big == [words]
        assert html.count("<form") == 3


def test_pressed_twice_is_one_record_and_the_same_page(linked: Web) -> None:
    client = webview(linked)
    first = press_again = press(client, "done")
    for _press in range(2):
        html = client.get(f"/b/{TOKEN}").text
        press_again = client.post(
            f"/b/{TOKEN}", data={"do": "done", "nonce": nonce_of(html)}, forged=True, follow_redirects=True
        )
    for page in (first, press_again):
        assert "Logged at" in page.text
        assert "10:02" in page.text
        assert "Undo" in page.text
        assert "11:00" in page.text  # the next one
    with linked.reading() as session:
        assert len(session.scalars(select(BreakTaken)).all()) == 1
        assert session.get_one(Prompt, 1).standing == "done"


def test_a_press_without_a_page_does_nothing(linked: Web) -> None:
    client = webview(linked)
    before = rows(linked)
    with linked.writing() as session:
        bob = session.get_one(Person, linked.world.bob.id)
        policy = session.get_one(Policy, linked.world.policy.id)
        make_link(session, make_prompt(session, bob, policy, DUE), "bobs-token")
    of_bob = nonce_of(client.get("/b/bobs-token").text)
    for nonce in ("", "nonsense", of_bob):
        response = client.post(f"/b/{TOKEN}", data={"do": "done", "nonce": nonce}, forged=True)
        assert response.status_code == 400
        assert "Please press the button once more." in response.text
    assert rows(linked) == before


def test_another_site_cannot_press(linked: Web) -> None:
    client = webview(linked)
    nonce = nonce_of(client.get(f"/b/{TOKEN}").text)
    data = {"do": "done", "nonce": nonce}
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"/b/{TOKEN}", data=data, headers=headers, forged=True).status_code == 400
    assert client.post(f"/b/{TOKEN}", data=data, headers={"Origin": "null"}, forged=True).status_code == 303


def test_undo_within_the_minute_and_after(linked: Web) -> None:
    client = webview(linked)
    press(client, "skip")
    linked.clock.at += timedelta(seconds=59)
    assert "I moved" in press(client, "undo").text
    html = press(client, "done").text
    linked.clock.at += timedelta(seconds=61)
    late = client.post(f"/b/{TOKEN}", data={"do": "undo", "nonce": nonce_of(html)}, forged=True)
    assert (late.status_code, "for a minute only" in late.text) == (409, True)
    assert "Undo" not in client.get(f"/b/{TOKEN}").text


def test_snoozed_then_done(linked: Web) -> None:
    client = webview(linked)
    html = press(client, "snooze").text
    assert re.search(r"Snoozed until.*10:12", html)
    assert "Snooze 10" not in html
    assert "Logged at" in press(client, "done").text


def test_after_the_deadline_it_is_late(linked: Web) -> None:
    linked.clock.at = DUE + 40 * MINUTE
    client = webview(linked)
    assert re.search(r"went by at.*10:30", client.get(f"/b/{TOKEN}").text)
    assert "Late, and still a break." in press(client, "done").text


def test_cancelled_says_so_and_still_takes_a_break(linked: Web) -> None:
    change(linked, lambda prompt: setattr(prompt, "standing", "cancelled"))
    client = webview(linked)
    assert "This break was cancelled" in client.get(f"/b/{TOKEN}").text
    assert "Logged at" in press(client, "done").text
    with linked.reading() as session:
        assert session.get_one(Prompt, 1).standing == "cancelled"


def test_the_end_of_a_link(linked: Web) -> None:
    client = webview(linked)
    linked.clock.at = datetime(2026, 3, 3, 1, 59, tzinfo=UTC)
    assert "The day of this break is over" in client.get(f"/b/{TOKEN}").text
    linked.clock.at = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    ended = client.get(f"/b/{TOKEN}")
    assert (ended.status_code, "This link has ended with its day" in ended.text) == (410, True)
    unknown = client.get("/b/nothing")
    assert (unknown.status_code, "Nothing here" in unknown.text) == (404, True)
    for path in (f"/b/{TOKEN}", "/b/nothing"):
        assert client.post(path, data={"do": "done"}, forged=True).status_code in (404, 410)
    assert rows(linked)[-1] == 0


def test_the_link_gives_no_session(linked: Web) -> None:
    client = linked.client()
    client.get(f"/b/{TOKEN}")
    press(client, "done")
    assert client.get("/today").status_code == 303


def test_i_moved_on_the_page_of_an_undelivered_prompt(linked: Web) -> None:
    def undelivered(prompt: Prompt) -> None:
        prompt.standing, prompt.first_sent_at = "undelivered", None

    change(linked, undelivered)
    html = press(webview(linked), "done").text
    assert "It counts towards your own day." in html
    with linked.reading() as session:
        assert session.get_one(Prompt, 1).standing == "undelivered"
