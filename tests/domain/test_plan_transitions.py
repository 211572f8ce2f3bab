"""The plan on the dates around clock changes, against the oracle: every IANA zone, 2024 to 2037.

The suite takes one change of each zone that has any; EVERY_TRANSITION=1 takes all of them (some minutes).
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

from daybreak.domain.occurrence import History, PersonInput
from daybreak.domain.plan import day_plan
from daybreak.domain.rhythm import Rhythm
from daybreak.domain.working import QuietBlock, Range, Week
from tests.domain import oracle
from tests.domain.ordinary import policy, rules
from tests.domain.worlds import World, world

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST_AT, LAST_AT = datetime(2024, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
ALL = os.environ.get("EVERY_TRANSITION") == "1"


def transitions(zone: ZoneInfo) -> Iterator[datetime]:
    """The instants of the years in question from which a zone's offset is another one."""
    at = FIRST_AT
    while at < LAST_AT:
        after = at + DAY
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = at, after
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                if middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            yield high
        at = after


def at_work_around(at: datetime, zone: ZoneInfo, random: Random) -> tuple[PersonInput, Rhythm]:
    """Somebody who works through the change, with a quiet block that may begin or end in the hour it skips
    or repeats."""
    wall = at.astimezone(zone)
    hours = {(wall.hour + shift) % 24 for shift in (-4, 5)}
    start, end = min(hours), max(hours)
    ranges = (Range(time(start), time(end)),)
    if random.random() < 0.5:
        ranges = (Range(time(end), time(start)),)  # overnight
    if random.random() < 0.2:
        ranges = (Range(time(0), time(0)),)
    minute = (wall.hour * 60 + wall.minute + random.randrange(-90, 91)) % 1440
    block = Range(time(*divmod(minute, 60)), time(*divmod((minute + random.choice((7, 30, 60))) % 1440, 60)))
    blocks = (QuietBlock(frozenset(range(1, 8)), block),) if random.random() < 0.7 else ()
    person = PersonInput(random.randrange(1, 50), zone, Week((ranges,) * 7), blocks)
    return person, random.choice(list(Rhythm))


def case(at: datetime, zone: ZoneInfo, day: date, random: Random) -> World:
    """Half of the worlds have work around the change, half are whatever the random worlds have."""
    if random.random() < 0.5:
        return world(random, zone, day)
    person, rhythm = at_work_around(at, zone, random)
    interval = random.choice((15, 20, 30, 45, 60))
    wanted = rules(
        interval_min=interval, interval_max=interval + random.choice((0, 9)), rhythm=rhythm, min_gap=5
    )
    joined_on = day - 100 * DAY
    return World(person, [policy(rules=replace(wanted, tail_guard=0), joined_on=joined_on)], day, History())


def test_every_clock_change_is_planned_as_the_oracle_says() -> None:
    count: Counter[str] = Counter()
    for key in sorted(available_timezones()):
        zone, random = ZoneInfo(key), Random(key)
        changes = list(transitions(zone))
        count["zones"] += 1
        count["zones that change"] += bool(changes)
        for at in changes if ALL else random.sample(changes, min(1, len(changes))):
            count["transitions"] += 1
            around = at.astimezone(zone).date()
            for day in (around - DAY, around, around + DAY) if ALL else (around,):
                person, policies, day, history = case(at, zone, day, random)
                plan = day_plan(person, policies, day, history)
                _, kept = oracle.plan(person, policies, day, history)
                got = [(one.due_at, one.policy_id, one.pushed, one.sent) for one in plan.kept]
                assert got == kept, (key, at, person, policies, day, history)
                assert [(w.start_at, w.end_at) for w in plan.windows] == oracle.windows(person, day)
                count.update(["plans"], kept=len(kept))
    assert count["zones that change"] > 100
    print("\ncases tried:", dict(count))  # noqa: T201
