"""What a person wishes for themselves."""

from datetime import timedelta
from typing import Any

import pytest

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import planning
from daybreak.services.wishing import wish
from daybreak.store.tables import AuditEntry, Person
from tests.support.world import MONDAY_0900, World, make_world


@pytest.fixture
def world(runtime: Runtime) -> World:
    with runtime.writing() as session:
        return make_world(session)


def test_less_is_planned_at_once_and_nobody_is_told(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        bob = session.get_one(Person, world.bob.id)
        planning.replan(session, [bob], MONDAY_0900)
        assert bob.next_due_at == MONDAY_0900 + timedelta(hours=1)
        wish(session, bob, {"every_nth": 2, "daily_goal": None}, MONDAY_0900)
        assert bob.next_due_at == MONDAY_0900 + timedelta(hours=2)
        assert bob.own_fields == ["daily_goal", "every_nth"]
        assert session.query(AuditEntry).count() == 0


def test_what_was_swapped_in_goes_with_the_old_wishes(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        bob = session.get_one(Person, world.bob.id)
        bob.swapped_due_at, bob.swapped_movement = MONDAY_0900, "gentle-walk"
        wish(session, bob, {"seated_only": True, "avoided_places": ["stairs", "desk"]}, MONDAY_0900)
        swapped: list[object] = [bob.swapped_due_at, bob.swapped_movement]
        assert swapped == [None, None]
        assert bob.avoided_places == ["desk", "stairs"]


@pytest.mark.parametrize(
    "wishes",
    [
        {"every_nth": 0},
        {"every_nth": None},
        {"every_nth": True},
        {"max_prompts_per_day": 101},
        {"daily_goal": 21},
        {"theme": "pink"},
        {"language": "tlh"},
        {"avoided_places": ["moon"]},
        {"avoided_movements": "gentle-walk"},
        {"is_owner": True},
    ],
)
def test_what_is_refused_changes_nothing(
    runtime: Runtime, world: World, wishes: dict[str, Any]
) -> None:
    with runtime.writing() as session:
        bob = session.get_one(Person, world.bob.id)
        with pytest.raises(InvalidValueError) as caught:
            wish(session, bob, {"seated_only": True, **wishes}, MONDAY_0900)
        assert caught.value.field == next(iter(wishes))
        assert not bob.seated_only
        assert bob.own_fields == []
        assert not bob.is_owner


def test_all_that_is_wrong_is_said_at_once(runtime: Runtime, world: World) -> None:
    with runtime.writing() as session:
        with pytest.raises(InvalidValueError) as caught:
            wish(session, session.get_one(Person, world.bob.id), {"every_nth": 0, "theme": "x"}, MONDAY_0900)
        assert [problem.field for problem in caught.value.problems] == ["every_nth", "theme"]
