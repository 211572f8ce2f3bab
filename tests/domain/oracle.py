"""A slow plan that is obviously right: it walks every minute and looks at everything. It shares no code.

Only the frozen inputs are the domain's. Everything in it happens on whole minutes, so must its inputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from daybreak.domain.occurrence import History, PersonInput, PolicyInput, SentPrompt
from daybreak.domain.working import Range

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass
class Moment:
    """One occurrence as the oracle sees it."""

    at: datetime
    due: datetime
    policy: PolicyInput
    start: datetime
    end: datetime
    reason: str = ""
    sent: SentPrompt | None = None
    pushed: bool = False


@lru_cache(4096)
def first_showing(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first minute at which clocks show a wall time; in a gap, as long after the last one before it."""
    wanted = datetime.combine(day, wall)
    for back in range(24 * 60):
        shown = wanted - back * MINUTE
        at = (shown - timedelta(hours=16)).replace(tzinfo=UTC)
        guess = at + (shown - at.astimezone(zone).replace(tzinfo=None))  # within a clock change of the truth
        for minutes in range(-180, 181):
            near = guess + minutes * MINUTE
            if near.astimezone(zone).replace(tzinfo=None) == shown:
                return near + back * MINUTE
    raise AssertionError(f"No clock ever shows {wanted}")


@lru_cache(4096)
def minutes_of(day: date, one: Range, zone: ZoneInfo) -> frozenset[datetime]:
    """Every minute of a range that starts on a date."""
    at = first_showing(day, one.start, zone)
    end = first_showing(day if one.end > one.start else day + DAY, one.end, zone)
    minutes = set()
    while at < end:
        minutes.add(at)
        at += MINUTE
    return frozenset(minutes)


def windows(person: PersonInput, day: date) -> list[tuple[datetime, datetime]]:
    """The windows of a date, as runs of minutes that nothing has taken away."""
    taken: set[datetime] = set()
    if not any(off.half is None and off.first_date <= day - DAY <= off.last_date for off in person.days_off):
        for one in person.week.days[(day - DAY).weekday()]:
            taken |= minutes_of(day - DAY, one, person.zone)
    quiet: set[datetime] = set()
    for block in person.quiet_blocks:
        for start in (day - DAY, day, day + DAY):
            if start.isoweekday() in block.weekdays:
                quiet |= minutes_of(start, block.range, person.zone)
    noon = first_showing(day, time(12), person.zone)
    halves = {str(off.half) for off in person.days_off if off.half and off.first_date <= day <= off.last_date}
    runs: list[tuple[datetime, datetime]] = []
    for one in sorted(
        person.week.days[day.weekday()], key=lambda r: first_showing(day, r.start, person.zone)
    ):
        own = minutes_of(day, one, person.zone) - taken
        taken |= own
        free = {
            m for m in own - quiet if not ("am" in halves and m < noon) and not ("pm" in halves and m >= noon)
        }
        run: list[datetime] = []
        for minute in sorted(free):
            if run and minute != run[-1] + MINUTE:
                runs.append((run[0], run[-1] + MINUTE))
                run = []
            run.append(minute)
        if run:
            runs.append((run[0], run[-1] + MINUTE))
    return runs


def hashed(text: str) -> int:
    """The documented draw."""
    return int(sha256(text.encode()).hexdigest()[:16], 16)


def ramp(policy: PolicyInput, day: date) -> tuple[int, int, int]:
    """Interval from and to, and the limit of a date."""
    rules = policy.rules
    found = rules.interval_min, rules.interval_max, rules.max_prompts_per_day
    for step in rules.ramp:
        joined = policy.joined_on or day
        if step.week == 1 or joined + (step.week - 1) * timedelta(weeks=1) <= day:
            found = step.interval, step.interval, step.max_prompts_per_day
    return found


def hold(at: datetime, person: PersonInput) -> datetime:
    """When an occurrence is due that may fall into busy time."""

    def busy(minute: datetime) -> bool:
        return any(b.end_at and b.start_at <= minute < b.end_at for b in person.busy)

    while busy(at):
        while busy(at):
            at += MINUTE
        at += 2 * MINUTE
    return at


def moments(person: PersonInput, policy: PolicyInput, day: date, history: History) -> Iterator[Moment]:
    """What one policy would like, with the reasons it can know by itself."""
    rules = policy.rules
    low, high, _ = ramp(policy, day)
    offset = 0
    if rules.spread:
        offset = hashed(f"spread|{policy.policy_id}|{person.person_id}") % (rules.spread + 1)
    restarts = {*history.breaks, *(s.due_at for s in history.sent if s.policy_id == policy.policy_id)}
    reason = ""
    off = any(o.half is None and o.first_date <= day <= o.last_date for o in person.days_off)
    for holds, name in (
        (rules.active_from is not None and day < rules.active_from, "inactive"),
        (rules.active_until is not None and day > rules.active_until, "inactive"),
        (policy.joined_on is None, "not_accepted"),
        (not person.prompts_on or (rules.opt_in and not policy.opted_in), "opted_out"),
        (off, "day_off"),
        (day in policy.holidays, "holiday"),
        (day in policy.quiet_days, "quiet"),
    ):
        if holds and not reason:
            reason = name
    for start, end in windows(person, day):
        wall = f"{start.astimezone(person.zone):%H:%M}"
        k, last, minute = 1, start + offset * MINUTE, start
        while minute <= end:
            key = f"gap|{policy.policy_id}|{person.person_id}|{day.isoformat()}|{wall}|{k}"
            gap = low + hashed(key) % (high - low + 1)
            if rules.rhythm == "personal":
                gap *= person.every_nth
            if minute - last == gap * MINUTE:
                one = Moment(minute, hold(minute, person), policy, start, end, reason)
                if not reason and minute + rules.tail_guard * MINUTE > end:
                    one.reason = "tail"
                elif not reason and rules.rhythm == "together" and k % person.every_nth:
                    one.reason = "opted_out"
                elif not reason and policy.in_force_from_at and one.due < policy.in_force_from_at:
                    one.reason = "inactive"
                yield one
                k += 1
                last = one.due if rules.rhythm == "personal" else minute
            if rules.rhythm == "personal" and minute in restarts:
                last = max(last, minute)
            minute += MINUTE


def plan(
    person: PersonInput, policies: list[PolicyInput], day: date, history: History
) -> tuple[list[Moment], list[tuple[datetime, int, bool, bool]]]:
    """All moments inside windows, and the kept ones as (due, policy id, pushed, sent) in order of time."""
    chosen = [p for p in policies if p.chosen]
    gap = {p.policy_id: p.rules.min_gap * MINUTE for p in chosen}
    everything = [m for p in chosen for m in moments(person, p, day, history)]
    sent_today = [s for s in history.sent if s.local_date == day]
    for m in everything:
        wall = m.at.astimezone(person.zone)
        for s in sent_today:
            same = (s.policy_id, s.local_time, s.fold) == (m.policy.policy_id, wall.time(), wall.fold)
            if same and not any(other.sent is s for other in everything):
                m.sent, m.reason = s, "outage" if s.lost else ""

    for index, m in enumerate(everything):
        wall = m.at.astimezone(person.zone)
        for before in everything[:index]:
            then = before.at.astimezone(person.zone)
            same = before.policy is m.policy and (then.time(), then.fold) == (wall.time(), wall.fold)
            if same and (before.sent or not before.reason) and not m.reason and not m.sent:
                m.reason = "merged"  # nothing of a local date fires twice

    def live() -> list[Moment]:
        return [m for m in everything if not m.reason and not m.sent]

    def rank(m: Moment) -> tuple[int, datetime, int, datetime]:
        return -m.policy.rules.break_seconds, m.policy.created_at, m.policy.policy_id, m.at

    def near(m: Moment, at: datetime, other_gap: timedelta) -> bool:
        return abs(m.due - at) < max(gap[m.policy.policy_id], other_gap)

    for m in live():
        if any(
            p.start_at <= at and (p.end_at is None or at < p.end_at)
            for p in person.pauses
            for at in (m.at, m.due)
        ):
            m.reason = "paused"
    for m in live():
        if any(near(m, s.due_at, gap.get(s.policy_id, timedelta())) for s in history.sent):
            m.reason = "min_gap"
    accepted: list[Moment] = []
    for m in sorted(live(), key=rank):
        gaps = [max(gap[m.policy.policy_id], gap[a.policy.policy_id]) for a in accepted]
        if any(abs(m.at - a.at) < g for a, g in zip(accepted, gaps, strict=True)):
            m.reason = "merged"
        else:
            accepted.append(m)
    for m in live():
        own = gap[m.policy.policy_id]
        nudges = [
            (s.snoozed_until_at, gap.get(s.policy_id, timedelta()))
            for s in history.sent
            if s.snoozed_until_at and s.standing in ("open", "missed", "undelivered")
        ]
        if any(b <= at < b + own for b in history.breaks for at in (m.at, m.due)):
            m.reason = "break_taken"
        elif any(near(m, at, other) for at, other in nudges):
            m.reason = "snoozed"
    for due in sorted({m.due for m in live() if m.due != m.at}, reverse=True):
        first, *rest = sorted((m for m in live() if m.due == due != m.at), key=rank)
        for m in rest:
            m.reason = "busy"
        others = [o for o in live() if o is not first and (o.due == o.at or o.due > due)]
        if due >= first.end or any(near(first, o.due, gap[o.policy.policy_id]) for o in others):
            first.reason = "busy"
    limit = max((ramp(p, day)[2] for p in chosen if in_play(person, p, day)), default=0)
    if person.max_prompts_per_day is not None:
        limit = min(limit, person.max_prompts_per_day)
    if history.now_at is not None:
        past = sorted((m for m in live() if m.due <= history.now_at), key=lambda m: (m.due, rank(m)))
        for m in past:
            if m is not past[-1] or m.due + m.policy.rules.expiry < history.now_at:
                so_far = sum(not s.lost and s.due_at < m.due for s in sent_today)
                m.reason = "outage" if so_far < limit else "daily_limit"
    for index, m in enumerate(sorted(live(), key=lambda m: (m.due, rank(m)))):
        if sum(not s.lost for s in sent_today) + index >= limit:
            m.reason = "daily_limit"
    return everything, list(kept(live(), sent_today))


def in_play(person: PersonInput, policy: PolicyInput, day: date) -> bool:
    """Whether nothing drops all of a policy's occurrences of a date."""
    rules = policy.rules
    return (
        policy.joined_on is not None
        and person.prompts_on
        and (policy.opted_in or not rules.opt_in)
        and (rules.active_from or day) <= day <= (rules.active_until or day)
        and not any(o.half is None and o.first_date <= day <= o.last_date for o in person.days_off)
        and day not in policy.holidays
        and day not in policy.quiet_days
    )


def kept(live: list[Moment], sent: list[SentPrompt]) -> Iterator[tuple[datetime, int, bool, bool]]:
    """Kept moments and sent prompts counted through, to say which are pushed."""
    standings = "".join(
        {"missed": "m", "done": "x", "late": "x", "skipped": "x"}.get(s.standing, "")
        for s in sorted(sent, key=lambda s: s.due_at)
        if s.pushed
    )
    both: list[Moment | SentPrompt] = [*live, *(s for s in sent if not s.lost)]
    both.sort(key=lambda one: one.due if isinstance(one, Moment) else one.due_at)
    for position, one in enumerate(both, 1):
        if isinstance(one, SentPrompt):
            yield one.due_at, one.policy_id, one.pushed, True
        else:
            n, limit = one.policy.rules.push_every, one.policy.rules.backoff_after_ignored
            off = limit > 0 and "m" * limit in standings
            yield one.due, one.policy.policy_id, n > 0 and position % n == 0 and not off, False
