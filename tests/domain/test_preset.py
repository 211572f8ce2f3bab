"""The presets: read whole, their vectors hold through the plan, overrides are clamped or refused."""

from datetime import UTC, date, datetime, timedelta
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daybreak.data import read_text
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.occurrence import PersonInput, PolicyInput
from daybreak.domain.plan import day_plan
from daybreak.domain.preset import Preset, parse_presets, with_overrides
from daybreak.domain.rhythm import MovementFilter, RampStep, Rhythm

TEXT = read_text("presets.toml")
PRESETS = parse_presets(TEXT)
JOINED = date(2026, 3, 2)
TUESDAY = date(2026, 3, 24)  # in the fourth week
each_preset = pytest.mark.parametrize("preset", PRESETS.presets, ids=lambda preset: preset.id)


def day_of(
    preset: Preset, day: date = TUESDAY, person_id: int = 1, zone: str = "Europe/Lisbon"
) -> list[bool]:
    """Whether each kept occurrence of 09:00-17:00 with lunch 12:00-13:00 is pushed."""
    person = PersonInput(person_id, ZoneInfo(zone), PRESETS.week, (PRESETS.lunch,))
    policy = PolicyInput(1, 1, datetime(2026, 1, 1, tzinfo=UTC), preset.rules, JOINED)
    return [one.pushed for one in day_plan(person, [policy], day).kept]


def test_there_are_eight_and_one_is_the_default() -> None:
    assert [preset.id for preset in PRESETS.presets] == [
        *("hourly-walk", "half-hour-reset", "forty-minutes", "flexible-30-50"),
        *("twenty-and-one", "hourly-squeeze", "five-in-thirty", "gentle-start"),
    ]
    assert PRESETS.get(PRESETS.default).recommended
    assert PRESETS.week.to_mapping() == {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    assert str(PRESETS.lunch.range) == "12:00-13:00"
    assert PRESETS.message_rotation == 7
    assert PRESETS.first_week_movements == ("stand-minute", "gentle-walk", "seated-glute-squeeze")


@each_preset
def test_the_vectors_of_the_file_hold(preset: Preset) -> None:
    fixed = preset.rules.interval_min == preset.rules.interval_max
    low, high = preset.day_0900_1700_range
    for person_id in range(1, 200 if not fixed else 3):
        pushed = day_of(preset, person_id=person_id)
        assert low <= len(pushed) <= high
        if fixed:
            assert len(pushed) == preset.day_0900_1700
            assert sum(pushed) == preset.push_per_day


def test_a_range_meets_its_expected_value() -> None:
    flexible = PRESETS.get("flexible-30-50")
    days = [TUESDAY + week * timedelta(weeks=1) for week in range(10)]
    counts = [len(day_of(flexible, day, person_id)) for day in days for person_id in range(40)]
    assert abs(mean(counts) - flexible.day_0900_1700) < 0.5
    assert len(set(counts)) > 1


def test_the_ramp_counts_weeks_from_the_day_of_joining() -> None:
    gentle = PRESETS.get("gentle-start")
    weeks = [len(day_of(gentle, JOINED + timedelta(days=1, weeks=week))) for week in range(3)]
    assert tuple(weeks) == gentle.day_0900_1700_by_week == (2, 3, 5)
    sunday, monday = JOINED + timedelta(days=4), JOINED + timedelta(days=7)
    assert (len(day_of(gentle, sunday)), len(day_of(gentle, monday))) == (2, 3)


@each_preset
def test_a_preset_is_read_whole(preset: Preset) -> None:
    assert preset.rules.problems() == []
    assert preset.tagline
    assert preset.evidence
    assert preset.sources
    assert preset.source_kind in ("seed", "study", "design")


def test_defaults_are_inherited_and_keys_override_them() -> None:
    hourly, squeeze = PRESETS.get("hourly-walk").rules, PRESETS.get("hourly-squeeze").rules
    assert (hourly.tail_guard, hourly.min_gap, hourly.snooze, hourly.max_snoozes) == (10, 10, 10, 2)
    assert (hourly.response_window, hourly.backoff_after_ignored, hourly.allow_skip) == (30, 3, True)
    assert hourly.movement_filter == MovementFilter(("walk", "standing", "stairs"), 2, False)
    assert squeeze.movements == ("seated-glute-squeeze",)
    assert PRESETS.get("twenty-and-one").rules.opt_in
    assert PRESETS.get("gentle-start").rules.ramp == (
        RampStep(1, 120, 3),
        RampStep(2, 90, 5),
        RampStep(3, 60, 8),
    )


def test_inherited_limits_are_clamped_and_explicit_ones_refused() -> None:
    hourly = PRESETS.get("hourly-walk")
    rules = with_overrides(hourly, {"interval_min": 5, "interval_max": 5})
    assert (rules.response_window, rules.min_gap) == (5, 5)
    assert rules.problems() == []
    explicit = with_overrides(
        hourly, {"interval_min": 5, "interval_max": 5, "response_window": 6, "min_gap": 10}
    )
    assert {problem.field for problem in explicit.problems()} == {"response_window", "min_gap"}


def test_overrides_are_read_as_toml_has_them() -> None:
    rules = with_overrides(
        PRESETS.get("hourly-walk"),
        {
            "rhythm": "personal",
            "channels": ["email"],
            "ramp": [{"week": 1, "interval": 60, "max_prompts_per_day": 2}],
            "movement_filter": {"places": ["desk"]},
            "active_from": date(2026, 4, 1),
            "active_until": "2026-12-24",
        },
    )
    assert rules.rhythm is Rhythm.PERSONAL
    assert rules.channels == ("email",)
    assert rules.ramp == (RampStep(1, 60, 2),)
    assert rules.movement_filter == MovementFilter(("desk",))
    assert (rules.active_from, rules.active_until) == (date(2026, 4, 1), date(2026, 12, 24))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("intervall", 45),
        ("interval_min", "45"),
        ("interval_min", True),
        ("interval_min", 45.5),
        ("allow_skip", 1),
        ("channels", "email"),
        ("rhythm", "alone"),
        ("ramp", [{"week": 1}]),
        ("ramp", 3),
        ("movement_filter", {"place": ["desk"]}),
        ("movement_filter", {"places": "desk"}),
        ("active_from", "soon"),
        ("active_from", datetime(2026, 4, 1, tzinfo=UTC)),
        ("name", 3),
    ],
)
def test_overrides_of_another_kind_name_the_key(key: str, value: Any) -> None:
    with pytest.raises(InvalidValueError) as caught:
        with_overrides(PRESETS.get("hourly-walk"), {key: value})
    assert caught.value.field == key


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match="hourly-wlak") as caught:
        PRESETS.get("hourly-wlak")
    assert "hourly-walk" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("interval_min = 40", "interval_min = 4", "forty-minutes.interval_min"),
        ("schema_version = 1", "schema_version = 2", "schema_version"),
        ('default = "hourly-walk"', 'default = "none"', "preset"),
        ("push_per_day = 9", "", "push_per_day"),
        ("[defaults]", "[defaults", "presets"),
    ],
)
def test_a_broken_file_is_refused_by_name(old: str, new: str, field: str) -> None:
    assert old in TEXT
    with pytest.raises(InvalidValueError) as caught:
        parse_presets(TEXT.replace(old, new, 1))
    assert caught.value.field == field
