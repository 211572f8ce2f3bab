"""A policy's rules: what is refused, by field, and all of it at once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.rhythm import MovementFilter, PolicyRules, RampStep, Rhythm

GOOD = PolicyRules(
    name="Hourly reset",
    interval_min=60,
    interval_max=60,
    break_seconds=120,
    response_window=30,
    max_prompts_per_day=8,
    channels=("email", "web", "slack", "slack:product breaks"),
)


def test_good_rules_have_no_problems() -> None:
    assert GOOD.problems() == []
    GOOD.validate()


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("break_seconds", (10, 1800), (9, 1801)),
        ("response_window", (1, 60), (0, 61)),
        ("min_gap", (1, 60), (0, 61)),
        ("tail_guard", (0, 120), (-1, 121)),
        ("spread", (0,), (-1, 16)),
        ("max_prompts_per_day", (1, 100), (0, 101)),
        ("push_every", (0, 100), (-1, 101)),
        ("backoff_after_ignored", (0, 100), (-1,)),
        ("snooze", (5, 10, 15), (0, 7, 20)),
        ("max_snoozes", (0, 10), (-1, 11)),
        ("name", ("x", "x" * 80), ("", "  ", "x" * 81, "two\nlines", "nul\0")),
        ("channels", (("web",),), ((), ("fax",), ("slack:",), ("slack:a\nb",), ("web", "web"))),
        (
            "movement_filter",
            (MovementFilter(("floor",), 3),),
            (MovementFilter(()), MovementFilter(("pool",))),
        ),
        ("movement_filter", (), (MovementFilter(max_difficulty=0), MovementFilter(max_difficulty=4))),
        ("ramp", ((RampStep(1, 120, 3), RampStep(4, 60, 5)),), ((RampStep(0, 60, 3),), (RampStep(1, 4, 3),))),
        ("ramp", (), ((RampStep(2, 60, 3), RampStep(2, 60, 4)), (RampStep(1, 60, 0),))),
    ],
)
def test_limits(field: str, good: tuple[Any, ...], bad: tuple[Any, ...]) -> None:
    for value in good:
        assert replace(GOOD, **{field: value}).problems() == []
    for value in bad:
        assert field in [one.field for one in replace(GOOD, **{field: value}).problems()], value


@pytest.mark.parametrize(("interval", "fine"), [(4, False), (5, True), (240, True), (241, False)])
def test_intervals_are_5_to_240_minutes(interval: int, fine: bool) -> None:
    rules = replace(GOOD, interval_min=interval, interval_max=interval, response_window=1, min_gap=1)
    assert [one.field for one in rules.problems()] == ([] if fine else ["interval_min", "interval_max"])


def test_intervals_and_dates_have_an_order() -> None:
    assert [one.field for one in replace(GOOD, interval_max=59).problems()] == ["interval_max"]
    dates = {"active_from": date(2026, 4, 2), "active_until": date(2026, 4, 1)}
    assert [one.field for one in replace(GOOD, **dates).problems()] == ["active_until"]  # type: ignore[arg-type]


def test_min_gap_fits_the_shortest_step_of_a_ramp() -> None:
    rules = replace(GOOD, min_gap=40, ramp=(RampStep(1, 30, 8),))
    assert [one.field for one in rules.problems()] == ["min_gap"]


def test_everything_wrong_is_said_at_once_and_the_first_is_raised() -> None:
    rules = replace(GOOD, name="", interval_min=4, interval_max=4, snooze=1, channels=())
    assert [one.field for one in rules.problems()] == [
        *("name", "interval_min", "interval_max", "snooze", "channels")
    ]
    with pytest.raises(InvalidValueError, match="name"):
        rules.validate()


def test_a_shared_channel_needs_one_moment_for_all() -> None:
    personal, spread = replace(GOOD, rhythm=Rhythm.PERSONAL), replace(GOOD, spread=5)
    assert [one.field for one in personal.problems()] == ["rhythm"]
    assert [one.field for one in spread.problems()] == ["spread"]
    own_channels = ("email", "web", "slack")
    assert replace(personal, channels=own_channels).problems() == []
    assert replace(spread, channels=own_channels).problems() == []


@pytest.mark.parametrize(("interval", "seconds"), [(60, 300), (20, 300), (16, 240), (5, 75)])
def test_expiry_is_five_minutes_or_a_quarter_interval(interval: int, seconds: int) -> None:
    assert replace(GOOD, interval_min=interval).expiry == timedelta(seconds=seconds)
