"""The rules of a policy: a preset with what was changed of it, as columns, and what is wrong with them."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from daybreak import data
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.preset import Preset, Presets, parse_presets, with_overrides
from daybreak.domain.rhythm import PolicyRules
from daybreak.services.plan_inputs import rules_of
from daybreak.services.teams import checked_name
from daybreak.store.tables import Policy
from daybreak.wording import gettext as _

FIELDS = (
    "name", "interval_min", "interval_max", "break_seconds", "response_window", "rhythm", "tail_guard",
    "min_gap", "spread", "max_prompts_per_day", "push_every", "backoff_after_ignored", "snooze",
    "max_snoozes", "allow_skip", "opt_in", "movement_filter", "movements", "channels", "ramp",
    "active_from", "active_until",
)  # fmt: skip
"""What may be changed of a policy: the fields of `PolicyRules`, which are the columns of its row."""
CLAMPED = ("response_window", "min_gap")
"""What follows the interval down where it is inherited from the preset (behaviour, Occurrences)."""


@cache
def presets() -> Presets:
    """Return the presets that travel with Daybreak."""
    return parse_presets(data.read_text("presets.toml"))


def rules_from(
    preset_id: str,
    *,
    name: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    channels: Iterable[str] | None = None,
) -> PolicyRules:
    """Return a preset's rules with overrides, not yet validated. Raises InvalidValueError at the key.

    A fixed interval stays fixed where only interval_min is given.
    """
    preset = preset_of(preset_id)
    given = dict(overrides or {})
    if name is not None:
        given["name"] = name
    if channels is not None:
        given["channels"] = list(channels)
    given = _fixed(given, preset.rules.interval_min == preset.rules.interval_max)
    return with_overrides(preset, given)


def changed_rules(policy: Policy, changes: Mapping[str, Any], preset_id: str) -> PolicyRules:
    """Return a policy's rules as a change would make them, not yet validated. Raises InvalidValueError."""
    if preset_id != policy.preset:
        return rules_from(preset_id, overrides={"name": policy.name, **changes})
    preset = preset_of(preset_id)
    kept = columns_of(rules_of(policy))
    given = _fixed(changes, policy.interval_min == policy.interval_max)
    inherited = with_overrides(preset, {key: value for key, value in kept.items() if key not in CLAMPED})
    for key in CLAMPED:
        if kept[key] == getattr(inherited, key):
            del kept[key]  # taken from the preset again, clamped to the interval of now
    return with_overrides(preset, {**kept, **given})


def preset_of(preset_id: str) -> Preset:
    """Return a preset. Raises InvalidValueError at "preset" that suggests the nearest."""
    try:
        return presets().get(preset_id)
    except InvalidValueError:
        ids = [preset.id for preset in presets().presets]
        near = nearest(str(preset_id), ids)
        hint = _("Did you mean %(names)s?", names=near) if near else ""
        raise InvalidValueError(
            "preset",
            _("There is no preset “%(id)s”.", id=str(preset_id)[:60]),
            hint=hint or _("There are: %(ids)s.", ids=", ".join(ids)),
        ) from None


def nearest(text: str, known: Iterable[str]) -> str | None:
    """Return the known name that a text was probably meant to be."""
    return next(iter(get_close_matches(text, sorted(known), 1)), None)


def problems_of(rules: PolicyRules, channel_names: Iterable[str]) -> list[InvalidValueError]:
    """Return all that is wrong with rules in a team that has the given shared channels."""
    problems = []
    try:
        checked_name(rules.name, "name")
    except InvalidValueError as problem:
        problems.append(problem)
    problems += [p for p in rules.problems() if p.field != "name"]
    known = set(channel_names)
    shared = [c.removeprefix("slack:") for c in rules.channels if c.startswith("slack:")]
    for name in shared:
        if name not in known:
            near = nearest(name, known)
            hint = _("Did you mean slack:%(name)s?", name=near) if near else _("Add the channel first.")
            problems.append(
                InvalidValueError("channels", _("The team has no channel “%(name)s”.", name=name), hint=hint)
            )
    for movement_id in rules.movements:
        if movement_id not in data.catalogue():
            text = _("There is no movement “%(id)s”.", id=movement_id[:60])
            problems.append(InvalidValueError("movements", text))
    return problems


def columns_of(rules: PolicyRules) -> dict[str, Any]:
    """Return rules as the values of a policy's columns."""
    values = {key: getattr(rules, key) for key in FIELDS}
    chosen = rules.movement_filter
    values["rhythm"] = str(rules.rhythm)
    values["movement_filter"] = {
        "places": list(chosen.places),
        "max_difficulty": chosen.max_difficulty,
        "discreet_only": chosen.discreet_only,
    }
    values["movements"] = list(rules.movements)
    values["channels"] = list(rules.channels)
    values["ramp"] = [
        {"week": s.week, "interval": s.interval, "max_prompts_per_day": s.max_prompts_per_day}
        for s in rules.ramp
    ]
    return values


def _fixed(changes: Mapping[str, Any], was_fixed: bool) -> dict[str, Any]:
    """A fixed interval stays fixed where only one end of it is given."""
    given = dict(changes)
    if was_fixed and "interval_min" in given and "interval_max" not in given:
        given["interval_max"] = given["interval_min"]
    return given
