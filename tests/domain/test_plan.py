"""The plan, rule by rule: rhythm, merging, limits, ramps, clocks that change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daybreak.domain.occurrence import History, PersonInput, Span
from daybreak.domain.rhythm import RampStep, Rhythm
from daybreak.domain.slots import draw, spread_of
from daybreak.domain.working import DayOff, Range, Week
from tests.domain.ordinary import (
    ANA,
    DAY,
    LISBON,
    MINUTE,
    TUESDAY,
    at,
    dropped,
    kept,
    plan,
    policy,
    rules,
)


def test_together_counts_from_each_windows_start() -> None:
    occurrences = plan()
    assert kept(occurrences) == ["10:00", "11:00", "14:00", "15:00", "16:00"]
    assert dropped(occurrences) == {"12:00": "tail", "17:00": "tail"}
    assert [one.k for one in occurrences] == [1, 2, 3, 1, 2, 3, 4]


def test_an_occurrence_carries_its_identity_and_window() -> None:
    first = plan(replace(ANA, zone=ZoneInfo("Asia/Tokyo")))[0]
    assert first.identity == (1, TUESDAY, time(10), 0)
    assert first.due_at == first.occurrence_at == at("01:00")
    assert first.local.isoformat() == "2026-03-10T10:00:00+09:00"
    assert (first.window_start_at, first.window_end_at) == (at("00:00"), at("03:00"))
    assert (first.team_id, first.kept, first.reason, first.sent) == (1, True, None, False)


def test_slots_in_a_quiet_block_are_named() -> None:
    assert dropped(plan(ANA, policy(rules=rules(interval_min=40, interval_max=40)))) == {
        "12:20": "quiet",
        "17:00": "tail",
    }


def test_a_window_too_short_says_so() -> None:
    short = Week(((Range(time(9), time(9, 45)), Range(time(14), time(14, 30))),) * 7)
    assert dropped(plan(replace(ANA, week=short))) == {"10:00": "outside_hours", "15:00": "outside_hours"}


@pytest.mark.parametrize(
    ("person", "fields", "reason"),
    [
        ({"days_off": (DayOff(TUESDAY, TUESDAY),)}, {}, "day_off"),
        ({}, {"holidays": {TUESDAY: "Liberty"}}, "holiday"),
        ({}, {"quiet_days": frozenset({TUESDAY})}, "quiet"),
        ({}, {"joined_on": None}, "not_accepted"),
        ({"prompts_on": False}, {}, "opted_out"),
        ({}, {"rules": rules(opt_in=True), "opted_in": False}, "opted_out"),
        ({}, {"rules": rules(active_from=TUESDAY + DAY)}, "inactive"),
        ({}, {"rules": rules(active_until=TUESDAY - DAY)}, "inactive"),
        ({}, {"in_force_from_at": at("20:00")}, "inactive"),
        ({"pauses": (Span(at("08:00")),)}, {}, "paused"),
    ],
)
def test_a_whole_day_is_dropped_with_its_reason(
    person: dict[str, Any], fields: dict[str, Any], reason: str
) -> None:
    one = policy(**fields)
    occurrences = plan(replace(ANA, **person), one)
    assert kept(occurrences) == []
    assert [str(o.reason) for o in occurrences if f"{o.local_time:%H:%M}" not in ("12:00", "17:00")] == [
        reason
    ] * 5
    limits = replace(one, rules=replace(one.rules, active_from=TUESDAY, active_until=TUESDAY, opt_in=False))
    assert kept(
        plan(
            ANA,
            replace(limits, joined_on=TUESDAY, holidays={}, quiet_days=frozenset(), in_force_from_at=None),
        )
    )


def test_a_policy_for_others_yields_nothing() -> None:
    assert plan(ANA, policy(chosen=False)) == ()


def test_a_pause_ends_by_itself() -> None:
    occurrences = plan(replace(ANA, pauses=(Span(at("10:00"), at("14:00")),)))
    assert kept(occurrences) == ["14:00", "15:00", "16:00"]
    assert dropped(occurrences)["10:00"] == "paused"


def test_personal_counts_from_the_last_break_or_occurrence() -> None:
    personal = policy(rules=rules(rhythm=Rhythm.PERSONAL))
    assert kept(plan(ANA, personal)) == ["10:00", "11:00", "14:00", "15:00", "16:00"]
    history = History(breaks=(at("09:20"), at("09:30:20"), at("14:05")))
    assert kept(plan(ANA, personal, history=history)) == ["10:31", "11:31", "14:00", "15:05", "16:05"]
    before = History(breaks=(at("08:50"),))
    assert kept(plan(ANA, personal, history=before))[0] == "10:00"


def test_drawn_gaps_depend_on_what_is_documented() -> None:
    drawn = policy(rules=rules(interval_min=30, interval_max=50))
    gap = 30 + draw("gap", 1, 7, "2026-03-10", "09:00", 1) % 21
    assert plan(ANA, drawn)[0].due_at == at("09:00") + gap * MINUTE
    assert draw("gap", 1, 7, "2026-03-10", "09:00", 1) == 9449119721880664593  # the same on every machine
    starts = {plan(replace(ANA, person_id=person), drawn)[0].due_at for person in range(1, 100)}
    assert min(starts) == at("09:30")
    assert max(starts) == at("09:50")


def test_a_spread_shifts_a_persons_whole_clock() -> None:
    spread = policy(rules=rules(spread=15))
    offset = spread_of(spread, 7)
    assert [one.due_at - offset * MINUTE for one in plan(ANA, spread)[:2]] == [at("10:00"), at("11:00")]
    assert {spread_of(spread, person) for person in range(1, 400)} == set(range(16))


def test_longer_breaks_win_then_older_policies() -> None:
    short = policy(1, rules(break_seconds=60, interval_min=30, interval_max=30, min_gap=10))
    long = policy(2, rules(break_seconds=300, min_gap=31))
    assert kept(plan(ANA, short, long)) == ["10:00", "11:00", "14:00", "15:00", "16:00"]
    assert {one.policy_id for one in plan(ANA, short, long) if one.kept} == {2}
    newer = policy(3, rules(), created_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert {one.policy_id for one in plan(ANA, newer, policy(4)) if one.kept} == {4}
    assert {str(one.reason) for one in plan(ANA, newer, policy(4)) if one.policy_id == 3} == {
        "merged",
        "tail",
    }


def test_policies_that_keep_apart_are_both_kept() -> None:
    other = policy(2, rules(interval_min=45, interval_max=45, min_gap=15))
    assert kept(plan(ANA, policy(), other)) == [
        *(
            "09:45",
            "10:00",
            "10:30",
            "11:00",
            "11:15",
            "13:45",
            "14:00",
            "14:30",
            "15:00",
            "15:15",
            "16:00",
            "16:45",
        )
    ]


def test_the_limit_comes_last_and_is_the_largest() -> None:
    limited, other = policy(1, rules(max_prompts_per_day=2)), policy(2, rules(max_prompts_per_day=3))
    assert kept(plan(ANA, limited)) == ["10:00", "11:00"]
    assert kept(plan(ANA, limited, other)) == ["10:00", "11:00", "14:00"]
    assert kept(plan(replace(ANA, max_prompts_per_day=1), limited, other)) == ["10:00"]
    history = History(breaks=(at("09:59"),))
    assert kept(plan(ANA, limited, history=history)) == ["11:00", "14:00"]  # what a break drops costs nothing


def test_every_nth_is_asked_for_by_the_person() -> None:
    occurrences = plan(replace(ANA, every_nth=2))
    assert kept(occurrences) == ["11:00", "15:00"]
    assert dropped(occurrences)["10:00"] == "opted_out"
    personal = policy(rules=rules(rhythm=Rhythm.PERSONAL))
    assert kept(plan(replace(ANA, every_nth=2), personal)) == ["11:00", "15:00"]


def test_only_every_nth_kept_prompt_is_pushed() -> None:
    pushed = [one.pushed for one in plan(ANA, policy(rules=rules(push_every=2))) if one.kept]
    assert pushed == [False, True, False, True, False]
    assert not any(one.pushed for one in plan(ANA, policy(rules=rules(push_every=0))))


def test_a_ramp_sets_interval_and_limit_by_week() -> None:
    ramp = policy(rules=rules(ramp=(RampStep(1, 120, 1), RampStep(3, 30, 50))), joined_on=TUESDAY - 13 * DAY)
    assert kept(plan(ANA, ramp)) == ["11:00"]
    assert len(kept(plan(ANA, ramp, day=TUESDAY + DAY))) == 12


def test_an_overnight_window_belongs_to_the_date_it_starts_on() -> None:
    night = replace(ANA, week=Week(((Range(time(22), time(2)),),) * 7), quiet_blocks=())
    occurrences = plan(night)
    assert [f"{one.due_at:%d %H:%M}" for one in occurrences if one.kept] == [
        "10 23:00",
        "11 00:00",
        "11 01:00",
    ]
    assert {one.local_date for one in occurrences} == {TUESDAY}
    off = replace(night, days_off=(DayOff(TUESDAY + DAY, TUESDAY + DAY),))
    assert plan(off) == occurrences


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 29), "Europe/Lisbon", ["00:30+00:00", "02:30+01:00", "03:30+01:00"]),
        (date(2026, 10, 25), "Europe/Lisbon", ["00:30+01:00", "01:30+01:00", "01:30+00:00", "02:30+00:00"]),
        (
            date(2026, 10, 4),
            "Australia/Lord_Howe",
            ["00:30+10:30", "01:30+10:30", "03:00+11:00", "04:00+11:00"],
        ),
        (
            date(2026, 4, 5),
            "Australia/Lord_Howe",
            ["00:30+11:00", "01:30+11:00", "02:00+10:30", "03:00+10:30"],
        ),
    ],
)
def test_an_hour_is_an_hour_while_clocks_change(day: date, zone: str, expected: list[str]) -> None:
    night = PersonInput(7, ZoneInfo(zone), Week(((Range(time(23, 30), time(5)),),) * 7))
    occurrences = [one for one in plan(night, day=day - DAY) if one.kept]
    assert [one.local.isoformat(timespec="minutes")[11:] for one in occurrences][: len(expected)] == expected
    steps = {after.due_at - before.due_at for before, after in pairwise(occurrences)}
    assert steps == {timedelta(hours=1)}
    twice = [one.fold for one in occurrences if one.local_time == time(1, 30)]
    assert twice == ([0, 1] if day.month == 10 and zone == "Europe/Lisbon" else twice[:1])


def test_a_time_of_day_that_a_long_date_shows_twice_fires_once() -> None:
    week = Week(((), (Range(time(0, 30), time(1, 30)), Range(time(22), time(1, 30))), (), (), (), (), ()))
    often = policy(rules=rules(interval_min=30, interval_max=30, tail_guard=0))
    occurrences = plan(PersonInput(7, LISBON, week), often)
    assert [(f"{one.due_at:%d %H:%M}") for one in occurrences if one.reason == "merged"] == [
        "11 01:00",
        "11 01:30",
    ]


def test_rules_that_were_never_validated_do_not_hang() -> None:
    with pytest.raises(ValueError, match="at least a minute"):
        plan(ANA, policy(rules=rules(interval_min=0, interval_max=0)))
