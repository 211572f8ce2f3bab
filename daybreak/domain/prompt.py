"""A prompt's standings, and which answers move it where; the clock decides, not a job that must have run."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from daybreak.domain.errors import DaybreakError
from daybreak.domain.time import local_day

UNDO = timedelta(seconds=60)
LINK_GRACE = timedelta(hours=2)  # links outlive the prompt's day by this much
SNOOZE_MINUTES = (5, 10, 15)


class Standing(StrEnum):
    """Where a prompt stands. Source: behaviour, A prompt and its standing."""

    OPEN = "open"
    DONE = "done"
    LATE = "late"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"
    UNDELIVERED = "undelivered"


ANSWERED = frozenset({Standing.DONE, Standing.LATE, Standing.SKIPPED})
MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.OPEN: frozenset(Standing) - {Standing.OPEN},
    Standing.MISSED: frozenset({Standing.LATE}),  # until the prompt's day ends
    Standing.DONE: frozenset({Standing.OPEN}),  # these three: undo, for a minute
    Standing.LATE: frozenset({Standing.OPEN}),
    Standing.SKIPPED: frozenset({Standing.OPEN}),
    Standing.CANCELLED: frozenset(),
    Standing.UNDELIVERED: frozenset(),
}


class Answer(StrEnum):
    """What a person can say to a prompt."""

    DONE = "done"
    SNOOZE = "snooze"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `minutes` is how long a snooze lasts (5, 10 or 15), None the policy's own."""

    answer: Answer
    minutes: int | None = None


DONE = Reply(Answer.DONE)
SKIP = Reply(Answer.SKIP)


def snooze(minutes: int | None = None) -> Reply:
    """The reply that asks again in 5, 10 or 15 minutes, or after the policy's own minutes."""
    return Reply(Answer.SNOOZE, minutes)


class PromptClosedError(DaybreakError):
    """The time for this answer has passed."""


class PromptDayOverError(PromptClosedError):
    """The day of this break is over."""


class SnoozeLimitError(DaybreakError):
    """This break cannot be snoozed again."""


class SnoozePastEndError(DaybreakError):
    """That would run past the end of your work."""


class SnoozeLengthError(DaybreakError):
    """A snooze lasts 5, 10 or 15 minutes."""


class SkipNotAllowedError(DaybreakError):
    """This policy asks you to snooze or leave a break rather than skip it."""


class UndoTooLateError(DaybreakError):
    """An answer can be taken back for a minute only."""


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """What decides a prompt's standing; the fields of its row, and three limits of its policy."""

    standing: Standing
    due_at: datetime
    window_end_at: datetime
    expires_at: datetime  # not handed off by then: never sent
    deadline_at: datetime
    day_ends_at: datetime
    pushed: bool = True
    maybe_sent: bool = False  # a delivery is being handed off, or nobody knows whether it arrived
    first_sent_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    snoozed_until_at: datetime | None = None
    snooze_count: int = 0
    snoozed_minutes: int = 0
    response_minutes: int = 30
    snooze: int = 10
    max_snoozes: int = 2
    allow_skip: bool = True

    @property
    def closes_unsent_at(self) -> datetime:
        """Unsent by then, it is never sent: the expiry of a push, else the end of its time on Today."""
        return self.expires_at if self.pushed and not self.maybe_sent else self.deadline_at


@dataclass(frozen=True, slots=True)
class Change:
    """What a reply makes of a prompt; `changed` is False for an answer that had been given before."""

    facts: PromptFacts
    changed: bool


def deadline(
    first_sent_at: datetime, response_minutes: int, snoozed_minutes: int, next_due_at: datetime | None
) -> datetime:
    """Until when an answer is in time: the response time allowed and the minutes snoozed after the first
    hand-off, but never beyond the next kept occurrence."""
    allowed = first_sent_at + timedelta(minutes=response_minutes + snoozed_minutes)
    return allowed if next_due_at is None else min(allowed, next_due_at)


def day_end(local_date: date, zone: ZoneInfo, window_end_at: datetime) -> datetime:
    """When a prompt's day ends: the midnight closing its local date, or its window's end if that is later."""
    return max(local_day(local_date, zone)[1], window_end_at)


def standing_at(facts: PromptFacts, now: datetime) -> Standing:
    """Where the prompt stands at an instant, whether or not a job has written it down."""
    if facts.standing is not Standing.OPEN:
        return facts.standing
    if facts.first_sent_at is None:
        return Standing.UNDELIVERED if now >= facts.closes_unsent_at else Standing.OPEN
    return Standing.MISSED if now > facts.deadline_at else Standing.OPEN


def closed_by_clock_at(facts: PromptFacts) -> datetime:
    """The instant at which an open prompt nobody answers closes by itself."""
    return facts.closes_unsent_at if facts.first_sent_at is None else facts.deadline_at


def is_snoozed(facts: PromptFacts, now: datetime) -> bool:
    """Whether the prompt is open and waits for its next nudge."""
    return (
        standing_at(facts, now) is Standing.OPEN
        and facts.snoozed_until_at is not None
        and now < facts.snoozed_until_at
    )


def snooze_refusal(facts: PromptFacts, minutes: int, now: datetime) -> DaybreakError | None:
    """Why the prompt cannot be snoozed for so long now, or None where it can."""
    if minutes not in SNOOZE_MINUTES:
        return SnoozeLengthError()
    if standing_at(facts, now) is not Standing.OPEN:
        return PromptClosedError()
    if facts.snooze_count >= facts.max_snoozes:
        return SnoozeLimitError()
    if now + timedelta(minutes=minutes) > facts.window_end_at:
        return SnoozePastEndError()
    return None


def can_undo(facts: PromptFacts, now: datetime) -> bool:
    """Whether the answer can still be taken back."""
    return facts.standing in ANSWERED and facts.answered_at is not None and now <= facts.answered_at + UNDO


def apply(facts: PromptFacts, reply: Reply, now: datetime) -> Change:
    """What the reply makes of the prompt. An answer that stands already changes nothing.

    Raises PromptClosedError (PromptDayOverError once its day has ended), SkipNotAllowedError, or what
    `snooze_refusal` says. A prompt that was cancelled or undelivered stays so: a break taken is spontaneous.
    """
    standing = standing_at(facts, now)
    if standing in ANSWERED or standing in (Standing.CANCELLED, Standing.UNDELIVERED):
        return Change(facts, changed=False)
    if reply.answer is Answer.DONE:
        return _answered(facts, Standing.DONE if standing is Standing.OPEN else Standing.LATE, now)
    if standing is Standing.MISSED:
        raise PromptClosedError
    if reply.answer is Answer.SKIP:
        if not facts.allow_skip:
            raise SkipNotAllowedError
        return _answered(facts, Standing.SKIPPED, now)
    if is_snoozed(facts, now):
        return Change(facts, changed=False)
    return _snoozed(facts, facts.snooze if reply.minutes is None else reply.minutes, now)


def undo(facts: PromptFacts, now: datetime) -> Change:
    """Take the answer back within a minute; after that raises UndoTooLateError.

    The prompt is open again, which after its deadline means missed. An open one changes nothing.
    """
    if facts.standing is Standing.OPEN:
        return Change(facts, changed=False)
    if not can_undo(facts, now):
        raise UndoTooLateError
    reopened = replace(facts, standing=Standing.OPEN, answered_at=None, closed_at=None)
    return Change(reopened, changed=True)


def _answered(facts: PromptFacts, standing: Standing, now: datetime) -> Change:
    if now >= facts.day_ends_at and now > facts.deadline_at:  # in time is in time, past midnight too
        raise PromptDayOverError
    answered = replace(
        facts,
        standing=standing,
        answered_at=now,
        closed_at=now,
        first_sent_at=facts.first_sent_at or now,  # who answers has seen it
    )
    return Change(answered, changed=True)


def _snoozed(facts: PromptFacts, minutes: int, now: datetime) -> Change:
    refusal = snooze_refusal(facts, minutes, now)
    if refusal is not None:
        raise refusal
    first_sent_at = facts.first_sent_at or now
    snoozed_minutes = facts.snoozed_minutes + minutes
    later = replace(
        facts,
        first_sent_at=first_sent_at,
        snoozed_until_at=now + timedelta(minutes=minutes),
        snooze_count=facts.snooze_count + 1,
        snoozed_minutes=snoozed_minutes,
        deadline_at=deadline(first_sent_at, facts.response_minutes, snoozed_minutes, None),
    )
    return Change(later, changed=True)
