"""The plan: one pure function for the worker, the preview, Today, the `plan` command and the Why page."""

from collections.abc import Sequence
from datetime import date, datetime

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.occurrence import DayPlan, History, Occurrence, PersonInput, PolicyInput

NOTHING_YET = History()


def day_plan(
    person: PersonInput, policies: Sequence[PolicyInput], day: date, history: History = NOTHING_YET
) -> DayPlan:
    """The occurrences of a local date, kept and dropped alike, in order of time."""
    raise NotImplementedError


def next_occurrence(
    person: PersonInput,
    policies: Sequence[PolicyInput],
    after_at: datetime,
    history: History = NOTHING_YET,
    horizon_days: int = 14,
) -> Occurrence | None:
    """The first kept, unsent occurrence due after an instant, or None within the horizon.

    Unsent occurrences before `after_at` count as lost once their expiry has passed (`history.now_at` is
    taken to be `after_at` where it is not given).
    """
    raise NotImplementedError


def team_plan(team: PersonInput, policy: PolicyInput, day: date) -> DayPlan:
    """The plan of a team for a shared channel. Raises the first error of `shared_channel_problems`."""
    raise NotImplementedError


def shared_channel_problems(policy: PolicyInput) -> list[InvalidValueError]:
    """Why a policy cannot post to a shared channel: a personal rhythm, a spread; empty where it can."""
    raise NotImplementedError
