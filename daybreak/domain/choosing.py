"""Choosing among slots: the rules that policies, history and busy time impose on each other, in order.

sent prompts stand -> paused -> merged -> break taken, snoozed -> busy -> outage -> daily limit.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from daybreak.domain.occurrence import History, PersonInput, SentPrompt, Span
from daybreak.domain.reason import Reason
from daybreak.domain.slots import Slot, Terms
from daybreak.domain.time import MINUTE

AFTER_BUSY = 2 * MINUTE
NO_GAP = timedelta()
ANSWERED = frozenset(("done", "late", "skipped", "cancelled"))


class Taken:
    """Moments that are taken, each with its min_gap: the larger of two gaps keeps others away."""

    def __init__(self, taken: Iterable[tuple[datetime, timedelta]] = ()) -> None:
        self._taken = sorted(taken)
        self._widest = max((gap for _, gap in self._taken), default=NO_GAP)

    def add(self, at: datetime, min_gap: timedelta) -> None:
        """Takes a moment."""
        insort(self._taken, (at, min_gap))
        if min_gap > self._widest:
            self._widest = min_gap

    def clear(self, at: datetime, min_gap: timedelta) -> bool:
        """Whether nothing taken is nearer than the larger of the two min_gaps."""
        reach = max(self._widest, min_gap)
        for index in range(bisect_left(self._taken, (at + reach,)) - 1, -1, -1):
            other, gap = self._taken[index]
            distance = abs(at - other)
            if distance < min_gap or distance < gap:
                return False
            if other + reach <= at:
                break
        return True


def hold_of(busy: Sequence[Span]) -> Callable[[datetime], datetime]:
    """When an occurrence is due: 2 minutes after the busy time it falls into, or at its own moment.

    Spans that meet are one busy time; so is, in effect, what begins within the 2 minutes.
    """
    times: list[tuple[datetime, datetime]] = []
    for start_at, end_at in sorted((one.start_at, one.end_at) for one in busy if one.end_at is not None):
        if times and start_at <= times[-1][1]:
            times[-1] = times[-1][0], max(times[-1][1], end_at)
        else:
            times.append((start_at, end_at))

    def hold(at: datetime) -> datetime:
        for start_at, end_at in times:
            if start_at <= at < end_at:
                at = end_at + AFTER_BUSY
        return at

    return hold


def choose(
    slots: Sequence[Slot],
    person: PersonInput,
    history: History,
    terms: Iterable[Terms],
    limit: int,
    used: Sequence[datetime],
) -> None:
    """Gives every slot that does not become a prompt its reason.

    Slots come by rank of their policy (longer break, then older policy), then in order of time: whoever comes
    first wins, and sorting by time alone keeps that order among equals. Slots of sent prompts stand; `limit`
    is how many the date allows, `used` when those were due that count towards it already.
    """
    gap_of = {one.policy.policy_id: one.min_gap for one in terms}
    sent = Taken((one.due_at, gap_of.get(one.policy_id, NO_GAP)) for one in history.sent)
    live = [slot for slot in slots if slot.will_be_sent]
    if person.pauses or history.sent:
        for slot in live:
            if person.pauses and _paused(slot, person.pauses):
                slot.reason = Reason.PAUSED
            elif not sent.clear(slot.due_at, slot.terms.min_gap):
                slot.reason = Reason.MIN_GAP
        live = _open(live)
    _merge(live)
    live = _open(live)
    if history.breaks or history.sent:
        breaks, snoozed = sorted(history.breaks), _snoozed(history.sent, gap_of)
        for slot in live:
            if _in_wake(slot, breaks):
                slot.reason = Reason.BREAK_TAKEN
            elif not snoozed.clear(slot.due_at, slot.terms.min_gap):
                slot.reason = Reason.SNOOZED
        live = _open(live)
    if person.busy:
        _hold_one_each(live, sent)
        live = _open(live)
    if history.now_at is not None:
        _lose_the_old(live, history.now_at, limit, used)
        live = _open(live)
    for slot in sorted(live, key=_due_at)[max(limit - len(used), 0) :]:
        slot.reason = Reason.DAILY_LIMIT
    for slot in slots:
        if slot.reason is not None:
            slot.due_at = slot.at  # what becomes no prompt is not held either


def _open(slots: Sequence[Slot]) -> list[Slot]:
    return [slot for slot in slots if slot.reason is None]


def _due_at(slot: Slot) -> datetime:
    return slot.due_at


def _paused(slot: Slot, pauses: Sequence[Span]) -> bool:
    return any(
        one.start_at <= at and (one.end_at is None or at < one.end_at)
        for one in pauses
        for at in (slot.at, slot.due_at)
    )


def _merge(slots: list[Slot]) -> None:
    """Longer break, older policy, earlier time: accepted if nothing accepted is too near."""
    accepted = Taken()
    for slot in slots:
        if accepted.clear(slot.at, slot.terms.min_gap):
            accepted.add(slot.at, slot.terms.min_gap)
        else:
            slot.reason = Reason.MERGED


def _in_wake(slot: Slot, breaks: Sequence[datetime]) -> bool:
    """Whether it would come nearer than min_gap after a break taken, as planned or as held."""
    for at in (slot.at,) if slot.at == slot.due_at else (slot.at, slot.due_at):
        before = bisect_right(breaks, at)
        if before and at - breaks[before - 1] < slot.terms.min_gap:
            return True
    return False


def _snoozed(sent: Iterable[SentPrompt], gap_of: Mapping[int, timedelta]) -> Taken:
    """The nudges that snoozes have put off and no answer has made needless."""
    return Taken(
        (one.snoozed_until_at, gap_of.get(one.policy_id, NO_GAP))
        for one in sent
        if one.snoozed_until_at is not None and one.standing not in ANSWERED
    )


def _hold_one_each(slots: list[Slot], sent: Taken) -> None:
    """Of what each busy time holds one at most stays: not past its window, not too near what follows.

    The later busy time is settled first, since what follows an earlier one may be held itself.
    """
    kept = Taken((slot.due_at, slot.terms.min_gap) for slot in slots if slot.due_at == slot.at)
    held: dict[datetime, list[Slot]] = {}
    for slot in slots:
        if slot.due_at != slot.at:
            held.setdefault(slot.due_at, []).append(slot)
    for due_at in sorted(held, reverse=True):
        first, *others = held[due_at]
        for slot in others:
            slot.reason = Reason.BUSY
        gap = first.terms.min_gap
        if due_at < first.window.end_at and kept.clear(due_at, gap) and sent.clear(due_at, gap):
            kept.add(due_at, gap)
        else:
            first.reason = Reason.BUSY


def _lose_the_old(slots: list[Slot], now_at: datetime, limit: int, used: Sequence[datetime]) -> None:
    """After an outage at most the newest occurrence inside its expiry is left of those that are due.

    What came due when the date's limit was used up was not lost to any outage.
    """
    due = sorted([slot for slot in slots if slot.due_at <= now_at], key=_due_at)
    for slot in due:
        fresh = slot is due[-1] and now_at - slot.due_at <= slot.terms.policy.rules.expiry
        if not fresh:
            is_over = sum(at < slot.due_at for at in used) >= limit
            slot.reason = Reason.DAILY_LIMIT if is_over else Reason.OUTAGE
