"""The plan, rule by rule, on one ordinary day in Lisbon (in winter, so that walls show UTC)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daybreak.domain.occurrence import History, Occurrence, PersonInput, PolicyInput, SentPrompt, Span
from daybreak.domain.plan import day_plan, next_occurrence
from daybreak.domain.rhythm import PolicyRules, RampStep, Rhythm
from daybreak.domain.slots import draw, spread_of
from daybreak.domain.working import DayOff, QuietBlock, Range, Week

LISBON = ZoneInfo("Europe/Lisbon")
TUESDAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LUNCH = QuietBlock(frozenset(range(1, 8)), Range(time(12), time(13)))
ALL_DAY = Week(((Range(time(9), time(17)),),) * 7)
ANA = PersonInput(7, LISBON, ALL_DAY, (LUNCH,))
HOURLY = PolicyRules("Hourly", 60, 60, 120, 30, 20, ("web",))


def policy(policy_id: int = 1, rules: PolicyRules = HOURLY, **fields: Any) -> PolicyInput:
    """A policy that Ana joined long ago."""
    long_ago = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "joined_on": date(2026, 1, 1)}
    return PolicyInput(policy_id=policy_id, team_id=1, rules=rules, **long_ago | fields)


def rules(**fields: Any) -> PolicyRules:
    return replace(HOURLY, **fields)


def at(clock: str, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), UTC)


def sent(clock: str, standing: str = "done", policy_id: int = 1, **fields: Any) -> SentPrompt:
    return SentPrompt(policy_id, TUESDAY, time.fromisoformat(clock), 0, at(clock), standing, **fields)


def kept(occurrences: Sequence[Occurrence]) -> list[str]:
    """Due times of the kept."""
    return [f"{one.due_at:%H:%M}" for one in occurrences if one.kept]


def plan(
    person: PersonInput = ANA, *policies: PolicyInput, history: History | None = None, day: date = TUESDAY
) -> tuple[Occurrence, ...]:
    return day_plan(person, policies or [policy()], day, history or History()).occurrences


def dropped(occurrences: Sequence[Occurrence]) -> Mapping[str, str]:
    """Reason by local time of the dropped."""
    return {f"{one.local_time:%H:%M}": str(one.reason) for one in occurrences if not one.kept}


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


def test_personal_goes_on_from_a_prompt_that_was_sent_by_other_rules() -> None:
    personal = policy(rules=rules(rhythm=Rhythm.PERSONAL))
    history = History(sent=(sent("09:40"),))
    assert kept(plan(ANA, personal, history=history)) == [
        "09:40",
        "10:40",
        "11:40",
        "14:00",
        "15:00",
        "16:00",
    ]


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


def test_a_break_taken_drops_what_comes_too_soon_after_it() -> None:
    occurrences = plan(history=History(breaks=(at("09:51"), at("10:50"), at("14:00"), at("15:01"))))
    assert kept(occurrences) == ["11:00", "15:00", "16:00"]
    assert dropped(occurrences) == {
        "10:00": "break_taken",
        "12:00": "tail",
        "14:00": "break_taken",
        "17:00": "tail",
    }


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


def test_missed_pushes_in_a_row_end_the_days_pushes() -> None:
    backing_off = policy(rules=rules(backoff_after_ignored=2))
    missed = (sent("10:00", "missed", pushed=True), sent("11:00", "missed", pushed=True))
    later = [one for one in plan(ANA, backing_off, history=History(missed)) if one.kept and not one.sent]
    assert [(one.kept, one.pushed, str(one.reason)) for one in later] == [(True, False, "backed_off")] * 3
    assert day_plan(ANA, [backing_off], TUESDAY, History(missed)).backed_off
    for second in ("done", "late", "skipped"):
        answered = History((missed[0], sent("11:00", second, pushed=True)))
        assert all(one.pushed for one in plan(ANA, backing_off, history=answered) if one.kept)
    unseen = History((missed[0], sent("10:30", "cancelled", pushed=True), missed[1]))
    assert day_plan(ANA, [backing_off], TUESDAY, unseen).backed_off
    never = policy(rules=rules(backoff_after_ignored=0))
    assert not day_plan(ANA, [never], TUESDAY, History(missed)).backed_off


def test_busy_time_holds_one_and_keeps_its_identity() -> None:
    busy = replace(ANA, busy=(Span(at("09:50"), at("10:30")),))
    held = plan(busy)[0]
    assert (held.due_at, held.identity) == (at("10:32"), (1, TUESDAY, time(10), 0))
    assert f"{held.local:%H:%M}" == "10:32"
    assert held.kept


@pytest.mark.parametrize(
    ("spans", "expected", "reasons"),
    [
        ([("09:50", "10:49")], ["11:00", "14:00"], {"10:00": "busy"}),  # due 10:51: too near 11:00
        ([("09:50", "10:48")], ["10:50", "11:00"], {}),
        ([("10:59", "11:57")], ["10:00", "11:59"], {}),
        ([("10:59", "11:58")], ["10:00", "14:00"], {"11:00": "busy"}),  # due 12:00: the window is over
        ([("09:50", "11:10")], ["11:12", "14:00"], {"11:00": "busy"}),  # one of two is held
        ([("09:50", "10:30"), ("10:31", "10:40")], ["10:42", "11:00"], {}),
        ([("10:01", "10:59")], ["10:00", "11:00"], {}),
    ],
)
def test_busy_time_holds_or_drops(
    spans: list[tuple[str, str]], expected: list[str], reasons: dict[str, str]
) -> None:
    occurrences = plan(replace(ANA, busy=tuple(Span(at(start), at(end)) for start, end in spans)))
    assert kept(occurrences)[: len(expected)] == expected
    assert dropped(occurrences) == {"12:00": "tail", "17:00": "tail"} | reasons


def test_sent_prompts_stand_and_keep_others_away() -> None:
    history = History(sent=(sent("10:55"),))
    occurrences = plan(history=history)
    assert kept(occurrences) == ["10:00", "10:55", "14:00", "15:00", "16:00"]
    assert dropped(occurrences)["11:00"] == "min_gap"
    assert [one.sent for one in occurrences if one.kept] == [False, True, False, False, False]


def test_sent_prompts_stand_even_where_nothing_is_due_any_more() -> None:
    history = History(sent=(sent("10:00"),))
    assert kept(plan(replace(ANA, prompts_on=False), history=history)) == ["10:00"]
    assert kept(day_plan(ANA, [], TUESDAY, history).occurrences) == ["10:00"]


def test_nothing_fires_twice_because_a_zone_changed() -> None:
    history = History(sent=(sent("10:00"), sent("11:00")))
    west = replace(ANA, zone=ZoneInfo("Atlantic/Azores"))  # an hour behind: 10:00 there is 11:00 UTC
    assert kept(plan(west, history=history)) == ["10:00", "11:00", "15:00", "16:00", "17:00"]


def test_what_was_sent_counts_towards_the_limit() -> None:
    history = History(sent=(sent("10:55"), sent("11:05")))
    assert kept(plan(ANA, policy(rules=rules(max_prompts_per_day=3)), history=history)) == [
        "10:00",
        "10:55",
        "11:05",
    ]


def test_a_snoozed_nudge_keeps_others_away_until_it_is_answered() -> None:
    snoozed = sent("10:40", "open", snoozed_until_at=at("10:55"))
    occurrences = plan(history=History(sent=(snoozed,)))
    assert dropped(occurrences)["11:00"] == "snoozed"
    answered = History(sent=(replace(snoozed, standing="skipped"),))
    assert "11:00" in kept(plan(history=answered))


def test_after_an_outage_only_the_newest_inside_its_expiry_is_left() -> None:
    assert kept(plan(history=History(now_at=at("11:05"))))[0] == "11:00"
    occurrences = plan(history=History(now_at=at("11:06")))
    assert kept(occurrences) == ["14:00", "15:00", "16:00"]
    assert dropped(occurrences) == {"10:00": "outage", "11:00": "outage", "12:00": "tail", "17:00": "tail"}
    quick = policy(rules=rules(interval_min=5, interval_max=5, min_gap=1, tail_guard=0))
    other = policy(2, rules(interval_min=6, interval_max=6, min_gap=1, tail_guard=0))
    two = plan(ANA, quick, other, history=History(now_at=at("09:06")))
    assert kept(two)[0] == "09:06"
    assert dropped(two)["09:05"] == "outage"


def test_what_an_outage_lost_does_not_use_up_the_limit() -> None:
    limited = policy(rules=rules(max_prompts_per_day=2))
    assert kept(plan(ANA, limited, history=History(now_at=at("13:00")))) == ["14:00", "15:00"]


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


def test_next_occurrence_looks_ahead_and_over_midnight() -> None:
    weekdays = replace(ANA, week=Week((ALL_DAY.days[0],) * 5 + ((),) * 2))
    friday = date(2026, 3, 13)
    found = next_occurrence(weekdays, [policy()], at("16:30", friday))
    assert found
    assert found.due_at == at("10:00", date(2026, 3, 16))
    night = replace(ANA, week=Week(((Range(time(22), time(2)),),) + ((),) * 6), quiet_blocks=())
    found = next_occurrence(night, [policy()], at("00:30", TUESDAY))
    assert found
    assert (found.due_at, found.local_date) == (at("01:00", TUESDAY), TUESDAY - DAY)


def test_next_occurrence_passes_over_what_was_sent_and_lost() -> None:
    history = History(sent=(sent("10:00"),))
    found = next_occurrence(ANA, [policy()], at("09:59"), history)
    assert found
    assert found.due_at == at("11:00")
    limited = policy(rules=rules(max_prompts_per_day=1))
    found = next_occurrence(ANA, [limited], at("14:30"))
    assert found
    assert found.due_at == at("15:00")


def test_next_occurrence_is_none_where_nothing_comes() -> None:
    assert next_occurrence(ANA, [], at("09:00")) is None
    assert next_occurrence(ANA, [policy(joined_on=None)], at("09:00")) is None
    assert next_occurrence(replace(ANA, prompts_on=False), [policy()], at("09:00")) is None
    assert next_occurrence(replace(ANA, pauses=(Span(at("08:00")),)), [policy()], at("09:00")) is None
    assert next_occurrence(replace(ANA, week=Week(((),) * 7)), [policy()], at("09:00")) is None
    with pytest.raises(ValueError, match="needs a zone"):
        next_occurrence(ANA, [policy()], datetime(2026, 3, 10, 9))  # noqa: DTZ001 - the point


def test_rules_that_were_never_validated_do_not_hang() -> None:
    with pytest.raises(ValueError, match="at least a minute"):
        plan(ANA, policy(rules=rules(interval_min=0, interval_max=0)))
