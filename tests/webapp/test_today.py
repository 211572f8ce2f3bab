"""Today: every state of the hero, polls, what counts as shown, and what others may not see."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from daybreak.data import catalogue
from daybreak.services import pausing
from daybreak.services.pausing import Pause
from daybreak.services.today import today
from daybreak.store.tables import Person, Prompt, Workspace
from tests.support.prompts import MINUTE, make_prompt
from tests.support.today import at, due, plain, prepare
from tests.support.world import World
from tests.webapp.conftest import Web

STATES: dict[str, tuple[Callable[[Session, World], object], datetime, tuple[str, ...]]] = {
    "upcoming": (
        lambda _s, _w: None,
        at(9, 46),
        ("14 min", "next break at 10:00 , Lisbon", "I moved", "I can't do this one", "Surprise"),
    ),
    "due": (
        lambda s, w: due(s, w),
        at(10, 2),
        ("Now", "in time until 10:30", "Slow squats", "I moved", "Snooze 10", "Skip", "Something hurts"),
    ),
    "snoozed": (
        lambda s, w: due(s, w, snoozed_until_at=at(10, 12), snooze_count=1, snoozed_minutes=10),
        at(10, 4),
        ("snoozed until 10:12", "8 min", "I moved", "Skip"),
    ),
    "done": (
        lambda s, w: due(s, w, standing="done", answered_at=at(10, 2)),
        at(10, 2),
        ("Logged 10:02", "Undo", "next break at 11:00"),
    ),
    "skipped": (
        lambda s, w: due(s, w, standing="skipped", answered_at=at(10, 2)),
        at(10, 2),
        ("Skipped", "Undo"),
    ),
    "lunch": (lambda _s, _w: None, at(12, 20), ("Quiet until 13:00", "1 h 40 min", "next break at 14:00")),
    "day over": (lambda _s, _w: None, at(17, 30), ("No more breaks today", "next break Tue 3 Mar 10:00")),
    "day off": (lambda _s, _w: None, at(11, 0, 7), ("A day off", "next break Mon 9 Mar 10:00")),
    "paused": (
        lambda s, w: pausing.pause(s, w.alice, Pause.TODAY, at(9)),
        at(9, 30),
        ("Paused until Tue 3 Mar 00:00", "End the pause"),
    ),
    "off": (
        lambda _s, w: setattr(w.alice, "prompts_on", False),
        at(9, 30),
        ("Prompts are off", "Switch prompts on"),
    ),
    "no policy": (
        lambda _s, w: setattr(w.policy, "archived_at", at(9)),
        at(9, 30),
        ("No breaks are planned for you yet",),
    ),
    "failed": (
        lambda s, w: due(s, w, sent=False, standing="undelivered"),
        at(10, 20),
        ("We could not reach you at 10:00", "not delivered", "next break at 11:00"),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_says_what_it_is(web: Web, state: str) -> None:
    edit, now, words = STATES[state]
    prepare(web, edit, now)
    response = web.signed_in(web.world.alice).get("/today")
    assert response.status_code == 200
    text = plain(response.text)
    for word in words:
        assert word in text, (word, text)
    assert text.count("Lisbon") == 1  # the zone is named once
    assert response.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in response.headers["Vary"]


def test_no_snooze_button_where_it_cannot_be(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w, snooze_count=2), at(10, 2))
    text = plain(web.signed_in(web.world.alice).get("/today").text)
    assert "Snooze 10" not in text
    assert "This break cannot be snoozed again." in text


def test_times_are_of_the_viewers_zone(web: Web) -> None:
    prepare(web, lambda _s, w: setattr(w.alice, "zone", "Asia/Tokyo"), at(0, 40, 3))
    html = web.signed_in(web.world.alice).get("/today").text
    assert "next break at 10:00 , Tokyo" in plain(html)
    assert 'datetime="2026-03-03T01:00:00Z"' in html


def test_a_poll_is_answered_by_204_until_something_changes(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    address = poll_of(client.get("/today").text)
    web.clock.at += timedelta(seconds=30)
    assert client.get(address, hx=True).status_code == 204
    client.post("/today/prompts/1/done")
    changed = client.get(address, hx=True)
    assert (changed.status_code, "Logged 10:02" in plain(changed.text)) == (200, True)
    assert "autofocus" not in changed.text  # a poll takes nobody's focus
    assert client.get(poll_of(changed.text), hx=True).status_code == 204
    web.clock.at += timedelta(seconds=61)
    assert client.get(poll_of(changed.text), hx=True).status_code == 200  # the time for Undo has passed


def test_the_first_showing_of_a_due_prompt_counts_as_delivered(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w, sent=False, pushed=False), at(10, 12))
    client = web.signed_in(web.world.alice)
    for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}):
        client.get("/today", headers=headers)
    client.head("/today")
    assert sent_at(web) is None
    assert "in time until 10:42" in plain(client.get("/today").text)
    assert sent_at(web) == at(10, 12)
    web.clock.at = at(10, 20)
    client.get("/today")
    assert sent_at(web) == at(10, 12)


def test_the_poll_counts_as_showing_too(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w, sent=False, pushed=False), at(10, 12))
    web.signed_in(web.world.alice).get("/today/hero?v=old", hx=True)
    assert sent_at(web) == at(10, 12)


def test_nobodys_visit_shows_anybody_elses_prompt(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w, sent=False, pushed=False), at(10, 12))
    web.signed_in(web.world.bob).get("/today")
    assert sent_at(web) is None


def test_why_names_each_occurrence_and_its_reason(web: Web) -> None:
    prepare(web, lambda s, w: pausing.pause(s, w.alice, Pause.HOUR, at(9, 30)), at(9, 40))
    text = plain(web.signed_in(web.world.alice).get("/today/why").text)
    assert "10:00 Dropped. You had paused." in text
    assert "11:00 Planned." in text
    assert "Hourly reset" in text


def test_the_plan_of_an_overnight_window_stays_until_it_ends(web: Web) -> None:
    def night(_session: Session, world: World) -> None:
        world.alice.hours = {"mon": ["22:00-06:00"]}

    prepare(web, night, at(1, 30, 3))
    with web.reading() as session:
        alice = session.get_one(Person, web.world.alice.id)
        found = today(session, alice, catalogue(), web.clock.at)
    assert found.local_date == at(0).date()
    assert found.state == "upcoming"
    assert found.next is not None
    assert found.next.due_at == at(2, 0, 3)


def test_when_nothing_ticks_the_page_says_so_and_still_logs(web: Web) -> None:
    def silent(session: Session, world: World) -> None:
        due(session, world)
        session.get_one(Workspace, 1).last_tick_at = at(9, 59)

    prepare(web, silent, at(10, 2))
    client = web.signed_in(web.world.alice)
    words = "Reminders are delayed. Logging still works."
    assert words in client.get("/today").text
    assert "Logged 10:02" in plain(client.post("/today/prompts/1/done", hx=True).text)
    with web.writing() as session:
        session.get_one(Workspace, 1).last_tick_at = at(10, 1)
    assert words not in client.get("/today").text


def test_consistency_is_in_words(web: Web) -> None:
    def days(session: Session, world: World) -> None:
        for day in (23, 24):
            due_at = datetime(2026, 2, day, 10, tzinfo=UTC)
            done = {"standing": "done", "answered_at": due_at + MINUTE} if day == 23 else {}
            make_prompt(session, world.alice, world.policy, due_at, **{"standing": "missed", **done})  # type: ignore[arg-type]

    prepare(web, days, at(9, 20))
    html = web.signed_in(web.world.alice).get("/today").text
    assert "1 of your last 2 workdays" in html
    assert "Monday 23 February: goal met; Tuesday 24 February: rest day" in html
    assert "One rest day used, one left this month. Only you can see this." in plain(html)
    assert "workdays" not in web.signed_in(web.world.bob).get("/today").text


def sent_at(web: Web) -> datetime | None:
    with web.reading() as session:
        return session.get_one(Prompt, 1).first_sent_at


def poll_of(html: str) -> str:
    found = re.search(r'hx-get="(/today/hero\?v=\w+)"', html)
    assert found
    return found[1]
