"""What one does on Today: answers with and without htmx, breaks of one's own, pauses, a try."""

import re
from datetime import timedelta

from sqlalchemy import select

from daybreak.store.tables import BreakTaken, Delivery, Person, Prompt
from tests.support.today import at, due, plain, prepare
from tests.webapp.conftest import Web


def test_an_answer_swaps_the_fragment_and_says_so(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    response = client.post("/today/prompts/1/done", hx=True)
    assert response.status_code == 200
    html = response.text
    assert "<html" not in html
    assert html.count('id="hero"') == 1
    assert re.search(r'id="list"[^>]*hx-swap-oob', html)
    assert re.search(r'id="say" hx-swap-oob="innerHTML">Logged 10:02\.', html)
    assert 'id="nx" tabindex="-1" autofocus' in html


def test_without_script_an_answer_leads_back(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    response = client.post("/today/prompts/1/skip")
    assert (response.status_code, response.headers["Location"]) == (303, "/today")
    assert "Skipped." in client.get("/today").text


def test_twice_and_undo(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    for _press in range(2):
        assert client.post("/today/prompts/1/done", hx=True).status_code == 200
    assert count(web, BreakTaken) == 1
    web.clock.at += timedelta(seconds=60)
    assert "Taken back." in client.post("/today/prompts/1/undo", hx=True).text
    assert count(web, BreakTaken) == 0
    client.post("/today/prompts/1/done", hx=True)
    web.clock.at += timedelta(seconds=61)
    refused = client.post("/today/prompts/1/undo", hx=True)
    assert (refused.status_code, count(web, BreakTaken)) == (200, 1)
    assert "An answer can be taken back for a minute only." in refused.text


def test_somebody_elses_prompt_does_not_exist(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.bob)
    foreign, missing = (client.post(f"/today/prompts/{n}/done") for n in (1, 99))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert token_free(foreign.text) == token_free(missing.text)
    assert "Slow squats" not in client.get("/today").text
    with web.reading() as session:
        assert session.get_one(Prompt, 1).standing == "open"


def test_a_break_of_ones_own(web: Web) -> None:
    prepare(web, lambda _s, _w: None, at(9, 20))
    client = web.signed_in(web.world.alice)
    for _press in range(2):
        assert "Logged 09:20" in plain(client.post("/today/moved", hx=True).text)
    assert count(web, BreakTaken) == 1
    assert "A break of your own" in client.get("/today").text
    assert "Taken back." in client.post("/today/moved/1/undo", hx=True).text
    assert count(web, BreakTaken) == 0


def test_another_movement_now_and_for_the_next(web: Web) -> None:
    prepare(web, lambda _s, _w: None, at(9, 20))
    client = web.signed_in(web.world.alice)
    before = heading(client.get("/today").text)
    after = heading(client.post("/today/swap", hx=True).text)
    assert after != before
    assert heading(client.get("/today").text) == after
    with web.writing() as session:
        due(session, web.world)
    web.clock.at = at(10, 1)
    assert heading(client.post("/today/prompts/1/swap", hx=True).text) != "Slow squats"


def test_pause_resume_and_off(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    assert "Paused until 11:02." in client.post("/today/pause", data={"length": "hour"}, hx=True).text
    with web.reading() as session:
        assert session.get_one(Prompt, 1).standing == "cancelled"
    assert "The pause has ended." in client.post("/today/resume", hx=True).text
    assert "Prompts are off." in client.post("/today/switch", data={"on": "0"}, hx=True).text
    assert "Prompts are on." in client.post("/today/switch", data={"on": "1"}, hx=True).text


def test_a_pause_is_bigger_news_than_the_last_answer(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    client = web.signed_in(web.world.alice)
    client.post("/today/prompts/1/done")
    web.clock.at += timedelta(seconds=20)
    assert heading_of(client.post("/today/pause", data={"length": "hour"}, hx=True).text) == "Paused until"
    web.clock.at += timedelta(seconds=50)
    assert heading_of(client.post("/today/moved", hx=True).text) == "Logged"


def test_something_hurts_pauses_and_opens_safety(web: Web) -> None:
    prepare(web, lambda s, w: due(s, w), at(10, 2))
    response = web.signed_in(web.world.alice).post("/today/pause", data={"hurts": "1"})
    assert (response.status_code, response.headers["Location"]) == (303, "/safety")
    with web.reading() as session:
        assert session.get_one(Person, web.world.alice.id).paused_until_at == at(0, 0, 3)


def test_the_channel_is_one_of_the_policies(web: Web) -> None:
    prepare(web, lambda _s, w: setattr(w.alice, "email_off_at", at(8)), at(9, 20))
    client = web.signed_in(web.world.alice)
    assert "E-mail is off by your own wish" in client.get("/today").text
    client.post("/today/channel", data={"channel": "slack:secret"})
    client.post("/today/channel", data={"channel": "web"})
    assert person(web).channel == "web"
    assert person(web).email_off_at == at(8)
    client.post("/today/channel", data={"channel": "email"})
    assert (person(web).channel, person(web).email_off_at) == ("email", None)


def test_send_me_one_now(web: Web) -> None:
    prepare(web, lambda _s, _w: None, at(9, 20))
    client = web.signed_in(web.world.alice)
    first = client.post("/today/try", hx=True)
    assert "Sending…" in first.text
    assert 'hx-trigger="every 2s"' in first.text
    with web.writing() as session:
        delivery = session.scalars(select(Delivery)).one()
        assert (delivery.kind, delivery.prompt_id, delivery.person_id) == ("try", None, web.world.alice.id)
        delivery.state = "sent"
    done = client.get("/today/try/1", hx=True)
    assert ("Sent." in done.text, "hx-trigger" in done.text) == (True, False)
    assert web.signed_in(web.world.bob).get("/today/try/1").status_code == 404
    assert client.post("/today/try").headers["Location"] == "/today/try/2"
    assert count(web, Prompt) == 0


def test_a_try_that_hangs_stops_asking_after_half_a_minute(web: Web) -> None:
    prepare(web, lambda _s, _w: None, at(9, 20))
    client = web.signed_in(web.world.alice)
    client.post("/today/try")
    web.clock.at += timedelta(seconds=30)
    text = client.get("/today/try/1", hx=True).text
    assert ("Still waiting" in text, "hx-trigger" in text) == (True, False)


def count(web: Web, table: type[BreakTaken] | type[Prompt]) -> int:
    with web.reading() as session:
        return len(session.scalars(select(table)).all())


def person(web: Web) -> Person:
    with web.reading() as session:
        return session.get_one(Person, web.world.alice.id)


def heading(html: str) -> str:
    found = re.search(r"<h1[^>]*>.*?</span>([^<]+)</h1>", html, re.DOTALL)
    assert found
    return found[1]


def heading_of(html: str) -> str:
    found = re.search(r"<h1[^>]*>([^<]+) <time", html)
    assert found
    return found[1]


def token_free(html: str) -> str:
    return re.sub(r'content="[^"]*"', "", html)
