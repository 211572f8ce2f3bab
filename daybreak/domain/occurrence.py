"""What a plan is made from and what it is made of: frozen facts in, occurrences with reasons out.

Instants are aware UTC datetimes; durations are minutes unless the name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from daybreak.domain.reason import Reason as Reason
from daybreak.domain.rhythm import PolicyRules
from daybreak.domain.window import Window
from daybreak.domain.working import DayOff, QuietBlock, Week


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time `[start_at, end_at)`; an end of None lasts until further notice."""

    start_at: datetime
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonInput:
    """The person's side of a plan. `busy` are intervals of a private calendar, each with an end."""

    person_id: int
    zone: ZoneInfo
    week: Week
    quiet_blocks: tuple[QuietBlock, ...] = ()
    days_off: tuple[DayOff, ...] = ()
    pauses: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()
    prompts_on: bool = True
    every_nth: int = 1  # less, asked for: together every n-th occurrence, personal n times the interval
    max_prompts_per_day: int | None = None  # less, asked for: fewer a day than the policies allow


@dataclass(frozen=True, slots=True)
class PolicyInput:
    """A policy as it stands for one person. One that was not chosen for the person yields nothing."""

    policy_id: int
    team_id: int
    created_at: datetime
    rules: PolicyRules
    joined_on: date | None  # local date of the person's yes to the team; None: not accepted yet
    chosen: bool = True
    opted_in: bool = True  # matters where the rules say opt_in
    in_force_from_at: datetime | None = None  # nothing unsent from before is an occurrence of this policy
    quiet_days: frozenset[date] = frozenset()  # of the team
    holidays: Mapping[date, str] = field(default_factory=dict)  # of the team's country: date -> name


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """A prompt that exists already; `standing` is the text of its standing, such as "missed"."""

    policy_id: int
    local_date: date
    local_time: time
    fold: int
    due_at: datetime
    standing: str = "open"
    pushed: bool = False
    snoozed_until_at: datetime | None = None
    team_id: int = 0  # this and the window matter where the plan does not make the occurrence any more
    window_start_at: datetime | None = None
    window_end_at: datetime | None = None
    lost: bool = False  # to an outage: it uses up its moment, and nothing of the daily limit


@dataclass(frozen=True, slots=True)
class History:
    """What has happened: give at least the prompts and breaks of the planned dates and of the day before.

    With `now_at` an unsent occurrence whose expiry has passed is dropped (`outage`); without it the plan is
    a preview in which nothing is late.
    """

    sent: tuple[SentPrompt, ...] = ()
    breaks: tuple[datetime, ...] = ()  # when a break was taken, prompted or spontaneous
    now_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A moment a policy makes a break due. (policy_id, local_date, local_time, fold) is its identity.

    `local_date` is that of the window, which an overnight range leaves behind at midnight; `local_time` and
    `fold` are the wall clock at `occurrence_at`. `due_at` is later only where busy time held it.
    """

    due_at: datetime
    local: datetime  # due_at on the person's wall, aware
    occurrence_at: datetime
    local_date: date
    local_time: time
    fold: int
    policy_id: int
    team_id: int
    window_start_at: datetime
    window_end_at: datetime
    k: int  # the k-th of its window, from 1
    kept: bool
    reason: Reason | None
    pushed: bool = False
    sent: bool = False  # stands for a prompt that exists already

    @property
    def identity(self) -> tuple[int, date, time, int]:
        """What makes it unique for its person: policy, local date, local time, fold."""
        return self.policy_id, self.local_date, self.local_time, self.fold


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The plan of one person and one local date: kept and dropped alike, in order of `due_at`."""

    local_date: date
    zone: ZoneInfo
    occurrences: tuple[Occurrence, ...]
    windows: tuple[Window, ...]
    backed_off: bool = False  # nothing more is pushed on this date

    @property
    def kept(self) -> tuple[Occurrence, ...]:
        """The occurrences that become prompts, or already are."""
        return tuple(one for one in self.occurrences if one.kept)

    @property
    def dropped(self) -> tuple[Occurrence, ...]:
        """The occurrences that do not become prompts, each with its reason."""
        return tuple(one for one in self.occurrences if not one.kept)
