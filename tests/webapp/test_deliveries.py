"""The delivery log: what was attempted, its cause and mend, and nobody's name, address or plan."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from daybreak.store.tables import Attempt, Channel, Delivery, Prompt, Workspace
from tests.support.post_office import NOBODY
from tests.support.prompts import make_prompt
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web

TEN = MONDAY_0900 + timedelta(hours=1)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
PATH = "/team/product/deliveries"
SECRET = "https://hooks.slack.com/services/T000/B000/verysecreta91"


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    """The app, two minutes after ten."""
    made = make_web(REDIS_URL=NOBODY)
    made.clock.at = TEN + 2 * MINUTE
    return made


def channel(web: Web, *, own: bool = False, **fields: object) -> Channel:
    """A webhook of the team, or Bob's own."""
    values = {"created_at": MONDAY_0900, "hint": "hooks.slack.com/…/…a91", **fields}
    with web.writing() as session:
        made = Channel(
            team_id=None if own else web.world.team.id,
            person_id=web.world.bob.id if own else None,
            kind="slack_webhook",
            name="own" if own else "breaks",
            secret=web.runtime.cipher.seal(SECRET),
            **values,
        )
        session.add(made)
    return made


def deliver(
    web: Web,
    state: str,
    *tries: tuple[str, str],
    due_at: datetime = TEN,
    via: Channel | None = None,
    **fields: object,
) -> Delivery:
    """A delivery with the results and codes of its tries."""
    with web.writing() as session:
        values: dict[str, object] = {
            "key": f"test:{session.query(Delivery).count()}",
            "kind": "shared" if via and via.team_id else "prompt",
            "transport": "slack_webhook" if via else "email",
            "team_id": web.world.team.id,
            "policy_id": web.world.policy.id,
            "person_id": None if via and via.team_id else web.world.bob.id,
            "channel_id": via.id if via else None,
            "due_at": due_at,
            "expires_at": due_at + 5 * MINUTE,
            "next_try_at": due_at,
            "sent_at": due_at + 3 * SECOND if state == "sent" else None,
            **fields,
        }
        made = Delivery(state=state, attempts=len(tries), **values)
        session.add(made)
        session.flush()
        for number, (result, code) in enumerate(tries):
            detail = f"{code} said of bob@acme.test" if not via else f"{code} said"
            at = due_at + number * SECOND
            session.add(Attempt(delivery_id=made.id, at=at, result=result, code=code, detail=detail))
    return made


def log(web: Web, query: str = "") -> str:
    """The page as Alice, an admin, sees it."""
    response = web.signed_in(web.world.alice).get(PATH + query)
    assert response.status_code == 200
    return response.text


def rows(text: str) -> int:
    """How many deliveries a page lists."""
    return text.count('<tr id="delivery-')


def test_what_was_not_attempted_is_not_there(web: Web) -> None:
    deliver(web, "sent", ("sent", "250"))
    deliver(web, "cancelled")
    deliver(web, "expired")
    deliver(web, "planned")
    assert rows(log(web)) == 1
    assert web.signed_in(web.world.alice).get(f"{PATH}/2").status_code == 404


def test_nobody_and_no_secret_stands_in_it(web: Web) -> None:
    shared, own = channel(web), channel(web, own=True)
    deliver(web, "failed", ("failed", "no_service"), via=shared)
    deliver(web, "failed", ("failed", "no_service"), via=own)
    deliver(web, "failed", ("failed", "5.1.1"))
    deliver(web, "sent", ("retry", "4.2.2"), ("sent", "250"))
    browser = web.signed_in(web.world.alice)
    for page in (log(web), *(browser.get(f"{PATH}/{number}").text for number in range(1, 5))):
        assert "Bob" not in page
        assert "bob@" not in page
        assert "verysecret" not in page
        assert "5.1.1" not in page
    assert "hooks.slack.com/…/…a91" in browser.get(f"{PATH}/1").text
    assert "a91" not in browser.get(f"{PATH}/2").text
    assert "They are told on their own pages." in browser.get(f"{PATH}/3").text


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("failed", "no_service", "Webhook removed in Slack. Paste a new one."),
        ("failed", "channel_is_archived", "Unarchive it in Slack"),
        ("failed", "action_prohibited", "A Slack admin has forbidden posts"),
        ("failed", "invalid_payload", "That is a fault of Daybreak"),
        ("unknown", "lost", "It may have arrived, so it is never sent again."),
        ("expired", "server_error", "nothing is sent late"),
        ("failed", "odd_new_word", "It could not be sent (odd_new_word)."),
    ],
)
def test_each_failure_says_what_to_do(web: Web, state: str, code: str, words: str) -> None:
    deliver(web, state, ("failed", code), via=channel(web))
    assert words in log(web)


def test_a_busy_webhook_says_when_it_is_tried_again(web: Web) -> None:
    via = channel(web, wait_until_at=TEN + 4 * MINUTE)
    deliver(web, "planned", ("retry", "429"), via=via, next_try_at=TEN + 4 * MINUTE)
    text = log(web)
    assert "retrying" in text
    assert "Next try at 10:04." in text
    assert "Try again now" not in text  # Slack asked to wait


def test_filters(web: Web) -> None:
    via, own = channel(web), channel(web, own=True)
    deliver(web, "sent", ("sent", "250"))
    deliver(web, "failed", ("failed", "550"), due_at=TEN - timedelta(days=1))
    deliver(web, "sent", ("sent", "200"), via=via)
    deliver(web, "unknown", ("unknown", "lost"), via=own)
    wanted = {
        "": 4,
        "?channel=email": 2,
        f"?channel=channel-{via.id}": 1,
        "?channel=own": 1,
        "?status=sent": 2,
        "?status=unknown": 1,
        "?status=sent&channel=email": 1,
        "?day=2026-03-02": 3,
        "?day=2026-03-01": 1,
        "?day=2026-03-03": 0,
        "?status=nonsense&day=2026-99-99&channel=channel-x&before=x": 4,
    }
    assert {query: rows(log(web, query)) for query in wanted} == wanted


def test_fifty_a_page_and_the_next_swap_in(web: Web) -> None:
    for number in range(120):
        deliver(web, "sent", ("sent", "250"), due_at=TEN - (number % 7) * MINUTE)
    browser, seen, path = web.signed_in(web.world.alice), list[str](), f"{PATH}?status=sent"
    for expected in (50, 50, 20):
        text = browser.get(path, hx=True).text
        assert rows(text) == expected
        seen += [part.split('"')[0] for part in text.split('<tr id="delivery-')[1:]]
        if expected == 50:
            path = text.split('id="more"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert len(set(seen)) == 120
    assert 'id="more"' not in text
    assert "<table" in browser.get(path).text  # without a script it is a page


class TestRetry:
    """Inside the expiry, never what may have arrived, never twice to anybody."""

    def press(self, web: Web, delivery: Delivery) -> int:
        response = web.signed_in(web.world.alice).post(f"{PATH}/{delivery.id}/retry", hx=True)
        assert response.status_code == 200
        with web.reading() as session:
            return len(session.scalars(select(Delivery).where(Delivery.next_try_at == web.clock.at)).all())

    def test_of_what_waits(self, web: Web) -> None:
        waiting = deliver(web, "planned", ("retry", "421"), next_try_at=TEN + 4 * MINUTE)
        assert "Try again now" in log(web)
        assert self.press(web, waiting) == 1

    def test_of_a_post_that_failed(self, web: Web) -> None:
        failed = deliver(web, "failed", ("failed", "500"), via=channel(web))
        assert self.press(web, failed) == 1
        assert self.press(web, failed) == 1  # once

    @pytest.mark.parametrize("state", ["unknown", "sent", "expired", "cancelled", "suppressed", "claimed"])
    def test_not_of_anything_else(self, web: Web, state: str) -> None:
        delivery = deliver(web, state, ("retry", "500"), via=channel(web))
        assert "Try again now" not in log(web)
        assert self.press(web, delivery) == 0

    def test_not_after_its_expiry(self, web: Web) -> None:
        failed = deliver(web, "failed", ("failed", "500"), via=channel(web))
        web.clock.at = TEN + 5 * MINUTE
        assert self.press(web, failed) == 0

    def test_not_to_a_channel_that_is_off(self, web: Web) -> None:
        via = channel(web, off_at=TEN, off_reason="no_service")
        assert self.press(web, deliver(web, "failed", ("failed", "no_service"), via=via)) == 0

    @pytest.mark.parametrize(
        ("standing", "sent", "planned"), [("open", False, 1), ("open", True, 0), ("done", True, 0)]
    )
    def test_of_a_prompt_only_while_nothing_reached_its_person(
        self, web: Web, standing: str, sent: bool, planned: int
    ) -> None:
        with web.writing() as session:
            world = web.world
            answered_at = TEN if standing == "done" else None
            prompt = make_prompt(
                session, world.bob, world.policy, TEN, sent=sent, standing=standing, answered_at=answered_at
            )
        assert self.press(web, deliver(web, "failed", ("failed", "550"), prompt_id=prompt.id)) == planned

    def test_not_of_a_post_whose_readers_were_given_another_channel(self, web: Web) -> None:
        post = deliver(web, "failed", ("failed", "500"), via=channel(web))
        with web.writing() as session:
            prompt = make_prompt(session, web.world.bob, web.world.policy, TEN, sent=False)
            session.get_one(Prompt, prompt.id).shared_delivery_id = post.id
        deliver(web, "sent", ("sent", "250"), prompt_id=prompt.id)
        assert self.press(web, post) == 0


def test_admins_of_the_team_only(web: Web) -> None:
    delivery = deliver(web, "sent", ("sent", "250"))
    for path in (PATH, f"{PATH}/{delivery.id}", "/team/product/channels"):
        assert web.signed_in(web.world.bob).get(path).status_code == 403
        assert web.signed_in(web.world.charlie).get(path).status_code == 404
    assert "/deliveries" not in web.signed_in(web.world.bob).get("/team/product").text
    assert web.signed_in(web.world.alice).get(f"/team/other/deliveries/{delivery.id}").status_code == 404


class TestBanners:
    """What is wrong is said to those who can mend it."""

    def test_a_channel_that_was_switched_off(self, web: Web) -> None:
        channel(web, off_at=TEN, off_reason="no_service")
        words = "The Slack channel “breaks” is switched off. Webhook removed in Slack. Paste a new one."
        for path in ("/team/product", "/today", PATH):
            assert words in web.signed_in(web.world.alice).get(path).text
        for path in ("/team/product", "/today"):
            assert "switched off" not in web.signed_in(web.world.bob).get(path).text

    def test_one_switched_off_by_hand_is_no_news(self, web: Web) -> None:
        channel(web, off_at=TEN, off_reason="by_hand")
        assert "is switched off" not in web.signed_in(web.world.alice).get("/team/product").text

    def test_nothing_ticks_or_what_is_due_waits(self, web: Web) -> None:
        words, browser = "Reminders are delayed. Logging still works.", web.signed_in(web.world.alice)
        assert words not in browser.get("/team/product").text
        with web.writing() as session:
            session.get_one(Workspace, 1).last_tick_at = web.clock.at - 61 * SECOND
        assert words in browser.get("/team/product").text
        assert words in browser.get("/today").text
        with web.writing() as session:
            session.get_one(Workspace, 1).last_tick_at = web.clock.at
        deliver(web, "planned", next_try_at=web.clock.at - 61 * SECOND)
        assert words in browser.get("/team/product").text

    def test_a_mail_server_that_is_down_for_admins(self, web: Web) -> None:
        deliver(web, "planned", ("retry", "no_connection"))
        assert "Mail does not leave" in web.signed_in(web.world.alice).get("/today").text
        assert "Mail does not leave" not in web.signed_in(web.world.bob).get("/today").text
