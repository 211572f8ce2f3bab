"""What a person may wish for themselves: less, other movements, another look. Nobody else is told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak import data, wording
from daybreak.domain.catalogue import Place
from daybreak.domain.errors import InvalidValueError, InvalidValuesError
from daybreak.services import planning
from daybreak.store.prompts import locked_person
from daybreak.store.tables import Person
from daybreak.wording import gettext as _

THEMES = ("light", "dark")
LIMITS = {  # field: lowest, highest, whether it may be left empty
    "every_nth": (1, 10, False),
    "max_prompts_per_day": (1, 100, True),
    "daily_goal": (1, 20, True),
}
SWITCHES = ("seated_only", "discreet_only", "floor_exercises", "shortcuts_on")
OF_THE_PLAN = frozenset({"every_nth", "max_prompts_per_day"})
OF_MOVEMENTS = frozenset(
    {"seated_only", "discreet_only", "floor_exercises", "avoided_movements", "avoided_places"}
)


def wish(session: Session, person: Person, wishes: Mapping[str, Any], now: datetime) -> None:
    """Set some wishes by the person's own hand, and plan anew where they shape the plan.

    Keys are those of LIMITS, SWITCHES, `avoided_movements`, `avoided_places`, `theme`, `language`. Raises
    InvalidValueError whose `problems` name each field. Nothing is logged: these are nobody else's facts.
    """
    fields: dict[str, Any] = {}
    problems: list[InvalidValueError] = []
    for key, value in wishes.items():
        try:
            fields[key] = _checked(key, value)
        except InvalidValueError as problem:
            problems.append(problem)
    if problems:
        raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)
    person = locked_person(session, person.id)
    for key, value in fields.items():
        setattr(person, key, value)
    if fields.keys() & OF_MOVEMENTS:  # what was swapped in may not pass any more
        person.swapped_due_at = person.swapped_movement = None
    person.own_fields = sorted({*person.own_fields, *fields})
    session.flush()
    if fields.keys() & OF_THE_PLAN:
        planning.replan(session, [person], now)


def _checked(key: str, value: Any) -> Any:
    if key in LIMITS:
        return _number(key, value)
    if key in SWITCHES:
        return bool(value)
    checks: dict[str, Callable[[Any], Any]] = {
        "theme": lambda v: _one_of(key, v, THEMES),
        "language": lambda v: _one_of(key, v, wording.LANGUAGES),
        "avoided_places": lambda v: _some_of(key, v, [str(place) for place in Place]),
        "avoided_movements": lambda v: _some_of(key, v, [one.id for one in data.catalogue().movements]),
    }
    if key not in checks:
        raise InvalidValueError(key, _("There is no such wish."))
    return checks[key](value)


def _number(key: str, value: Any) -> int | None:
    low, high, may_be_empty = LIMITS[key]
    if value is None and may_be_empty:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidValueError(key, _("A whole number from %(low)s to %(high)s.", low=low, high=high))
    return value


def _one_of(key: str, value: Any, known: tuple[str, ...]) -> str | None:
    """One of the known values; None and "" mean as the browser says."""
    if value in (None, ""):
        return None
    if value not in known:
        raise InvalidValueError(key, _("Choose one from the list."))
    return str(value)


def _some_of(key: str, values: Any, known: list[str]) -> list[str]:
    if not isinstance(values, list | tuple) or not set(values) <= set(known):
        raise InvalidValueError(key, _("Choose from the list."))
    return [one for one in known if one in values]
