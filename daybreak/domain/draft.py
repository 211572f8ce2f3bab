"""A draft: a date's slots after all rules, from which the plan writes its occurrences out."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from daybreak.domain.choosing import choose, hold_of
from daybreak.domain.occurrence import History, Occurrence, PersonInput, PolicyInput, SentPrompt
from daybreak.domain.pushing import has_backed_off, is_turn, missed_in_a_row
from daybreak.domain.reason import Reason
from daybreak.domain.rhythm import Rhythm
from daybreak.domain.slots import Slot, Terms, slots_of
from daybreak.domain.time import DAY
from daybreak.domain.window import Window, windows_of


class Draft:
    """A day's plan before its occurrences are written out: slots, and sent prompts without one."""

    def __init__(
        self, person: PersonInput, policies: Sequence[PolicyInput], day: date, history: History
    ) -> None:
        self.zone = person.zone
        self.windows = windows_of(day, person.zone, person.week, person.quiet_blocks, person.days_off)
        self.terms = [Terms(person, policy, day) for policy in policies if policy.chosen]
        self.terms.sort(key=lambda one: one.rank)
        sent = [one for one in history.sent if one.local_date == day]
        self.missed = missed_in_a_row(sent)
        slots = _slots(self.terms, person, self.windows, history)
        loose = _match(slots, sent, person.zone) if sent else []
        if self.windows and self.windows[-1].end_at - self.windows[0].start_at > DAY:
            _drop_repeated_times(slots, person.zone)
        used = [one.due_at for one in sent if not one.lost]
        choose(slots, person, history, self.terms, _limit(self.terms, person), used)
        self._entries: list[Slot | SentPrompt] = [*slots, *loose]
        self._entries.sort(key=lambda one: one.due_at)

    def counted(self) -> Iterator[tuple[Slot | SentPrompt, int]]:
        """In order of time, each with the number of kept ones up to it, which decides what is pushed."""
        position = 0
        for entry in self._entries:
            sent = entry if isinstance(entry, SentPrompt) else entry.sent
            position += not sent.lost if sent else isinstance(entry, Slot) and entry.reason is None
            yield entry, position

    def occurrence(self, entry: Slot | SentPrompt, position: int) -> Occurrence:
        """Writes one out."""
        if isinstance(entry, SentPrompt):
            return _loose_occurrence(entry, self.zone)
        reason, pushed = entry.reason, False
        if entry.sent is not None:
            pushed, reason = entry.sent.pushed, Reason.OUTAGE if entry.sent.lost else None
        elif reason is None and is_turn(entry.terms.policy.rules, position):
            pushed = not has_backed_off(entry.terms.policy.rules, self.missed)
            reason = None if pushed else Reason.BACKED_OFF
        return _occurrence(entry, self.zone, reason, pushed)


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
        if not loose:
            break
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
        kept=slot.reason is None and not (slot.sent and slot.sent.lost),
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
        kept=not sent.lost,
        reason=Reason.OUTAGE if sent.lost else None,
        pushed=sent.pushed,
        sent=True,
    )
