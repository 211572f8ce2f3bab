"""Slots: where a policy's rhythm falls in a person's windows, before policies meet each other.

A slot is an occurrence in the making. Spread and drawn intervals come from `draw`, so that the same inputs
give the same slots on every machine.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from daybreak.domain.occurrence import PersonInput, PolicyInput, SentPrompt
from daybreak.domain.reason import Reason
from daybreak.domain.rhythm import PolicyRules, Rhythm
from daybreak.domain.time import MINUTE, whole_minute
from daybreak.domain.window import Window, is_whole_day_off

Hold = Callable[[datetime], datetime]


@dataclass(slots=True)
class Slot:
    """A moment of a policy, on its way through the rules of the plan; `reason` None means kept so far."""

    at: datetime
    due_at: datetime
    terms: "Terms"
    window: Window
    k: int
    reason: Reason | None = None
    sent: SentPrompt | None = None

    @property
    def will_be_sent(self) -> bool:
        """Whether it is kept and not a prompt yet."""
        return self.reason is None and self.sent is None


class Terms:
    """What a policy amounts to for one person on one local date."""

    __slots__ = ("gap", "interval", "limit", "min_gap", "policy", "rank", "reason", "unit")

    def __init__(self, person: PersonInput, policy: PolicyInput, day: date) -> None:
        rules = policy.rules
        low, high, self.limit = _ramped(policy, day)
        if low < 1:
            raise ValueError("An interval is at least a minute: validate rules before planning with them.")
        self.policy = policy
        self.interval = low, high
        self.unit = MINUTE * (person.every_nth if rules.rhythm is Rhythm.PERSONAL else 1)
        self.gap = low * self.unit if low == high else None  # None: drawn
        self.min_gap = rules.min_gap * MINUTE
        self.rank = (-rules.break_seconds, policy.created_at, policy.policy_id)
        self.reason = _reason_of_the_day(person, policy, day)


def slots_of(
    terms: Terms,
    person: PersonInput,
    windows: Sequence[Window],
    anchors: Sequence[datetime],
    hold: Hold,
) -> Iterator[Slot]:
    """The slots of one policy in a date's windows, in order of time, with the reasons it knows by itself.

    `anchors` restart a personal rhythm: breaks taken and the policy's sent prompts, in order of time; `hold`
    says when a moment is due that busy time holds. Past the tail guard slots go on to the end of the window
    (`tail`) and of the cut behind it (its reason). A window too short for any slot shows its first
    (`outside_hours`) where that lies before the next window.
    """
    personal = terms.policy.rules.rhythm is Rhythm.PERSONAL
    spread = spread_of(terms.policy, person.person_id) * MINUTE
    nth = 1 if personal else person.every_nth
    tail = terms.policy.rules.tail_guard * MINUTE
    for index, window in enumerate(windows):
        after = windows[index + 1].start_at if index + 1 < len(windows) else None
        wall = window.start_time.isoformat("minutes")
        key = f"gap|{terms.policy.policy_id}|{person.person_id}|{window.local_date}|{wall}"
        last_at, k, at = window.end_at - tail, 0, window.start_at + spread
        while True:
            k += 1
            gap = _gap(terms, key, k)
            at = _one_interval_after(at, gap, anchors) if personal else at + gap
            reason = terms.reason or (Reason.OPTED_OUT if k % nth else None)
            if at > last_at:
                end_reason = _reason_at_the_end(at, k, window, after)
                if end_reason is None:
                    break
                reason = terms.reason or end_reason
            due_at = hold(at)
            yield Slot(at, due_at, terms, window, k, reason)
            if personal:
                at = due_at


def spread_of(policy: PolicyInput, person_id: int) -> int:
    """The whole minutes, 0 to the policy's spread, by which this person's clock runs behind the window."""
    if not policy.rules.spread:
        return 0
    return draw("spread", policy.policy_id, person_id) % (policy.rules.spread + 1)


def draw(*parts: object) -> int:
    """A number that depends on its parts alone: 8 bytes, big-endian, of SHA-256 of their text joined by |.

    A drawn interval is interval_min + draw modulo (interval_max - interval_min + 1) of
    `gap|policy id|person id|local date|HH:MM of the window's start|k`, a spread is drawn of
    `spread|policy id|person id`.
    """
    return int.from_bytes(sha256("|".join(map(str, parts)).encode()).digest()[:8], "big")


def _gap(terms: Terms, key: str, k: int) -> timedelta:
    """The interval before the k-th slot of a window: fixed, or drawn by the window's key."""
    if terms.gap is not None:
        return terms.gap
    low, high = terms.interval
    return (low + draw(key, k) % (high - low + 1)) * terms.unit


def _one_interval_after(anchor: datetime, gap: timedelta, anchors: Sequence[datetime]) -> datetime:
    """One interval after the latest of the anchor and what happened before that interval was over."""
    at = anchor + gap
    for other in anchors[bisect_right(anchors, anchor) :]:
        if other >= at:
            break
        at = other + gap
    return whole_minute(at)


def _reason_at_the_end(at: datetime, k: int, window: Window, after: datetime | None) -> Reason | None:
    """Why a slot behind the tail guard is dropped, None where the window has nothing more to show."""
    if at <= window.end_at and window.start_at < window.end_at:
        return Reason.TAIL
    if window.cut_until_at is not None:
        return window.cut_reason if at < window.cut_until_at else None
    return Reason.OUTSIDE_HOURS if k == 1 and (after is None or at < after) else None


def _ramped(policy: PolicyInput, day: date) -> tuple[int, int, int]:
    """Interval from, to and the daily limit, by the week since the person joined (behaviour: ramp)."""
    rules: PolicyRules = policy.rules
    if rules.ramp:
        week = (day - policy.joined_on).days // 7 + 1 if policy.joined_on else 1
        reached = [step for step in rules.ramp if step.week <= max(week, 1)]
        if reached:
            return reached[-1].interval, reached[-1].interval, reached[-1].max_prompts_per_day
    return rules.interval_min, rules.interval_max, rules.max_prompts_per_day


def _reason_of_the_day(person: PersonInput, policy: PolicyInput, day: date) -> Reason | None:
    """What drops all of a policy's occurrences of a date, the first that holds."""
    rules = policy.rules
    if (rules.active_from and day < rules.active_from) or (rules.active_until and day > rules.active_until):
        return Reason.INACTIVE
    if policy.joined_on is None:
        return Reason.NOT_ACCEPTED
    if not person.prompts_on or (rules.opt_in and not policy.opted_in):
        return Reason.OPTED_OUT
    if is_whole_day_off(day, person.days_off):
        return Reason.DAY_OFF
    if day in policy.holidays:
        return Reason.HOLIDAY
    return Reason.QUIET if day in policy.quiet_days else None
