"""Reading a policy's fields as TOML, JSON or a form's cleaned values have them."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.rhythm import MovementFilter, PolicyRules, RampStep, Rhythm


def read_field(key: str, value: object) -> Any:
    """The value of a field of `PolicyRules`. Raises InvalidValueError for an unknown key or a wrong type."""
    reader = READERS.get(key)
    if reader is None:
        known = ", ".join(READERS)
        raise InvalidValueError(key, f"A policy has no field “{key}”.", hint=f"Fields are {known}.")
    return reader(value, key)


def _whole(value: object, key: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidValueError(key, f"“{value}” is not a whole number.")


def _yes_no(value: object, key: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidValueError(key, f"“{value}” is neither true nor false.")


def _text(value: object, key: str) -> str:
    if isinstance(value, str):
        return value
    raise InvalidValueError(key, f"“{value}” is not a text.")


def _texts(value: object, key: str) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise InvalidValueError(key, f"“{value}” is not a list of texts.", hint='Write ["one", "two"].')


def _day(value: object, key: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(_text(value, key))
    except ValueError:
        raise InvalidValueError(key, f"“{value}” is not a date.", hint="Write 2026-12-24.") from None


def _rhythm(value: object, key: str) -> Rhythm:
    try:
        return Rhythm(_text(value, key))
    except ValueError:
        raise InvalidValueError(key, f"“{value}” is neither together nor personal.") from None


def _ramp(value: object, key: str) -> tuple[RampStep, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidValueError(key, f"“{value}” is not a list of steps.")
    return tuple(one if isinstance(one, RampStep) else _step(one, key) for one in value)


def _step(value: object, key: str) -> RampStep:
    names = [field.name for field in fields(RampStep)]
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise InvalidValueError(
            key, f"“{value}” is not a step of a ramp.", hint=f"A step has {', '.join(names)}."
        )
    return RampStep(**{name: _whole(value[name], key) for name in names})


def _filter(value: object, key: str) -> MovementFilter:
    if isinstance(value, MovementFilter):
        return value
    names = {field.name: field.default for field in fields(MovementFilter)}
    if not isinstance(value, Mapping) or not set(value) <= set(names):
        raise InvalidValueError(
            key, f"“{value}” is not a movement filter.", hint=f"Its keys are {', '.join(names)}."
        )
    chosen = {**names, **value}
    return MovementFilter(
        places=_texts(chosen["places"], key),
        max_difficulty=_whole(chosen["max_difficulty"], key),
        discreet_only=_yes_no(chosen["discreet_only"], key),
    )


_SPECIAL: dict[str, Callable[[object, str], object]] = {
    "name": _text,
    "channels": _texts,
    "rhythm": _rhythm,
    "allow_skip": _yes_no,
    "opt_in": _yes_no,
    "ramp": _ramp,
    "movement_filter": _filter,
    "movements": _texts,
    "active_from": _day,
    "active_until": _day,
}
READERS = {field.name: _SPECIAL.get(field.name, _whole) for field in fields(PolicyRules)}
