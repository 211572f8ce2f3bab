"""The plan: one pure function for the worker, the preview, Today, the `plan` command and the Why page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from daybreak.domain.draft import Draft
from daybreak.domain.occurrence import DayPlan, History, Occurrence, PersonInput, PolicyInput
from daybreak.domain.pushing import has_backed_off
from daybreak.domain.slots import Slot
from daybreak.domain.time import DAY, local_date, utc
from daybreak.domain.window import runs_overnight

NOTHING_YET = History()


def day_plan(
    person: PersonInput, policies: Sequence[PolicyInput], day: date, history: History = NOTHING_YET
) -> DayPlan:
    """The occurrences of a local date, kept and dropped alike, in order of time.

    Pure: equal arguments give equal plans. Rules are taken as valid. Source: behaviour, sections 2 and 3.
    """
    draft = Draft(person, policies, day, history)
    return DayPlan(
        local_date=day,
        zone=person.zone,
        occurrences=tuple(draft.occurrence(entry, position) for entry, position in draft.counted()),
        windows=tuple(window for window in draft.windows if window.start_at < window.end_at),
        backed_off=any(has_backed_off(one.policy.rules, draft.missed) for one in draft.terms),
    )


def next_occurrence(
    person: PersonInput,
    policies: Sequence[PolicyInput],
    after_at: datetime,
    history: History = NOTHING_YET,
    horizon_days: int = 14,
) -> Occurrence | None:
    """The first kept, unsent occurrence due after an instant, or None within so many local dates.

    The past counts as at `history.now_at`, or at `after_at` where that is not given: what is unsent and
    past its expiry is lost and does not use up the daily limit. Raises ValueError for a naive instant.
    """
    if history.now_at is None:
        history = replace(history, now_at=utc(after_at))
    return first_after(person, policies, after_at, history, horizon_days)


def first_after(
    person: PersonInput,
    policies: Sequence[PolicyInput],
    after_at: datetime,
    history: History,
    horizon_days: int,
) -> Occurrence | None:
    """The first kept, unsent occurrence due after an instant by the plans of the dates as they stand."""
    if not any(policy.chosen and policy.joined_on for policy in policies) or not person.prompts_on:
        return None
    today = local_date(after_at, person.zone)
    first = today - DAY if runs_overnight(today - DAY, person.week) else today
    for offset in range((today - first).days + horizon_days):
        draft = Draft(person, policies, first + offset * DAY, history)
        for entry, position in draft.counted():
            if isinstance(entry, Slot) and entry.will_be_sent and entry.due_at > after_at:
                return draft.occurrence(entry, position)
    return None
