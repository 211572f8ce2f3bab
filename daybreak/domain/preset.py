"""The presets: ready-made rules with their defaults, sources and test vectors."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.reading import READERS, read_field
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.working import QuietBlock, Range, Week, hours_of

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Preset:
    """Rules to start from, and where they come from."""

    id: str
    name: str
    tagline: str
    recommended: bool
    rules: PolicyRules
    source_kind: str  # seed (a seed states the number) | study (a cited study used it) | design (our choice)
    sources: tuple[str, ...]
    source_says: str
    evidence: str
    caveat: str
    day_0900_1700: int  # test vectors: kept occurrences of 09:00-17:00 with lunch 12:00-13:00
    day_0900_1700_range: tuple[int, int]
    day_0900_1700_by_week: tuple[int, ...]
    push_per_day: int


@dataclass(frozen=True, slots=True)
class Presets:
    """All presets in the order of the file, and the defaults that go with them."""

    default: str
    presets: tuple[Preset, ...]
    week: Week  # working hours to start from
    lunch: QuietBlock
    message_rotation: int
    first_week_movements: tuple[str, ...]

    def get(self, preset_id: str) -> Preset:
        """The preset of an id. Raises InvalidValueError("preset") that lists the ones there are."""
        for preset in self.presets:
            if preset.id == preset_id:
                return preset
        known = ", ".join(preset.id for preset in self.presets)
        raise InvalidValueError("preset", f"There is no preset “{preset_id}”.", hint=f"Presets are {known}.")


def parse_presets(text: str) -> Presets:
    """Reads `presets.toml`. Raises InvalidValueError naming preset and key, as in `hourly-walk.spread`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidValueError("presets", f"This is not TOML: {error}") from error
    try:
        if table["schema_version"] != SCHEMA_VERSION:
            raise InvalidValueError("schema_version", f"Presets of schema {SCHEMA_VERSION} are understood.")
        defaults = table["defaults"]
        hours, lunch = defaults["working_hours"], defaults["lunch"]
        working = Range.parse(f"{hours['start']}-{hours['end']}", "defaults.working_hours")
        presets = Presets(
            default=table["default"],
            presets=tuple(_preset(entry, defaults) for entry in table["preset"]),
            week=hours_of(working.start, working.end, hours["days"]),
            lunch=QuietBlock(
                frozenset(hours["days"]), Range.parse(f"{lunch['start']}-{lunch['end']}", "defaults.lunch")
            ),
            message_rotation=defaults["message_rotation"],
            first_week_movements=tuple(defaults["first_week_movements"]),
        )
    except KeyError as error:
        raise InvalidValueError(str(error.args[0]), f"The key {error} is missing.") from error
    presets.get(presets.default)
    return presets


def with_overrides(preset: Preset, overrides: Mapping[str, Any]) -> PolicyRules:
    """The preset's rules with some fields replaced, not validated yet: see `PolicyRules.problems`.

    Keys are the field names of `PolicyRules`; values as TOML has them. The response time allowed and min_gap
    are clamped to the interval where they are inherited. Raises InvalidValueError for an unknown key or a
    value of the wrong type.
    """
    changes = {key: read_field(key, value) for key, value in overrides.items()}
    rules = replace(preset.rules, **changes)
    shortest = min([rules.interval_min, *(step.interval for step in rules.ramp)])
    inherited = {"response_window": rules.interval_min, "min_gap": shortest}
    clamped = {key: min(getattr(rules, key), most) for key, most in inherited.items() if key not in overrides}
    return replace(rules, **clamped)


def _preset(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Preset:
    merged = {**defaults, **entry}
    preset_id, vector = entry["id"], entry["day_0900_1700"]
    try:
        rules = PolicyRules(**{key: read_field(key, merged[key]) for key in READERS if key in merged})
        rules.validate()
    except InvalidValueError as error:
        error.field = f"{preset_id}.{error.field}"
        raise
    low, high = entry.get("day_0900_1700_range", (vector, vector))
    return Preset(
        id=preset_id,
        name=rules.name,
        tagline=entry["tagline"],
        recommended=entry["recommended"],
        rules=rules,
        source_kind=entry["source_kind"],
        sources=tuple(entry["source"]),
        source_says=entry["source_says"],
        evidence=entry["evidence"],
        caveat=entry["caveat"],
        day_0900_1700=vector,
        day_0900_1700_range=(low, high),
        day_0900_1700_by_week=tuple(entry.get("day_0900_1700_by_week", ())),
        push_per_day=entry["push_per_day"],
    )
