"""Teams: slugs, zones with suggestions, holidays that exist, and plans that follow."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import places, planning, teams
from daybreak.store.tables import AuditEntry
from tests.support.world import MONDAY_0900, make_world


def test_a_slug_comes_from_the_name_and_is_free(runtime: Runtime) -> None:
    with runtime.writing() as session:
        made = [
            teams.create_team(session, name, "Europe/Lisbon", None, MONDAY_0900).slug
            for name in ("Produto & Ação", "Produto, Ação", "produto ação", "日本", "日本", "x" * 80)
        ]
        assert made == ["produto-acao", "produto-acao-2", "produto-acao-3", "team", "team-2", "x" * 36]
        with pytest.raises(InvalidValueError) as caught:
            teams.create_team(session, "Other", "Europe/Lisbon", None, MONDAY_0900, slug="team")
        assert caught.value.field == "slug"


def test_hours_not_given_are_nine_to_five_with_lunch(runtime: Runtime) -> None:
    with runtime.writing() as session:
        team = teams.create_team(session, "Team", "Europe/Lisbon", None, MONDAY_0900)
        assert team.hours["fri"] == ["09:00-17:00"]
        assert team.quiet_blocks[0]["range"] == "12:00-13:00"
        own = {"mon": ["08:00-16:00"]}
        other = teams.create_team(session, "Other", "Europe/Lisbon", None, MONDAY_0900, hours=own)
        assert (other.hours, other.quiet_blocks) == (own, [])


def test_every_field_that_is_wrong_is_told_at_once(runtime: Runtime) -> None:
    with runtime.writing() as session, pytest.raises(InvalidValueError) as caught:
        teams.create_team(
            session, "a\nb", "Lisbom", None, MONDAY_0900,
            hours={"mon": ["x"]}, country="XX", quiet_days=["tomorrow"],
        )  # fmt: skip
    fields = [p.field for p in caught.value.problems]
    assert fields == ["name", "zone", "country", "hours.mon", "quiet_days[0]"]


def test_a_change_moves_the_plans_of_its_people(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        planning.replan_team(session, world.team.id, MONDAY_0900)
        assert world.bob.next_due_at == MONDAY_0900 + timedelta(hours=1)
        changed = teams.update_team(
            session, world.team, {"quiet_days": ["2026-03-02"], "country": "pt"}, world.alice.id, MONDAY_0900
        )
        assert changed == {"quiet_days": ([], ["2026-03-02"]), "country": (None, "PT")}
        assert world.bob.next_due_at == MONDAY_0900 + timedelta(days=1, hours=1)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.team_id, entry.new) == (
            "team.changed", world.team.id, {"country": "PT", "quiet_days": ["2026-03-02"]}
        )  # fmt: skip
        assert teams.update_team(session, world.team, {"country": "PT"}, None, MONDAY_0900) == {}
        with pytest.raises(InvalidValueError):
            teams.update_team(session, world.team, {"slug": "x"}, None, MONDAY_0900)


def test_a_subdivision_belongs_to_its_country(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        teams.update_team(session, world.team, {"country": "DE", "subdivision": "by"}, None, MONDAY_0900)
        assert world.team.subdivision == "BY"
        with pytest.raises(InvalidValueError) as caught:
            teams.update_team(session, world.team, {"country": "PT"}, None, MONDAY_0900)
        assert caught.value.field == "subdivision"
        teams.update_team(session, world.team, {"country": "", "subdivision": ""}, None, MONDAY_0900)
        assert {world.team.country, world.team.subdivision} == {None}


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("Europe/Lisbonn", ["Europe/Lisbon"]), ("lisbon", ["Europe/Lisbon"]), ("new york", ["America/New_York"]),
     ("europe/paris", ["Europe/Paris"]), ("qqqqqq", [])],
)  # fmt: skip
def test_a_wrong_zone_brings_the_nearest(text: str, suggested: list[str]) -> None:
    assert places.suggested_zones(text) == suggested


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Lisbon", "Europe/Lisbon"), ("new york", "America/New_York"), ("europe/paris", "Europe/Paris"),
     ("UTC", "UTC"), ("Europe/Lisbonn", "Europe/Lisbonn"), ("Lisbonn", "Lisbonn"), ("", "")],
)  # fmt: skip
def test_a_city_alone_is_enough_for_a_form(typed: str, meant: str) -> None:
    assert places.meant_zone(typed) == meant


@pytest.mark.parametrize(
    "key", ["", "Europe", "../etc/passwd", "/usr", "GMT+1", "posixrules", "Etc/GMT+1", 3, None]
)
def test_what_is_no_place_is_no_zone(key: object) -> None:
    with pytest.raises(InvalidValueError) as caught:
        places.checked_zone(key)
    assert caught.value.field == "zone"


def test_the_floor_never_falls_below_five(runtime: Runtime) -> None:
    with runtime.writing() as session:
        for floor in (4, 0, -1, 101, True, "5"):
            with pytest.raises(InvalidValueError):
                teams.update_workspace(session, {"floor": floor}, None, MONDAY_0900)
        assert teams.update_workspace(session, {"floor": 8}, None, MONDAY_0900) == {"floor": (5, 8)}
