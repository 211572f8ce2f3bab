"""The page of a private calendar: linked, failing, forgotten; by form and by htmx."""

from datetime import timedelta

from daybreak.services import calendar_feeds as feeds
from daybreak.store import calendar_feeds as store
from daybreak.store.tables import Person
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web

PAGE = "/me/calendar"
URL = "https://calendar.example/private-1234/basic.ics"


def test_linking_and_forgetting_by_form(web: Web) -> None:
    browser = web.signed_in(web.world.bob)
    assert f'href="{PAGE}"' in browser.get("/me").text
    assert "Link my calendar" in browser.get(PAGE).text
    answer = browser.post(PAGE, data={"url": f" {URL} "})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    page = browser.get(PAGE).text
    assert "calendar.example/….ics" in page
    assert "private-1234" not in page
    assert "not yet" in page
    assert browser.post(f"{PAGE}/remove").status_code == 303
    assert "calendar.example/…" not in browser.get(PAGE).text


def test_a_bad_address_stays_in_its_field_with_the_mend(web: Web) -> None:
    browser = web.signed_in(web.world.bob)
    for hx in (False, True):
        answer = browser.post(PAGE, data={"url": "http://calendar.example/x"}, hx=hx)
        assert answer.status_code == 422
        assert 'value="http://calendar.example/x"' in answer.text
        assert "begin with https://" in answer.text
        assert ("<html" in answer.text) is not hx
    assert browser.post(PAGE, data={}).status_code == 422


def test_a_failing_feed_says_so(web: Web) -> None:
    browser = web.signed_in(web.world.bob)
    browser.post(PAGE, data={"url": URL}, hx=True)
    with web.writing() as session:
        (job,) = feeds.claim_due(session, MONDAY_0900, 1)
        feeds.record_failure(session, job, "404", MONDAY_0900)
    page = browser.get(PAGE).text
    assert "cannot be read since Mon 2 Mar 09:00" in page
    assert "Copy it from your calendar once more." in page
    assert "Your breaks go on." in page
    with web.writing() as session:
        feeds.record_unchanged(session, job, MONDAY_0900 + timedelta(hours=1))
    assert "cannot be read" not in browser.get(PAGE).text


def test_everybody_sees_their_own_only(web: Web) -> None:
    web.signed_in(web.world.bob).post(PAGE, data={"url": URL})
    assert "calendar.example" not in web.signed_in(web.world.alice).get(PAGE).text
    assert web.client().get(PAGE).status_code == 303
    with web.reading() as session:
        bob = session.get_one(Person, web.world.bob.id)
        assert store.feed_of(session, bob.id) is not None
