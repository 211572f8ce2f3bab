"""Random weeks, zones, dates, policies and histories for the plan, all on whole minutes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from daybreak.domain.occurrence import History, Occurrence, PersonInput, PolicyInput, SentPrompt, Span
from daybreak.domain.plan import day_plan
from daybreak.domain.rhythm import PolicyRules, RampStep, Rhythm
from daybreak.domain.working import DayOff, Half, QuietBlock, Range, Week

ZONES = (
    *("Europe/Lisbon", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/St_Johns"),
    *("America/Santiago", "Asia/Tokyo", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"),
    *("Africa/Cairo", "Africa/Casablanca", "Antarctica/Troll", "UTC"),
)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WORKDAY = (Range(time(9), time(12)), Range(time(13), time(17)))
STANDINGS = ("open", "done", "missed", "missed", "missed", "late", "skipped", "cancelled", "undelivered")


class World(NamedTuple):
    """What a plan takes."""

    person: PersonInput
    policies: list[PolicyInput]
    day: date
    history: History


@cache
def changes(key: str) -> tuple[date, ...]:
    """The dates from 2024 to 2037 around which a zone's clocks change; any date for a zone that has none."""
    zone, found = ZoneInfo(key), []
    day = date(2024, 1, 1)
    while day.year < 2038:
        noon = datetime.combine(day, time(12), zone)
        if noon.utcoffset() != (noon + DAY).utcoffset():
            found += [day, day + DAY, day + 2 * DAY]
        day += DAY
    return tuple(found) or (date(2026, 3, 10),)


def world(random: Random, zone: ZoneInfo | None = None, day: date | None = None) -> World:
    """A world: most are ordinary, and everything that can be strange is so in some."""
    zone = zone or ZoneInfo(random.choice(ZONES))
    day = day or (
        random.choice(changes(zone.key))
        if random.random() < 0.5
        else date(2024, 1, 2) + random.randrange(5000) * DAY
    )
    midnight = datetime.combine(day, time.min, zone).astimezone(UTC)
    person = _person(random, zone, day, midnight)
    policies = [
        PolicyInput(
            policy_id=number,
            team_id=1,
            created_at=datetime(2024, 1, random.randint(1, 2), tzinfo=UTC),
            rules=_rules(random),
            joined_on=random.choice([day - 400 * DAY] * 8 + [day, day - 8 * DAY, day - 14 * DAY, None]),
            chosen=random.random() < 0.9,
            opted_in=random.random() < 0.8,
            in_force_from_at=_moment(random, midnight) if random.random() < 0.1 else None,
            quiet_days=frozenset({day}) if random.random() < 0.05 else frozenset(),
            holidays={day: "Liberty"} if random.random() < 0.05 else {},
        )
        for number in range(1, random.choice((1, 1, 2, 3)) + 1)
    ]
    if random.random() < 0.4:
        return World(person, policies, day, History())
    history = _history(random, day_plan(person, policies, day).kept, midnight)
    if random.random() < 0.2:  # a change of zone in the middle of the day
        person = replace(person, zone=ZoneInfo(random.choice(ZONES)))
    if random.random() < 0.2:  # a change of policy in the middle of the day
        policies = [replace(one, rules=_rules(random)) for one in policies]
    return World(person, policies, day, history)


def _moment(random: Random, midnight: datetime) -> datetime:
    return midnight + random.choice((random.randint(480, 1080), random.randint(-300, 2000))) * MINUTE


def _range(random: Random) -> Range:
    start, end = (time(random.randrange(24), random.choice((0, 0, 0, 30, 15, 7))) for _ in range(2))
    return Range(start, end)


def _spans(random: Random, midnight: datetime, most: int) -> tuple[Span, ...]:
    starts = [_moment(random, midnight) for _ in range(random.randint(0, most))]
    return tuple(Span(at, at + random.randint(1, 150) * MINUTE) for at in starts)


def _week(random: Random) -> Week:
    ordinary = random.random() < 0.6
    days = [WORKDAY if ordinary else [_range(random) for _ in range(random.randrange(4))] for _ in range(7)]
    return Week(tuple(tuple(sorted(one, key=lambda r: r.minutes)) for one in days))


def _person(random: Random, zone: ZoneInfo, day: date, midnight: datetime) -> PersonInput:
    off = day + random.randint(-1, 1) * DAY
    half = random.choice((Half.AM, Half.PM, Half.AM, Half.PM, None))
    blocks = (QuietBlock(frozenset(random.sample(range(1, 8), 5)), _range(random)) for _ in range(2))
    pauses = _spans(random, midnight, 1) if random.random() < 0.2 else ()
    if pauses and random.random() < 0.3:
        pauses = (Span(pauses[0].start_at, None),)
    return PersonInput(
        person_id=random.randint(1, 50),
        zone=zone,
        week=_week(random),
        quiet_blocks=tuple(blocks)[: random.choice((0, 0, 1, 2))],
        days_off=(DayOff(off, off, half),) if random.random() < 0.2 else (),
        pauses=pauses,
        busy=_spans(random, midnight, 4) if random.random() < 0.5 else (),
        prompts_on=random.random() < 0.97,
        every_nth=random.choice((1, 1, 1, 1, 2, 3)),
        max_prompts_per_day=random.choice((None, None, None, 2, 5)),
    )


def _rules(random: Random) -> PolicyRules:
    low = random.choice((5, 12, 20, 30, 40, 45, 60, 60, 90, 120))
    ramp = (RampStep(1, 120, 3), RampStep(2, 90, 5), RampStep(3, max(low, 30), 8))
    return PolicyRules(
        name="Any",
        interval_min=low,
        interval_max=low + random.choice((0, 0, 7, 20)),
        break_seconds=random.choice((30, 60, 60, 120)),
        response_window=1,
        max_prompts_per_day=random.choice((100, 100, 8, 3)),
        channels=("web",),
        rhythm=random.choice(list(Rhythm)),
        tail_guard=random.choice((0, 10, 25)),
        min_gap=random.randint(1, min(low, 30)),
        spread=random.choice((0, 0, 15)),
        push_every=random.randint(0, 3),
        backoff_after_ignored=random.randint(0, 3),
        opt_in=random.random() < 0.1,
        ramp=ramp if random.random() < 0.2 else (),
    )


def _history(random: Random, preview: tuple[Occurrence, ...], midnight: datetime) -> History:
    until = _moment(random, midnight)
    sent = tuple(
        SentPrompt(
            policy_id=one.policy_id,
            local_date=one.local_date,
            local_time=one.local_time,
            fold=one.fold,
            due_at=one.due_at,
            standing=(standing := random.choice(STANDINGS)),
            lost=standing == "undelivered" and random.random() < 0.5,
            pushed=random.random() < 0.8,
            snoozed_until_at=one.due_at + random.choice((15, 40)) * MINUTE if random.random() < 0.2 else None,
        )
        for one in preview
        if one.due_at <= until and random.random() < 0.8
    )
    breaks = tuple(_moment(random, midnight) for _ in range(random.randrange(4)))
    return History(sent, breaks, random.choice((until, None)))
