"""The floor: what may be shown of whom."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain.floor import (
    Figure,
    Floor,
    NothingDue,
    Rate,
    Shown,
    UnderFloorError,
    Withheld,
    breakdown,
    figure,
    from_json,
    moving_now,
    parts_from_json,
    to_json,
)
from daybreak.domain.participation import COUNTED, Tally
from daybreak.domain.prompt import Standing

FLOOR = Floor(5)


def tally(done: int, late: int, skipped: int, missed: int, *, people: int) -> Tally:
    """A tally of so many prompts whose persons are numbered from 1."""
    numbers = dict(zip(COUNTED, (done, late, skipped, missed), strict=True))
    return Tally(numbers, frozenset(range(1, people + 1)))


def tallies() -> st.SearchStrategy[Tally]:
    numbers = st.tuples(*[st.integers(0, 40)] * len(COUNTED)).filter(any)
    people = st.frozensets(st.integers(1, 25), min_size=1)
    made = st.builds(lambda counts, who: Tally(dict(zip(COUNTED, counts, strict=True)), who), numbers, people)
    return st.just(Tally()) | made


def shown(value: Figure) -> Shown:
    assert isinstance(value, Shown)
    return value


def percents(value: Figure) -> list[int]:
    return [rate.percent for rate in shown(value).rates.values()]


def test_the_fixture() -> None:
    """Six members, one day, E = 25: 14 done, 2 late, 4 skipped, 5 missed."""
    value = figure(tally(14, 2, 4, 5, people=6), FLOOR)
    assert percents(value) == [55, 10, 15, 20]
    assert shown(value).counts is None
    assert all(rate.bound == "" for rate in shown(value).rates.values())


def test_ten_members_are_counted_to_the_unit() -> None:
    value = shown(figure(tally(142, 30, 20, 34, people=12), FLOOR))
    assert list(value.rates.values()) == [Rate(63), Rate(13), Rate(10, "under"), Rate(15)]
    assert value.counts == (142, 226)


def test_nothing_due_is_not_0_percent() -> None:
    assert figure(Tally(), FLOOR) == NothingDue()


@pytest.mark.parametrize(("people", "is_shown"), [(4, False), (5, True)])
def test_the_floor_is_five(people: int, *, is_shown: bool) -> None:
    value = figure(tally(10, 5, 5, 5, people=people), FLOOR)
    assert isinstance(value, Shown) is is_shown


def test_the_floor_can_be_raised_and_not_lowered() -> None:
    assert Floor(8).k == 8
    assert Floor(1).k == 5
    assert figure(tally(10, 5, 5, 5, people=7), Floor(8)) == Withheld()


def test_no_figure_can_be_made_under_the_floor() -> None:
    with pytest.raises(UnderFloorError):
        Shown(tally(10, 0, 0, 0, people=4), FLOOR)
    with pytest.raises(UnderFloorError):
        Shown(tally(10, 0, 0, 0, people=40), FLOOR, rest=4)


def test_extremes_are_capped_under_twenty_members() -> None:
    value = shown(figure(tally(97, 1, 1, 1, people=19), FLOOR))
    assert value.rate == Rate(90, "over")
    assert value.rates[Standing.LATE] == Rate(10, "under")
    assert value.counts is None  # they would undo the cap
    assert percents(figure(tally(97, 1, 1, 1, people=20), FLOOR)) == [97, 1, 1, 1]


def test_a_coarse_figure_is_rounded_at_any_size() -> None:
    value = shown(figure(tally(142, 30, 20, 34, people=12), FLOOR, coarse=True))
    assert value.counts is None
    assert all(percent % 5 == 0 for percent in percents(value))


def test_a_second_part_is_withheld_with_the_only_one() -> None:
    people = [frozenset(range(n)) for n in (3, 8, 12)]
    parts = {name: Tally({Standing.DONE: 10}, who) for name, who in zip("abc", people, strict=True)}
    values = breakdown(parts, FLOOR)
    assert values["a"] == values["b"] == Withheld()
    assert isinstance(values["c"], Shown)


def test_a_single_part_is_the_whole_and_shown() -> None:
    assert isinstance(breakdown({"only": tally(9, 9, 9, 9, people=6)}, FLOOR)["only"], Shown)


def test_a_part_beside_a_rest_of_five_to_nine_is_rounded_as_the_rest_would_be() -> None:
    parts = {
        "large": Tally({Standing.DONE: 33, Standing.MISSED: 67}, frozenset(range(15))),
        "small": Tally({Standing.DONE: 50, Standing.MISSED: 50}, frozenset(range(6))),
    }
    large = shown(breakdown(parts, FLOOR)["large"])
    assert large.counts is None
    assert large.rate.percent == 35


def test_a_cell_needs_prompts_as_well() -> None:
    parts = {prompts: tally(prompts, 0, 0, 0, people=9) for prompts in (18, 19, 20)}
    values = breakdown(parts, FLOOR, least_prompts=20)
    assert [prompts for prompts in parts if isinstance(values[prompts], Shown)] == [20]


def test_moving_now_in_fives() -> None:
    assert [moving_now(n, FLOOR) for n in (0, 4, 5, 9, 10, 23)] == [None, None, 5, 5, 10, 20]
    assert moving_now(7, Floor(8)) is None


@given(tallies(), st.integers(0, 12), st.booleans())
def test_nothing_is_shown_of_fewer_than_k(whole: Tally, wanted: int, coarse: bool) -> None:
    floor = Floor(wanted)
    value = figure(whole, floor, coarse=coarse)
    if isinstance(value, Shown):
        assert len(whole.people) >= floor.k >= 5
        if len(whole.people) < 10 or coarse:
            assert value.counts is None
            assert all(rate.percent % 5 == 0 for rate in value.rates.values())
        if len(whole.people) < 20:
            assert all(10 <= rate.percent <= 90 for rate in value.rates.values())


@given(st.dictionaries(st.integers(0, 7), tallies(), max_size=8), st.integers(5, 8), st.sampled_from([0, 20]))
def test_no_difference_of_shown_parts_tells_of_fewer_than_k(
    parts: Mapping[int, Tally], k: int, least_prompts: int
) -> None:
    values = breakdown(parts, Floor(k), least_prompts=least_prompts)
    told = [part for part, value in values.items() if isinstance(value, Shown)]
    for size in range(len(told) + 1):
        for taken_away in combinations(told, size):
            rest = Tally.sum(parts[part] for part in values if part not in taken_away)
            if told:
                assert rest.eligible == 0 or len(rest.people) >= k
    withheld = [part for part in values if part not in told]
    assert not told or len(withheld) != 1


@given(tallies(), st.booleans())
def test_what_is_stored_comes_back(whole: Tally, coarse: bool) -> None:
    value = figure(whole, FLOOR, coarse=coarse)
    assert from_json(to_json(value), FLOOR) == value


@given(st.dictionaries(st.sampled_from("abcdef"), tallies(), max_size=6), st.integers(5, 12))
def test_raising_the_floor_only_hides_and_never_a_single_part(parts: Mapping[str, Tally], k: int) -> None:
    before = breakdown(parts, FLOOR)
    stored = {part: to_json(value) for part, value in before.items()}
    after = parts_from_json(stored, Floor(k))
    assert all(after[part] in (before[part], Withheld()) for part in before)
    told = [part for part, value in after.items() if isinstance(value, Shown)]
    assert all(len(parts[part].people) >= k for part in told)
    if told:
        rest = Tally.sum(parts[part] for part in after if part not in told)
        assert rest.eligible == 0 or len(rest.people) >= k
        assert len(after) - len(told) != 1


def test_lowering_the_floor_brings_nothing_back() -> None:
    stored = to_json(figure(tally(9, 9, 9, 9, people=6), Floor(8)))
    assert from_json(stored, FLOOR) == Withheld()
