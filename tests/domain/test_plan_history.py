"""The plan and what has happened: sent prompts, breaks, snoozes, busy time, outages; what comes next."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from daybreak.domain.occurrence import History, Span
from daybreak.domain.plan import day_plan, next_occurrence
from daybreak.domain.rhythm import Rhythm
from daybreak.domain.working import Range, Week
from tests.domain.ordinary import (
    ALL_DAY,
    ANA,
    DAY,
    TUESDAY,
    at,
    dropped,
    kept,
    plan,
    policy,
    rules,
    sent,
)


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


def test_a_break_taken_drops_what_comes_too_soon_after_it() -> None:
    occurrences = plan(history=History(breaks=(at("09:51"), at("10:50"), at("14:00"), at("15:01"))))
    assert kept(occurrences) == ["11:00", "15:00", "16:00"]
    assert dropped(occurrences) == {
        "10:00": "break_taken",
        "12:00": "tail",
        "14:00": "break_taken",
        "17:00": "tail",
    }


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
        ([("09:50", "10:30"), ("09:40", "10:29")], ["10:32", "11:00"], {}),  # spans that meet are one
        ([("09:50", "10:10"), ("10:05", "10:11"), ("10:11", "10:30")], ["10:32", "11:00"], {}),
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


def test_a_held_occurrence_gives_way_to_the_next_even_if_that_is_held_too() -> None:
    other = policy(2, rules(interval_min=97, interval_max=97, min_gap=10))  # due at 10:37
    busy = replace(ANA, busy=(Span(at("09:50"), at("10:30")), Span(at("10:35"), at("10:39"))))
    occurrences = plan(busy, policy(), other)
    assert kept(occurrences)[:2] == ["10:41", "11:00"]
    assert dropped(occurrences)["10:00"] == "busy"


def test_what_was_due_before_a_policy_was_in_force_is_no_occurrence_of_it() -> None:
    assert kept(plan(ANA, policy(in_force_from_at=at("11:00"))))[0] == "11:00"
    assert kept(plan(ANA, policy(in_force_from_at=at("11:01"))))[0] == "14:00"
    limited = policy(rules=rules(max_prompts_per_day=2), in_force_from_at=at("13:00"))
    assert kept(plan(ANA, limited)) == ["14:00", "15:00"]
