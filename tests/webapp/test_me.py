"""The profile: each section saves on its own, shapes the plan at once, and is nobody else's business."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from daybreak.store.tables import AuditEntry, Channel, DayOff, Person, Policy, PolicyMember
from tests.support.profile import row
from tests.support.world import MONDAY_0900, make_policy
from tests.webapp.conftest import Browser, Web

TEN = MONDAY_0900 + timedelta(hours=1)
DAYS_OFF = {"first": "2026-03-02", "last": "", "half": ""}
HOURS = {f"hours_{day}": "09:00-12:00, 13:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026, when Lisbon is on UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize(
    ("path", "sent", "next_due_at", "own"),
    [
        ("clock", {"name": "Bob", "zone": "America/New_York"}, MONDAY_0900 + timedelta(hours=6), ["zone"]),
        ("clock", {"name": "Robert", "zone": "lisbon"}, TEN, ["name"]),
        ("hours", {**HOURS, "hours_mon": "08:30-12:00"}, MONDAY_0900 + timedelta(minutes=30), ["hours"]),
        ("hours", {**HOURS, "quiet_mon": "09:45-10:15"}, at(2, 11, 15), ["quiet_blocks"]),
        ("days-off", {**DAYS_OFF, "half": "am"}, at(2, 14), ["days_off"]),
        ("days-off", {**DAYS_OFF, "last": "2026-03-03"}, at(4, 10), ["days_off"]),
        ("less", {"every_nth": "2"}, TEN + timedelta(hours=1), None),
        ("breaks/hour", {}, TEN, []),
        ("breaks/today", {}, at(3, 10), []),
        ("breaks/until", {"until": "2026-03-05"}, at(5, 10), []),
        ("breaks/off", {}, None, []),
    ],
)
def test_each_save_is_planned_at_once(
    web: Web,
    bob: Browser,
    path: str,
    sent: dict[str, str],
    next_due_at: datetime | None,
    own: list[str] | None,
    hx: bool,
) -> None:
    response = bob.post(f"/me/{path}", data=sent, hx=hx)
    assert response.status_code == (200 if hx else 303)
    person = row(web)
    if path != "clock" or sent["name"] == "Bob":
        assert person.next_due_at == next_due_at
    if own is not None:
        assert person.own_fields == own
    if hx:
        assert '<section id="week"' in response.text
        assert 'hx-swap-oob="outerMorph"' in response.text
        assert "autofocus" in response.text
        assert 'id="say"' in response.text
    with web.reading() as session:
        assert session.query(AuditEntry).count() == 0


@pytest.mark.parametrize("hx", [False, True])
@pytest.mark.parametrize(
    ("path", "sent", "field", "typed"),
    [
        ("clock", {"name": "Bob", "zone": "Lisbonn"}, "zone", "Lisbonn"),
        ("clock", {"name": " ", "zone": "Europe/Lisbon"}, "name", None),
        ("hours", {**HOURS, "hours_tue": "9-5"}, "hours_tue", "9-5"),
        ("hours", {**HOURS, "quiet_wed": "12:00-25:00"}, "quiet_wed", "12:00-25:00"),
        ("hours", {**HOURS, "hours_fri": "9:00-12:00,11:00-13:00"}, "hours_fri", "9:00-12:00,11:00-13:00"),
        ("hours", {**HOURS, "hours_sat": "1:00-2:00," * 7}, "hours_sat", None),
        ("days-off", {"first": ""}, "first", None),
        ("days-off", {"first": "2026-03-04", "last": "2026-03-03"}, "last", "2026-03-03"),
        ("breaks/until", {"until": "2026-03-02"}, "until", "2026-03-02"),
        ("less", {"every_nth": "1", "daily_goal": "21"}, "daily_goal", "21"),
        ("less", {"every_nth": "1", "max_prompts_per_day": "few"}, "max_prompts_per_day", "few"),
        ("channel", {"channel": "pigeon"}, "channel", None),
        ("password", {"account-password": "short"}, "account-password", None),
    ],
)
def test_errors_stand_at_their_fields(
    web: Web, bob: Browser, path: str, sent: dict[str, str], field: str, typed: str | None, hx: bool
) -> None:
    with web.writing() as session:
        session.get_one(Policy, 1).channels = ["slack", "email", "web"]
    before = row(web)
    response = bob.post(f"/me/{path}", data=sent, hx=hx)
    assert response.status_code == 422
    assert response.text.startswith("<!doctype") is not hx
    assert f'{field}-error"' in response.text
    if typed is not None:
        tag = next(tag for tag in re.findall(r"<input[^>]*>", response.text) if f'name="{field}"' in tag)
        assert f'value="{typed}"' in tag
        assert 'aria-invalid="true"' in tag
    after = row(web)
    assert (after.zone, after.hours, after.own_fields, after.paused_until_at) == (
        before.zone, before.hours, before.own_fields, before.paused_until_at,
    )  # fmt: skip


def test_the_page_shows_the_teams_hours_until_one_sets_ones_own(web: Web, bob: Browser) -> None:
    page = bob.get("/me")
    assert "These are the hours of Product team" in page.text
    assert 'value="09:00-12:00, 13:00-17:00"' in page.text
    assert "It is 09:00 there now." in page.text
    bob.post("/me/hours", data={**HOURS, "hours_mon": "", "quiet_tue": "10:00-10:30"})
    page = bob.get("/me")
    assert "These are yours." in page.text
    assert "mon" not in (row(web).hours or {})
    assert row(web).quiet_blocks == [{"days": ["tue"], "range": "10:00-10:30"}]
    bob.post("/me/hours", data={"team": "1"})
    assert (row(web).hours, row(web).quiet_blocks) == (None, None)
    assert row(web).next_due_at == TEN


def test_saving_the_teams_hours_unchanged_does_not_make_them_ones_own(web: Web, bob: Browser) -> None:
    bob.post("/me/hours", data=HOURS)
    assert row(web).hours is None
    assert row(web).own_fields == []


def test_days_off_come_and_go(web: Web, bob: Browser) -> None:
    with web.writing() as session:
        person = session.get_one(Person, web.world.bob.id)
        person.days_off = [DayOff(first_date=date(2025, 12, 24), last_date=date(2025, 12, 26))]
    bob.post("/me/days-off", data={"first": "2026-03-09", "last": "2026-03-13", "half": ""})
    page = bob.get("/me")
    assert "Mon 9 Mar 2026 to Fri 13 Mar 2026" in page.text
    assert "2025" not in page.text
    bob.post("/me/days-off/remove", data={"days": "2026-03-09..2026-03-13"})
    with web.reading() as session:
        assert [off.first_date for off in session.query(DayOff)] == [date(2025, 12, 24)]
    assert bob.post("/me/days-off/remove", data={"days": "nonsense"}).status_code == 303


def test_a_pause_ends_in_one_press(web: Web, bob: Browser) -> None:
    bob.post("/me/breaks/today")
    assert "End the pause" in bob.get("/me").text
    bob.post("/me/breaks/resume")
    assert row(web).next_due_at == TEN
    bob.post("/me/breaks/off")
    assert "Prompts are off." in bob.get("/me").text
    bob.post("/me/breaks/on")
    assert row(web).next_due_at == TEN
    assert bob.post("/me/breaks/forever").status_code == 404


def test_movements(web: Web, bob: Browser) -> None:
    sent: dict[str, Any] = {
        "seated_only": "y",
        "avoided_places": ["stairs"],
        "avoided_movements": ["gentle-walk"],
    }
    assert bob.post("/me/movements", data=sent).status_code == 303
    person = row(web)
    assert (person.seated_only, person.discreet_only, person.avoided_places) == (True, False, ["stairs"])
    assert person.avoided_movements == ["gentle-walk"]
    assert "seated_only" in person.own_fields
    assert bob.post("/me/movements", data={"avoided_places": ["moon"]}).status_code == 422


def test_the_look(web: Web, bob: Browser) -> None:
    response = bob.post("/me/look", data={"theme": "dark"}, hx=True)
    assert response.headers["HX-Refresh"] == "true"
    page = bob.get("/me").text
    assert 'data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page
    assert 'name="language"' not in page  # there is one only
    assert bob.post("/me/look", data={"theme": "pink"}).status_code == 422
    bob.post("/me/look", data={"theme": "", "shortcuts_on": "y"})
    assert (row(web).theme, row(web).shortcuts_on) == (None, True)


def test_the_channel_and_email_wanted_again(web: Web, bob: Browser) -> None:
    with web.writing() as session:
        session.get_one(Person, web.world.bob.id).email_off_at = MONDAY_0900
    assert "E-mail is off by your own wish." in bob.get("/me").text
    bob.post("/me/channel", data={"channel": "web"})
    assert (row(web).channel, row(web).email_off_at) == ("web", MONDAY_0900)
    bob.post("/me/channel", data={"channel": "email"})
    assert (row(web).channel, row(web).email_off_at) == ("email", None)
    assert row(web).own_fields == ["channel"]


def test_only_channels_that_exist_are_offered_and_the_one_in_use_is_chosen(web: Web, bob: Browser) -> None:
    with web.writing() as session:
        session.get_one(Policy, 1).channels = ["slack", "slack:breaks", "email", "web"]

    def shown() -> tuple[list[str], list[str]]:
        radios = re.findall(r'<input[^>]*name="channel"[^>]*>', bob.get("/me").text)
        profile = [re.search(r'value="([^"]+)"', tag)[1] + " *" * (" checked" in tag) for tag in radios]  # type: ignore[index]
        options = re.findall(r'<option value="([a-z:]+)"( selected)?>', bob.get("/today").text)
        return profile, [name + " *" * bool(chosen) for name, chosen in options]

    assert shown() == (["email *", "web"],) * 2
    with web.writing() as session:
        person = session.get_one(Person, web.world.bob.id)
        own = Channel(
            person_id=person.id,
            name="own",
            kind="slack_webhook",
            secret=b"x",
            hint="…",
            created_at=MONDAY_0900,
        )
        team = Channel(
            team_id=web.world.team.id,
            name="breaks",
            kind="slack_webhook",
            secret=b"x",
            hint="…",
            created_at=MONDAY_0900,
        )
        session.add_all([own, team])
        person.channel = "email"
        person.email_off_at = MONDAY_0900
    assert shown() == (["slack *", "slack:breaks", "email", "web"],) * 2
    with web.writing() as session:
        session.query(Channel).update({"off_at": MONDAY_0900})
        session.get_one(Person, web.world.bob.id).email_blocked_at = MONDAY_0900
    assert shown() == (["web *"],) * 2


class TestOptIn:
    """Policies that each member switches on."""

    def test_on_and_off_and_nobody_is_told(self, web: Web, bob: Browser) -> None:
        assert "More, if you like" not in bob.get("/me").text
        with web.writing() as session:
            squeeze = make_policy(
                session, web.world.team, MONDAY_0900, name="Squeeze", opt_in=True, interval_min=30,
                interval_max=30,
            )  # fmt: skip
            squeeze_id = squeeze.id
        assert bob.post(f"/me/policies/{squeeze_id}", data={"on": "1"}).status_code == 303
        assert row(web).next_due_at == MONDAY_0900 + timedelta(minutes=30)
        assert "you have it on" in bob.get("/team/product/policies").text
        assert "you have it on" not in web.signed_in(web.world.alice).get("/team/product/policies").text
        bob.post(f"/me/policies/{squeeze_id}", data={"on": "0"})
        assert row(web).next_due_at == TEN
        with web.reading() as session:
            assert session.query(AuditEntry).count() == 0

    def test_what_is_not_offered_does_not_exist(self, web: Web, bob: Browser) -> None:
        with web.writing() as session:
            foreign = make_policy(session, web.world.other_team, MONDAY_0900, opt_in=True)
            chosen = make_policy(session, web.world.team, MONDAY_0900, opt_in=True, for_all=False)
            ids = [web.world.policy.id, foreign.id, chosen.id, 77]
        for policy_id in ids:
            assert bob.post(f"/me/policies/{policy_id}", data={"on": "1"}).status_code == 404
        with web.reading() as session:
            assert session.query(PolicyMember).count() == 0
