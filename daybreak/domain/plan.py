"""The plan: one pure function for the worker, the preview, Today, the `plan` command and the Why page."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from daybreak.domain.choosing import choose, hold_of
from daybreak.domain.occurrence import DayPlan, History, Occurrence, PersonInput, PolicyInput, SentPrompt
from daybreak.domain.pushing import has_backed_off, is_turn, missed_in_a_row
from daybreak.domain.reason import Reason
from daybreak.domain.rhythm import Rhythm
from daybreak.domain.slots import Slot, Terms, slots_of
from daybreak.domain.time import DAY, local_date, utc
from daybreak.domain.window import Window, runs_overnight, windows_of

NOTHING_YET = History()


def day_plan(
    person: PersonInput, policies: Sequence[PolicyInput], day: date, history: History = NOTHING_YET
) -> DayPlan:
    """The occurrences of a local date, kept and dropped alike, in order of time.

    Pure: equal arguments give equal plans. Rules are taken as valid. Source: behaviour, sections 2 and 3.
    """
    windows = windows_of(day, person.zone, person.week, person.quiet_blocks, person.days_off)
    terms = [Terms(person, policy, day) for policy in policies if policy.chosen]
    terms.sort(key=lambda one: one.rank)
    sent = [one for one in history.sent if one.local_date == day]
    slots = _slots(terms, person, windows, history)
    loose = _match(slots, sent, person.zone) if sent else []
    if windows and windows[-1].end_at - windows[0].start_at > DAY:
        _drop_repeated_times(slots, person.zone)
    choose(slots, person, history, terms, _limit(terms, person) - len(sent))
    missed = missed_in_a_row(sent)
    return DayPlan(
        local_date=day,
        zone=person.zone,
        occurrences=tuple(_occurrences([*slots, *loose], person.zone, missed)),
        windows=tuple(window for window in windows if window.start_at < window.end_at),
        backed_off=any(has_backed_off(one.policy.rules, missed) for one in terms),
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
        for one in day_plan(person, policies, first + offset * DAY, history).occurrences:
            if one.kept and not one.sent and one.due_at > after_at:
                return one
    return None


def _slots(
    terms: Sequence[Terms], person: PersonInput, windows: Sequence[Window], history: History
) -> list[Slot]:
    hold = hold_of(person.busy)
    slots: list[Slot] = []
    for one in terms:
        policy = one.policy
        anchors: list[datetime] = []
        if policy.rules.rhythm is Rhythm.PERSONAL:
            own = (sent.due_at for sent in history.sent if sent.policy_id == policy.policy_id)
            anchors = sorted((*history.breaks, *own))
        for slot in slots_of(one, person, windows, anchors, hold):
            if policy.in_force_from_at is not None and slot.due_at < policy.in_force_from_at:
                slot.reason = slot.reason or Reason.INACTIVE
            slots.append(slot)
    return slots


def _match(slots: Sequence[Slot], sent: Sequence[SentPrompt], zone: ZoneInfo) -> list[SentPrompt]:
    """Lets slots stand for the prompts that were sent for them; returns the prompts without a slot."""
    loose = {(one.policy_id, one.local_time, one.fold): one for one in sent}
    for slot in slots:
        local = slot.at.astimezone(zone)
        slot.sent = loose.pop((slot.terms.policy.policy_id, local.time(), local.fold), None)
        if slot.sent is not None:
            slot.due_at, slot.reason = slot.sent.due_at, None
    return list(loose.values())


def _drop_repeated_times(slots: Sequence[Slot], zone: ZoneInfo) -> None:
    """A date whose ranges span more than a day shows a time of day twice: it fires the first time only."""
    seen = set()
    for slot in slots:
        if slot.reason is None:
            local = slot.at.astimezone(zone)
            identity = slot.terms.policy.policy_id, local.time(), local.fold
            if identity in seen and slot.sent is None:
                slot.reason = Reason.MERGED
            seen.add(identity)


def _limit(terms: Sequence[Terms], person: PersonInput) -> int:
    """How many a date allows: the largest of its policies' limits, or less where the person asked for it."""
    limit = max((one.limit for one in terms if one.reason is None), default=0)
    return limit if person.max_prompts_per_day is None else min(limit, person.max_prompts_per_day)


def _occurrences(entries: list[Slot | SentPrompt], zone: ZoneInfo, missed: int) -> Iterator[Occurrence]:
    """In order of time; the kept ones are counted through, which decides what is pushed."""
    position = 0
    for entry in sorted(entries, key=lambda one: one.due_at):
        if isinstance(entry, SentPrompt):
            position += 1
            yield _loose_occurrence(entry, zone)
            continue
        reason, pushed = entry.reason, False
        if reason is None:
            position += 1
            rules = entry.terms.policy.rules
            pushed = entry.sent.pushed if entry.sent else is_turn(rules, position)
            if pushed and not entry.sent and has_backed_off(rules, missed):
                reason, pushed = Reason.BACKED_OFF, False
        yield _occurrence(entry, zone, reason, pushed)


def _occurrence(slot: Slot, zone: ZoneInfo, reason: Reason | None, pushed: bool) -> Occurrence:
    local = slot.due_at.astimezone(zone)
    wall = local if slot.at == slot.due_at else slot.at.astimezone(zone)
    policy, window = slot.terms.policy, slot.window
    return Occurrence(
        due_at=slot.due_at,
        local=local,
        occurrence_at=slot.at,
        local_date=window.local_date,
        local_time=wall.time(),
        fold=wall.fold,
        policy_id=policy.policy_id,
        team_id=policy.team_id,
        window_start_at=window.start_at,
        window_end_at=window.end_at,
        k=slot.k,
        kept=slot.reason is None,
        reason=reason,
        pushed=pushed,
        sent=slot.sent is not None,
    )


def _loose_occurrence(sent: SentPrompt, zone: ZoneInfo) -> Occurrence:
    return Occurrence(
        due_at=sent.due_at,
        local=sent.due_at.astimezone(zone),
        occurrence_at=sent.due_at,
        local_date=sent.local_date,
        local_time=sent.local_time,
        fold=sent.fold,
        policy_id=sent.policy_id,
        team_id=sent.team_id,
        window_start_at=sent.window_start_at or sent.due_at,
        window_end_at=sent.window_end_at or sent.due_at,
        k=0,
        kept=True,
        reason=None,
        pushed=sent.pushed,
        sent=True,
    )
