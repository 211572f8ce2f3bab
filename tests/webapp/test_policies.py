"""Policies: read by members, changed and ended by admins."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from daybreak.services import policies, policy_rules
from daybreak.store.tables import AuditEntry, Channel, Membership, Person, Policy, PolicyMember
from tests.support.policies import BASE, filled, text_of
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Browser, Web


class TestReading:
    """What is asked of people, in words."""

    def test_a_member_reads_the_list(self, web: Web) -> None:
        page = web.signed_in(web.world.bob).get(BASE)
        assert page.status_code == 200
        text = text_of(page)
        assert "Every 60 minutes, about 2 minutes, by e-mail, then Today; at most 8 a day." in text
        assert "next Mon 2 Mar 10:00" in text
        assert "New policy" not in text
        assert "Change" not in text

    def test_a_member_reads_a_policy_and_finds_no_form(self, web: Web) -> None:
        page = web.signed_in(web.world.bob).get(f"{BASE}/1")
        assert "What is asked of you" in page.text
        assert "Snooze 10 minutes, up to 2 times." in text_of(page)
        assert 'id="editor"' not in page.text

    def test_an_admin_finds_the_editor(self, admin: Browser) -> None:
        page = admin.get(f"{BASE}/1")
        assert 'id="editor"' in page.text
        assert "5 breaks a person, about 10 minutes a day; 5 messages." in text_of(page)
        assert "10:00 11:00 14:00 15:00 16:00" in text_of(page)

    def test_no_policy_yet(self, web: Web) -> None:
        page = web.signed_in(web.world.charlie).get("/team/other/policies")
        assert "Your team has agreed on nothing yet." in page.text

    @pytest.mark.parametrize("path", ["/1", "/1/archive"])
    def test_a_foreign_policy_is_like_none(self, web: Web, path: str) -> None:
        with web.writing() as session:
            session.add(Membership(team=web.world.other_team, person=web.world.bob, role="admin"))
            session.query(Membership).filter_by(team_id=web.world.other_team.id).update(
                {"joined_at": MONDAY_0900, "role": "admin"}
            )
        bob = web.signed_in(web.world.bob)
        foreign, missing = (
            bob.get(f"/team/other/policies{path.replace('1', n)}") for n in ("1", "77")
        )
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert without_nonce(foreign) == without_nonce(missing)
        assert bob.post("/team/other/policies/1", data=filled()).status_code == 404
        assert bob.post("/team/other/policies/preview", data=filled()).status_code == 404
        assert bob.post("/team/other/policies/1/archive").status_code == 404

    def test_an_archived_policy_is_gone(self, web: Web, admin: Browser) -> None:
        with web.writing() as session:
            session.get_one(Policy, 1).archived_at = MONDAY_0900
        assert admin.get(f"{BASE}/1").status_code == 404

    @pytest.mark.parametrize("path", ["/new", "/1", "/preview", "/1/archive"])
    def test_members_change_nothing(self, web: Web, path: str) -> None:
        response = web.signed_in(web.world.bob).post(f"{BASE}{path}", data=filled())
        assert response.status_code == 403


def without_nonce(response: TestResponse) -> str:
    """A page without what differs from one request to the next."""
    return re.sub(r'(csrf[-_]token" (?:content|value)=")[^"]+', r"\1", response.text)


class TestSaving:
    """A change acts on what has not been sent."""

    def test_saved_at_once_with_the_next_break_said(self, web: Web, admin: Browser) -> None:
        response = admin.post(f"{BASE}/1", data=filled(interval_min="45", interval_max="45"))
        assert response.status_code == 303
        assert response.location == f"{BASE}/1"
        assert "Saved. From the next break, at 09:45." in admin.get(response.location).text
        with web.reading() as session:
            assert session.get_one(Policy, 1).interval_max == 45
            bob = session.get_one(Person, web.world.bob.id)
            assert bob.next_due_at == MONDAY_0900 + timedelta(minutes=45)
            entry = session.query(AuditEntry).one()
            assert entry.old == {"interval_min": 60, "interval_max": 60}
            assert entry.new == {"interval_min": 45, "interval_max": 45}

    def test_to_htmx_it_leads_to_the_page(self, admin: Browser) -> None:
        response = admin.post(f"{BASE}/1", data=filled(tail_guard="5"), hx=True)
        assert response.headers["HX-Redirect"] == f"{BASE}/1"
        assert "Saved. From the next break, at 10:00." in admin.get(f"{BASE}/1").text

    def test_times_that_are_drawn_are_said_so(self, admin: Browser) -> None:
        admin.post(f"{BASE}/1", data=filled(spread="5"))
        assert "Saved. From the next break, around 10:0" in admin.get(f"{BASE}/1").text

    def test_nothing_different_is_nothing_changed(self, web: Web, admin: Browser) -> None:
        admin.post(f"{BASE}/1", data=filled())
        with web.reading() as session:
            assert session.get_one(Policy, 1).version == 1
            assert session.query(AuditEntry).count() == 0

    @pytest.mark.parametrize("hx", [False, True])
    def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(
        self, web: Web, admin: Browser, hx: bool
    ) -> None:
        sent = filled(interval_min="4", max_snoozes="lots", name="My <own>", places=[], **{"channels-2": "1"})
        response = admin.post(f"{BASE}/1", data=sent, hx=hx)
        assert response.status_code == 422
        assert 'id="interval_min-error"' in response.text
        assert "A whole number from 5 to 240." in response.text
        assert re.search(r'aria-invalid="true"[^>]*name="max_snoozes"[^>]*value="lots"', response.text)
        assert "Choose at least one place." in response.text
        assert 'value="My &lt;own&gt;"' in response.text
        assert response.text.startswith("<!doctype") is not hx
        with web.reading() as session:
            assert session.get_one(Policy, 1).name == "Hourly reset"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"interval_max": "50"}, "interval_max"),
            ({"response_window": "61"}, "response_window"),
            ({"channels-0": "", "channels-2": ""}, "channels"),
            ({"active_from": "2026-05-02", "active_until": "2026-05-01"}, "active_until"),
            ({"active_from": "soon"}, "active_from"),
            ({"audience": "some"}, "members"),
            ({"rhythm": "jazz"}, "rhythm"),
        ],
    )
    def test_what_does_not_fit_together(self, admin: Browser, changes: dict[str, str], field: str) -> None:
        response = admin.post(f"{BASE}/1", data=filled(**changes))
        assert response.status_code == 422
        assert f'id="{field}-error"' in response.text

    def test_an_inherited_response_time_follows_the_interval(self, web: Web, admin: Browser) -> None:
        assert admin.post(f"{BASE}/1", data=filled(interval_min="20", interval_max="20")).status_code == 303
        with web.reading() as session:
            assert session.get_one(Policy, 1).response_window == 20

    def test_channels_in_the_order_of_their_numbers(self, web: Web, admin: Browser) -> None:
        with web.writing() as session:
            session.add(
                Channel(
                    team_id=web.world.team.id, kind="slack_webhook", name="moves", secret=b"", hint="…",
                    created_at=MONDAY_0900,
                )
            )  # fmt: skip
        # email, own Slack, #moves, Today
        sent = filled(**{"channels-0": "3", "channels-1": "", "channels-2": "1", "channels-3": "2"})
        assert admin.post(f"{BASE}/1", data=sent).status_code == 303
        with web.reading() as session:
            assert session.get_one(Policy, 1).channels == ["slack:moves", "web", "email"]
        refused = admin.post(f"{BASE}/1", data={**sent, "version": "2", "spread": "5"})
        assert refused.status_code == 422
        assert "A shared channel needs one moment for all" in refused.text

    def test_for_chosen_members_only(self, web: Web, admin: Browser) -> None:
        bob = str(web.world.bob.id)
        assert admin.post(f"{BASE}/1", data=filled(audience="some", members=[bob])).status_code == 303
        with web.reading() as session:
            assert not session.get_one(Policy, 1).for_all
            assert [row.person_id for row in session.query(PolicyMember)] == [web.world.bob.id]
            assert session.get_one(Person, web.world.alice.id).next_due_at is None
        stranger = str(web.world.charlie.id)
        sent = filled(audience="some", members=[stranger], version="2")
        assert admin.post(f"{BASE}/1", data=sent).status_code == 422

    @pytest.mark.parametrize("hx", [False, True])
    def test_the_later_save_sees_the_differences(self, web: Web, admin: Browser, hx: bool) -> None:
        with web.writing() as session:
            bob, policy = session.get_one(Person, web.world.bob.id), session.get_one(Policy, 1)
            at_1402 = datetime(2026, 3, 2, 14, 2, tzinfo=UTC)
            policies.update(session, policy, 1, {"max_prompts_per_day": 6}, bob.id, at_1402)
        sent = filled(max_prompts_per_day="7", name="Mine")
        response = admin.post(f"{BASE}/1", data=sent, hx=hx)
        assert response.status_code == 422
        text = text_of(response)
        assert "Changed by Bob at 14:02." in text
        assert "Most breaks a day 6 7" in text
        assert "Name Hourly reset Mine" in text
        assert re.search(r'name="version"[^>]*value="2"', response.text)
        assert admin.post(f"{BASE}/1", data={**sent, "version": "2"}).status_code == 303
        with web.reading() as session:
            assert session.get_one(Policy, 1).max_prompts_per_day == 7

    def test_another_preset_fills_the_form_and_changes_nothing(self, web: Web, admin: Browser) -> None:
        page = admin.get(f"{BASE}/1?preset=gentle-start")
        assert re.search(r'name="preset"[^>]*value="gentle-start"', page.text)
        assert "from week 1 every 120 minutes" in page.text
        assert re.search(r'name="name"[^>]*value="Hourly reset"', page.text)
        with web.reading() as session:
            assert session.get_one(Policy, 1).preset == "hourly-walk"
        preset = policy_rules.preset_of("gentle-start").rules
        kept = {"interval_min": f"{preset.interval_min}", "interval_max": f"{preset.interval_max}"}
        sent = filled(preset="gentle-start", start_gently="y", **kept)
        assert admin.post(f"{BASE}/1", data=sent).status_code == 303
        with web.reading() as session:
            assert len(session.get_one(Policy, 1).ramp) == 3
        sent = {**sent, "version": "2"}
        del sent["start_gently"]
        assert admin.post(f"{BASE}/1", data=sent).status_code == 303
        with web.reading() as session:
            assert session.get_one(Policy, 1).ramp == []


class TestNewAndEnd:
    """The first and the last of a policy."""

    def test_new_from_a_preset(self, web: Web, admin: Browser) -> None:
        page = admin.get(f"{BASE}/new?preset=hourly-squeeze")
        assert re.search(r'name="name"[^>]*value="Quiet squeeze"', page.text)
        sent = filled(preset="hourly-squeeze", name="Quiet squeeze", movements=["seated-glute-squeeze"])
        del sent["policy"], sent["version"]
        response = admin.post(f"{BASE}/new", data=sent)
        assert response.status_code == 303
        assert response.location == f"{BASE}/2"
        with web.reading() as session:
            made = session.get_one(Policy, 2)
            assert (made.preset, made.movements, made.team_id) == (
                "hourly-squeeze",
                ["seated-glute-squeeze"],
                web.world.team.id,
            )

    def test_a_name_is_taken(self, admin: Browser) -> None:
        response = admin.post(f"{BASE}/new", data=filled(name="hourly RESET"))
        assert response.status_code == 422
        assert "The team has a policy of this name already." in response.text

    def test_an_unknown_preset_is_the_recommended_one(self, admin: Browser) -> None:
        assert re.search(r'name="preset"[^>]*value="hourly-walk"', admin.get(f"{BASE}/new?preset=x").text)

    def test_it_ends_after_a_question(self, web: Web, admin: Browser) -> None:
        assert "End “Hourly reset”?" in admin.get(f"{BASE}/1/archive").text
        with web.reading() as session:
            assert session.get_one(Policy, 1).archived_at is None
        assert admin.post(f"{BASE}/1/archive").location == BASE
        with web.reading() as session:
            assert session.get_one(Policy, 1).archived_at == MONDAY_0900
            assert session.get_one(Person, web.world.bob.id).next_due_at is None


def test_the_bar_leads_to_all_teams(web: Web) -> None:
    bob = web.signed_in(web.world.bob)
    assert 'aria-label="Teams"' not in bob.get(BASE).text
    with web.writing() as session:
        joined = MONDAY_0900 + timedelta(days=1)
        session.add(Membership(team=web.world.other_team, person=web.world.bob, joined_at=joined))
    page = bob.get(BASE)
    assert '<a href="/team/other/policies">Other team</a>' in page.text
    assert '<a href="/team/product/policies" aria-current="page">Product team</a>' in page.text
