"""A prompt's standings: the table of moves, snoozes, undo, and what the clock alone decides."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daybreak.domain.errors import DaybreakError
from daybreak.domain.prompt import (
    ANSWERED,
    DONE,
    MOVES,
    SKIP,
    UNDO,
    PromptClosedError,
    PromptDayOverError,
    PromptFacts,
    Reply,
    SkipNotAllowedError,
    SnoozeLengthError,
    SnoozeLimitError,
    SnoozePastEndError,
    Standing,
    UndoTooLateError,
    apply,
    can_undo,
    day_end,
    deadline,
    is_snoozed,
    snooze,
    standing_at,
    undo,
)

DUE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def facts(sent: datetime | None = DUE) -> PromptFacts:
    return PromptFacts(
        standing=Standing.OPEN,
        due_at=DUE,
        window_end_at=DUE + 120 * MINUTE,
        expires_at=DUE + 5 * MINUTE,
        deadline_at=DUE + 30 * MINUTE,
        day_ends_at=datetime(2026, 3, 3, tzinfo=UTC),
        first_sent_at=sent,
    )


def test_done_until_the_deadline_then_late_until_the_day_ends() -> None:
    assert apply(facts(), DONE, DUE + 30 * MINUTE).facts.standing is Standing.DONE
    assert apply(facts(), DONE, DUE + 30 * MINUTE + timedelta(seconds=1)).facts.standing is Standing.LATE
    assert apply(facts(), DONE, datetime(2026, 3, 2, 23, 59, tzinfo=UTC)).facts.standing is Standing.LATE
    with pytest.raises(PromptDayOverError):
        apply(facts(), DONE, datetime(2026, 3, 3, tzinfo=UTC))


def test_the_clock_decides_what_nobody_wrote_down() -> None:
    assert standing_at(facts(), DUE + 30 * MINUTE) is Standing.OPEN
    assert standing_at(facts(), DUE + 31 * MINUTE) is Standing.MISSED
    unsent = facts(sent=None)
    assert standing_at(unsent, DUE + 4 * MINUTE) is Standing.OPEN
    assert standing_at(unsent, DUE + 5 * MINUTE) is Standing.UNDELIVERED
    assert standing_at(replace(unsent, maybe_sent=True), DUE + 5 * MINUTE) is Standing.OPEN
    on_today_only = replace(unsent, pushed=False)
    assert standing_at(on_today_only, DUE + 29 * MINUTE) is Standing.OPEN
    assert standing_at(on_today_only, DUE + 30 * MINUTE) is Standing.UNDELIVERED


def test_an_answer_twice_is_the_first_answer() -> None:
    done = apply(facts(), DONE, DUE + MINUTE).facts
    for reply in (DONE, SKIP, snooze(5)):
        again = apply(done, reply, DUE + 2 * MINUTE)
        assert (again.changed, again.facts) == (False, done)


def test_snooze_counts_from_now_and_moves_the_deadline() -> None:
    later = apply(facts(), snooze(), DUE + 20 * MINUTE).facts
    assert later.snoozed_until_at == DUE + 30 * MINUTE
    assert later.deadline_at == DUE + 40 * MINUTE
    assert is_snoozed(later, DUE + 29 * MINUTE)
    assert not is_snoozed(later, DUE + 30 * MINUTE)
    assert apply(later, snooze(), DUE + 21 * MINUTE).changed is False  # the second tab's press
    assert apply(later, DONE, DUE + 25 * MINUTE).facts.standing is Standing.DONE


def test_snooze_has_its_limits() -> None:
    twice = replace(facts(), snooze_count=2, snoozed_minutes=20, deadline_at=DUE + 50 * MINUTE)
    with pytest.raises(SnoozeLimitError):
        apply(twice, snooze(), DUE + 40 * MINUTE)
    with pytest.raises(SnoozeLengthError):
        apply(facts(), snooze(7), DUE)
    near_end = replace(facts(), window_end_at=DUE + 10 * MINUTE)
    assert apply(near_end, snooze(10), DUE).changed
    with pytest.raises(SnoozePastEndError):
        apply(near_end, snooze(10), DUE + timedelta(seconds=1))
    with pytest.raises(PromptClosedError):
        apply(facts(), snooze(5), DUE + 31 * MINUTE)


def test_skip_needs_no_reason_but_the_policy_may_forbid_it() -> None:
    assert apply(facts(), SKIP, DUE).facts.standing is Standing.SKIPPED
    with pytest.raises(SkipNotAllowedError):
        apply(replace(facts(), allow_skip=False), SKIP, DUE)
    with pytest.raises(PromptClosedError):
        apply(facts(), SKIP, DUE + 31 * MINUTE)


@pytest.mark.parametrize("standing", [Standing.CANCELLED, Standing.UNDELIVERED])
def test_what_is_out_of_the_count_stays_there(standing: Standing) -> None:
    closed = replace(facts(), standing=standing)
    assert apply(closed, DONE, DUE).facts.standing is standing


def test_undo_lasts_a_minute_and_may_find_the_time_over() -> None:
    done = apply(facts(), DONE, DUE + 30 * MINUTE).facts
    assert can_undo(done, DUE + 31 * MINUTE)
    reopened = undo(done, DUE + 31 * MINUTE).facts
    assert reopened.answered_at is None
    assert standing_at(reopened, DUE + 31 * MINUTE) is Standing.MISSED
    assert undo(reopened, DUE + 31 * MINUTE).changed is False
    with pytest.raises(UndoTooLateError):
        undo(done, DUE + 31 * MINUTE + timedelta(seconds=1))


def test_who_answers_has_seen_it() -> None:
    assert apply(facts(sent=None), DONE, DUE + MINUTE).facts.first_sent_at == DUE + MINUTE


def test_the_deadline_never_passes_the_next_occurrence() -> None:
    assert deadline(DUE, 30, 10, None) == DUE + 40 * MINUTE
    assert deadline(DUE, 30, 10, DUE + 35 * MINUTE) == DUE + 35 * MINUTE


def test_a_prompts_day_ends_at_midnight_or_with_a_night_shift() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    midnight_at = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert day_end(date(2026, 3, 2), tokyo, midnight_at - timedelta(hours=6)) == midnight_at
    night_shift_ends_at = midnight_at + timedelta(hours=6)
    assert day_end(date(2026, 3, 2), tokyo, night_shift_ends_at) == night_shift_ends_at


class Life(RuleBasedStateMachine):
    """Any answers, undos and jumps of the clock; what is written never contradicts the table of moves."""

    def __init__(self) -> None:
        super().__init__()
        self.now = DUE
        self.facts = facts()

    @initialize(sent=st.booleans(), pushed=st.booleans(), allow_skip=st.booleans())
    def begin(self, sent: bool, pushed: bool, allow_skip: bool) -> None:
        self.facts = replace(facts(DUE if sent else None), pushed=pushed, allow_skip=allow_skip)

    @rule(seconds=st.one_of(st.integers(0, 90), st.integers(0, 3600), st.integers(0, 60_000)))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(reply=st.sampled_from([DONE, SKIP, snooze(), snooze(5), snooze(15)]))
    def press(self, reply: Reply) -> None:
        before, was = self.facts, standing_at(self.facts, self.now)
        try:
            change = apply(before, reply, self.now)
        except DaybreakError:
            return
        after = change.facts
        assert change.changed == (after != before)
        assert after.standing is was or after.standing in MOVES[was] or not change.changed
        assert apply(after, reply, self.now).facts == after  # pressed twice
        if after.snoozed_until_at and after.snoozed_until_at != before.snoozed_until_at:
            assert self.now < after.snoozed_until_at <= after.window_end_at
        self.facts = after

    @precondition(lambda self: self.facts.standing in ANSWERED)
    @rule()
    def take_back(self) -> None:
        answered_at = self.facts.answered_at
        assert answered_at is not None
        try:
            self.facts = undo(self.facts, self.now).facts
        except UndoTooLateError:
            assert self.now > answered_at + UNDO

    @invariant()
    def it_adds_up(self) -> None:
        one = self.facts
        assert (one.standing in ANSWERED) == (one.answered_at is not None) == (one.closed_at is not None)
        assert one.snooze_count <= one.max_snoozes
        assert one.snoozed_minutes >= 5 * one.snooze_count
        if one.standing is Standing.DONE:
            assert one.answered_at is not None
            assert one.answered_at <= one.deadline_at
        if one.standing is Standing.LATE:
            assert one.answered_at is not None
            assert one.deadline_at < one.answered_at < one.day_ends_at


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_an_answer_in_time_counts_past_the_midnight_that_ends_the_day() -> None:
    at_midnight = replace(facts(), day_ends_at=DUE)
    assert apply(at_midnight, DONE, DUE + 30 * MINUTE).facts.standing is Standing.DONE
    with pytest.raises(PromptDayOverError):
        apply(at_midnight, DONE, DUE + 30 * MINUTE + timedelta(seconds=1))
