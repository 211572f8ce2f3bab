"""The presets: ready-made rules with their defaults, sources and test vectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.working import QuietBlock, Week


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
        raise NotImplementedError


def parse_presets(text: str) -> Presets:
    """Reads `presets.toml`. Raises InvalidValueError that names preset and key."""
    raise NotImplementedError


def with_overrides(preset: Preset, overrides: Mapping[str, Any]) -> PolicyRules:
    """The preset's rules with some fields replaced, not validated yet: see `PolicyRules.problems`.

    Keys are the field names of `PolicyRules`. The response time allowed and min_gap are clamped to the
    interval where they are inherited. Raises InvalidValueError for an unknown key or a wrong type.
    """
    raise NotImplementedError
