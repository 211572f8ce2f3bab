"""A policy's rules: how often, how long, and within which limits. Minutes unless a name says otherwise."""

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
        """How long after it is due a prompt may still be handed off: 5 minutes, or a quarter interval if less."""
        return min(timedelta(minutes=5), timedelta(minutes=self.interval_min) / 4)

    def problems(self) -> list[InvalidValueError]:
        """Everything that is wrong, each error naming its field; empty when the rules are acceptable."""
        raise NotImplementedError

    def validate(self) -> None:
        """Raises the first of `problems`, if there is one."""
        for problem in self.problems():
            raise problem
