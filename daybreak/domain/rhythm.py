"""A policy's rules: how often, how long, and within which limits. Minutes unless a name says otherwise."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from daybreak.domain.errors import InvalidValueError


class Rhythm(StrEnum):
    """Together: on the clock of the window. Personal: one interval after the last break."""

    TOGETHER = "together"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class RampStep:
    """From this week on (1 is the person's first in the team) these replace the interval and the limit."""

    week: int
    interval: int
    max_prompts_per_day: int


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Which movements a policy may suggest: places, difficulty 1 to 3, discreet ones only."""

    places: tuple[str, ...] = ("walk", "standing", "stairs", "desk")
    max_difficulty: int = 2
    discreet_only: bool = False


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """What an admin chooses for a policy; a preset is a set of them. Source: behaviour, Occurrences."""

    name: str
    interval_min: int
    interval_max: int
    break_seconds: int
    response_window: int  # the response time allowed
    max_prompts_per_day: int
    channels: tuple[str, ...]  # in order of preference: "web", "email", "slack", "slack:<channel name>"
    rhythm: Rhythm = Rhythm.TOGETHER
    tail_guard: int = 10
    min_gap: int = 10
    spread: int = 0
    push_every: int = 1  # 0: never pushed
    backoff_after_ignored: int = 3  # 0: never backs off
    snooze: int = 10
    max_snoozes: int = 2
    allow_skip: bool = True
    opt_in: bool = False
    ramp: tuple[RampStep, ...] = ()
    movement_filter: MovementFilter = MovementFilter()
    movements: tuple[str, ...] = ()  # ids: where there are some, the pool
    active_from: date | None = None
    active_until: date | None = None  # the last active date

    @property
    def expiry(self) -> timedelta:
        """How long past its due time a prompt may be handed off: 5 minutes, a quarter interval if less."""
        return min(timedelta(minutes=5), timedelta(minutes=self.interval_min) / 4)

    def problems(self) -> list[InvalidValueError]:
        """Everything that is wrong, each error naming its field; empty when the rules are acceptable.

        Limits: contract, The workspace file; where it is silent, what a person could still mean.
        """
        return list(_problems(self))

    def validate(self) -> None:
        """Raises the first of `problems`, if there is one."""
        for problem in self.problems():
            raise problem


def shared_channel_problems(rules: PolicyRules) -> list[InvalidValueError]:
    """Why rules cannot post to a shared channel, each error naming its field; empty where they can."""
    problems = []
    if rules.rhythm is Rhythm.PERSONAL:
        problems.append(
            InvalidValueError(
                "rhythm",
                "A shared channel needs one moment for all, and a personal rhythm has none.",
                hint="Choose the rhythm together, or leave the shared channel out.",
            )
        )
    if rules.spread:
        problems.append(
            InvalidValueError(
                "spread",
                "A shared channel needs one moment for all, and a spread gives everyone their own.",
                hint="Set the spread to 0, or leave the shared channel out.",
            )
        )
    return problems


PLACES = ("desk", "standing", "walk", "stairs", "floor")
SNOOZES = (5, 10, 15)
INTERVALS = (5, 240)
LIMITS = {  # field: lowest, highest, unit
    "interval_min": (*INTERVALS, "minutes"),
    "interval_max": (*INTERVALS, "minutes"),
    "break_seconds": (10, 30 * 60, "seconds"),
    "tail_guard": (0, 120, "minutes"),
    "spread": (0, 15, "minutes"),
    "max_prompts_per_day": (1, 100, "prompts"),
    "push_every": (0, 100, "prompts"),
    "backoff_after_ignored": (0, 100, "prompts"),
    "max_snoozes": (0, 10, "times"),
}
_CHANNEL = re.compile(r"email|web|slack(:\S[^\r\n]{0,79})?")


def _problems(rules: PolicyRules) -> Iterator[InvalidValueError]:
    if not rules.name.strip() or len(rules.name) > 80 or not rules.name.isprintable():
        yield InvalidValueError("name", "A policy has a name of 1 to 80 characters on one line.")
    for field, (low, high, unit) in LIMITS.items():
        yield from _between(field, getattr(rules, field), low, high, unit)
    if rules.interval_max < rules.interval_min:
        yield InvalidValueError(
            "interval_max",
            f"The longest interval ({rules.interval_max} minutes) is shorter than the shortest "
            f"({rules.interval_min} minutes).",
            hint="Set interval_min and interval_max alike for a fixed interval.",
        )
    shortest = min([rules.interval_min, *(step.interval for step in rules.ramp)])
    if rules.interval_min >= INTERVALS[0]:  # else a bound that is wrong itself would be quoted
        yield from _between("response_window", rules.response_window, 1, rules.interval_min, "minutes")
        yield from _between("min_gap", rules.min_gap, 1, max(shortest, INTERVALS[0]), "minutes")
    if rules.snooze not in SNOOZES:
        yield InvalidValueError("snooze", f"A snooze lasts 5, 10 or 15 minutes, not {rules.snooze}.")
    yield from _ramp_problems(rules.ramp)
    yield from _filter_problems(rules.movement_filter)
    yield from _channel_problems(rules.channels)
    if any(channel.startswith("slack:") for channel in rules.channels):
        yield from shared_channel_problems(rules)
    if rules.active_from and rules.active_until and rules.active_until < rules.active_from:
        yield InvalidValueError("active_until", "The last active date lies before the first.")


def _between(field: str, value: int, low: int, high: int, unit: str) -> Iterator[InvalidValueError]:
    if not low <= value <= high:
        yield InvalidValueError(field, f"{value} is not between {low} and {high} {unit}.")


def _ramp_problems(ramp: tuple[RampStep, ...]) -> Iterator[InvalidValueError]:
    weeks = [step.week for step in ramp]
    if weeks and (weeks[0] < 1 or weeks != sorted(set(weeks))):
        yield InvalidValueError("ramp", "The weeks of a ramp count up from 1.")
    for step in ramp:
        yield from _between("ramp", step.interval, *INTERVALS, "minutes")
        yield from _between("ramp", step.max_prompts_per_day, 1, 100, "prompts")


def _filter_problems(chosen: MovementFilter) -> Iterator[InvalidValueError]:
    if not chosen.places:
        yield InvalidValueError("movement_filter", "Choose at least one place to move.")
    for place in chosen.places:
        if place not in PLACES:
            yield InvalidValueError(
                "movement_filter", f"“{place}” is not a place.", hint=f"Places are {', '.join(PLACES)}."
            )
    yield from _between("movement_filter", chosen.max_difficulty, 1, 3, "(difficulty)")


def _channel_problems(channels: tuple[str, ...]) -> Iterator[InvalidValueError]:
    if not channels:
        yield InvalidValueError("channels", "Choose at least one channel.", hint='"web" is the Today page.')
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            yield InvalidValueError(
                "channels",
                f"“{channel}” is not a channel.",
                hint='Channels are "email", "web", "slack" and "slack:<name of a team channel>".',
            )
    if len(set(channels)) < len(channels):
        yield InvalidValueError("channels", "A channel is named twice.")
