"""The preview of a policy: what a form would mean, before it is saved."""

import re

from daybreak.store.tables import Policy
from tests.support.policies import BASE, filled, text_of
from tests.support.world import MONDAY_0900, make_policy
from tests.webapp.conftest import Browser, Web


class TestPreview:
    """What a form would mean, before it is saved."""

    def test_live(self, web: Web, admin: Browser) -> None:
        response = admin.post(f"{BASE}/preview", data=filled(interval_min="30", interval_max="30"), hx=True)
        assert response.status_code == 200
        assert '<div id="preview" hx-swap-oob="outerMorph">' in response.text
        assert "09:30 10:00 10:30 11:00 11:30 13:30 14:00 14:30" in text_of(response)
        with web.reading() as session:
            assert session.get_one(Policy, 1).interval_min == 60

    def test_an_error_stands_at_its_field_and_the_last_good_one_stays(self, admin: Browser) -> None:
        response = admin.post(f"{BASE}/preview", data=filled(interval_min="4"), hx=True)
        assert response.status_code == 200  # a 422 would take the focus from what is being typed
        assert 'id="preview"' not in response.text
        assert "Below is the last preview that did." in response.text
        assert 'id="interval_min-error"' in response.text
        assert "autofocus" not in response.text

    def test_without_a_script_it_is_the_page(self, admin: Browser) -> None:
        response = admin.post(f"{BASE}/preview", data=filled(interval_min="40", interval_max="40"))
        assert response.status_code == 200
        assert response.text.startswith("<!doctype")
        assert re.search(r'name="interval_min"[^>]*value="40"', response.text)
        assert "09:40 10:20 11:00" in text_of(response)
        refused = admin.post(f"{BASE}/preview", data=filled(interval_min="4"))
        assert refused.status_code == 422
        assert "Below is what is saved." in refused.text

    def test_of_a_policy_to_be(self, admin: Browser) -> None:
        sent = filled(name="Second")
        del sent["policy"], sent["version"]
        response = admin.post(f"{BASE}/preview", data=sent, hx=True)
        assert "5 breaks meet those of “Hourly reset”: nobody gets both." in text_of(response)

    def test_many_messages_are_called_many(self, admin: Browser) -> None:
        sent = filled(interval_min="20", interval_max="20", max_prompts_per_day="20", response_window="20")
        response = admin.post(f"{BASE}/preview", data=sent, hx=True)
        assert "19 messages a day: people usually stop reading." in text_of(response)
        assert "banner warn" in response.text

    def test_an_opt_in_policy_shows_who_may(self, web: Web) -> None:
        with web.writing() as session:
            make_policy(session, web.world.team, MONDAY_0900, name="Squeeze", opt_in=True)
        assert "only for those who switch it on" in web.signed_in(web.world.bob).get(BASE).text
