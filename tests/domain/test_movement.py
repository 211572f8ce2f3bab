"""The catalogue and the repeatable choice from it (behaviour, Movements)."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.data import catalogue, figures, read_text
from daybreak.domain.errors import InvalidValueError, NotFoundError
from daybreak.domain.movement import (
    FALLBACK,
    Draw,
    Kind,
    Movement,
    Place,
    Pool,
    Wishes,
    alternative,
    choose,
    choose_shared,
    parse_catalogue,
    passing,
)
from daybreak.domain.rhythm import MovementFilter

CATALOGUE = catalogue()
IDS = [movement.id for movement in CATALOGUE.movements]
WIDE = Pool(MovementFilter(places=("walk", "standing", "stairs", "desk"), max_difficulty=3))
NO_WISHES = Wishes()
PINNED = ["ankle-pumps", "seated-glute-squeeze", "stairs-trip", "stairs-trip", "shoulder-rolls"]

draws = st.builds(
    Draw,
    person_id=st.integers(1, 10**6),
    policy_id=st.integers(1, 10**6),
    local_date=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    local_time=st.times().map(lambda clock: clock.replace(second=0, microsecond=0, fold=0)),
)
filters = st.builds(
    MovementFilter,
    places=st.lists(st.sampled_from(list(Place)), min_size=1, unique=True).map(tuple),
    max_difficulty=st.integers(1, 3),
    discreet_only=st.booleans(),
)
pools = st.builds(
    Pool,
    filter=filters,
    movements=st.one_of(
        st.just(()), st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=True).map(tuple)
    ),
)
wishes = st.builds(
    Wishes,
    seated_only=st.booleans(),
    discreet_only=st.booleans(),
    floor_on=st.booleans(),
    avoided_movements=st.frozensets(st.sampled_from(IDS), max_size=20),
    avoided_places=st.frozensets(st.sampled_from(list(Place)), max_size=3),
)


def a_draw(day: int = 0, clock: time = time(10), person: int = 1) -> Draw:
    return Draw(person, 1, date(2026, 3, 2) + timedelta(days=day), clock)


def series(pool: Pool, asked: Wishes = NO_WISHES, days: int = 200) -> list[str]:
    """What one person gets, a prompt a day, remembering as a worker does."""
    got: list[str] = []
    for day in range(days):
        got.insert(0, choose(CATALOGUE, a_draw(day), pool, asked, recent=got).id)
    return got[::-1]


def repeats_within(got: Sequence[str], span: int) -> list[str]:
    return [one for at, one in enumerate(got) if one in got[max(0, at - span) : at]]


class TestCatalogue:
    def test_carries_all_movements(self) -> None:
        assert len(CATALOGUE.movements) == 43
        kinds = Counter(movement.kind for movement in CATALOGUE.movements)
        assert kinds == {Kind.BREAK: 39, Kind.HABIT: 2, Kind.SELF_CHECK: 2}
        assert not CATALOGUE.safety.reviewed_by_clinician

    def test_every_alternative_is_an_easier_break(self) -> None:
        for movement in CATALOGUE.movements:
            if movement.alternative and movement.kind is not Kind.SELF_CHECK:
                other = CATALOGUE.get(movement.alternative)
                assert other.kind is Kind.BREAK
                assert other.difficulty <= movement.difficulty

    def test_its_words_can_go_through_gettext(self) -> None:
        """A bare % would be taken for a placeholder."""
        for movement in CATALOGUE.movements:
            assert "%" not in movement.title + movement.instructions + movement.caution

    def test_an_unknown_id_is_not_found(self) -> None:
        with pytest.raises(NotFoundError, match="'jump'"):
            CATALOGUE.get("jump")

    @pytest.mark.parametrize(
        ("old", "new", "names"),
        [
            ('id = "gentle-walk"', 'id = "stand-minute"', "stand-minute"),
            ('alternative = "march-in-place"', 'alternative = "marching"', "marching"),
            ('alternative = "march-in-place"', 'alternative = ""', "gentle-walk"),
            ('alternative = "march-in-place"', 'alternative = "gentle-walk"', "itself"),
            ('pose = "stand"', 'pose = "hover"', "hover"),
            ('kind = "habit"', 'kind = "chore"', "walk-and-talk"),
            ('place = "stairs"', 'place = "lift"', "stairs-trip"),
            ("difficulty = 3", "difficulty = 4", "difficulty"),
            ("duration_s = 120", "duration_s = 0", "duration"),
            ('title = "Gentle walk"\n', "", "title"),
            ('source = ["s000", "s002"]', 'source = ["s999"]', "s999"),
        ],
    )
    def test_a_broken_file_is_named(self, old: str, new: str, names: str) -> None:
        text = read_text("movements.toml")
        assert old in text
        with pytest.raises(InvalidValueError, match=re.escape(names)):
            parse_catalogue(text.replace(old, new, 1), figures().poses)


class TestChoice:
    @given(draws, pools, wishes, st.lists(st.sampled_from(IDS), max_size=20))
    def test_the_same_inputs_give_the_same_movement(
        self, draw: Draw, pool: Pool, asked: Wishes, recent: list[str]
    ) -> None:
        again = Draw(draw.person_id, draw.policy_id, draw.local_date, draw.local_time)
        assert choose(CATALOGUE, draw, pool, asked, recent) == choose(CATALOGUE, again, pool, asked, recent)

    def test_is_pinned_for_ever(self) -> None:
        """Another machine, another year: the same suggestion. A change here changes people's days."""
        got = [choose(CATALOGUE, a_draw(clock=time(hour)), WIDE).id for hour in (10, 11, 14, 15, 16)]
        assert got == PINNED

    @given(draws, pools, wishes, st.lists(st.sampled_from(IDS), max_size=20))
    def test_only_what_passes_or_the_seated_squeeze(
        self, draw: Draw, pool: Pool, asked: Wishes, recent: list[str]
    ) -> None:
        movement = choose(CATALOGUE, draw, pool, asked, recent)
        if movement.id == FALLBACK:
            return
        assert movement.kind is Kind.BREAK
        assert movement.id not in asked.avoided_movements
        assert movement.place not in asked.avoided_places
        assert movement.discreet or not asked.discreet_only
        assert movement.seated_ok or not asked.seated_only
        if pool.movements:
            assert movement.id in pool.movements
        else:
            assert movement.difficulty <= pool.filter.max_difficulty
            assert movement.discreet or not pool.filter.discreet_only
            assert movement.place in pool.filter.places or asked.seated_only or movement.place is Place.FLOOR

    def test_seated_only_never_asks_anybody_to_stand(self) -> None:
        """The acceptance of the profile: 1,000 draws."""
        got = {
            choose(CATALOGUE, a_draw(day, time(hour), person), WIDE, Wishes(seated_only=True)).id
            for day in range(20)
            for hour in range(9, 14)
            for person in range(10)
        }
        assert all(CATALOGUE.get(one).seated_ok and CATALOGUE.get(one).place is Place.DESK for one in got)
        assert len(got) > 5

    def test_seated_only_replaces_a_walking_policy_by_the_desk(self) -> None:
        pool = Pool(MovementFilter(places=("walk",), max_difficulty=1))
        places = {movement.place for movement in passing(CATALOGUE, pool, Wishes(seated_only=True))}
        assert places == {Place.DESK}

    def test_seated_only_keeps_to_the_desk_in_a_list_and_in_an_alternative(self) -> None:
        seated = Wishes(seated_only=True)
        assert CATALOGUE.get("side-reach").seated_ok  # but its words begin with "Stand"
        assert choose(CATALOGUE, a_draw(), Pool(movements=("side-reach",)), seated).id == FALLBACK
        offered = alternative(CATALOGUE, a_draw(), WIDE, seated, ["walk-and-loosen"])
        assert offered.place is Place.DESK

    def test_floor_exercises_are_off_unless_switched_on(self) -> None:
        def on_the_floor(pool: Pool, asked: Wishes) -> bool:
            return any(movement.place is Place.FLOOR for movement in passing(CATALOGUE, pool, asked))

        assert not on_the_floor(WIDE, Wishes())
        assert on_the_floor(WIDE, Wishes(floor_on=True))
        assert on_the_floor(Pool(MovementFilter(places=("floor",))), Wishes())
        assert not on_the_floor(WIDE, Wishes(floor_on=True, seated_only=True))
        assert not on_the_floor(WIDE, Wishes(floor_on=True, avoided_places=frozenset({"floor"})))

    def test_what_is_off_by_default_needs_the_policy_s_list(self) -> None:
        assert "stand-and-tap" not in {movement.id for movement in passing(CATALOGUE, WIDE, Wishes())}
        assert choose(CATALOGUE, a_draw(), Pool(movements=("stand-and-tap",))).id == "stand-and-tap"

    def test_a_list_is_the_pool_and_habits_and_self_checks_are_never_drawn(self) -> None:
        listed = Pool(movements=("squat", "walk-and-talk", "squeeze-feel"))
        assert set(series(listed)) == {"squat"}

    def test_nothing_passes_the_seated_squeeze(self) -> None:
        nothing = Wishes(avoided_places=frozenset(Place))
        assert choose(CATALOGUE, a_draw(), WIDE, nothing).id == FALLBACK

    def test_no_repeat_within_seven(self) -> None:
        got = series(WIDE)
        assert not repeats_within(got, 7)
        assert len(set(got)) > 20

    @pytest.mark.parametrize(("size", "span"), [(1, 0), (2, 1), (3, 1), (6, 3), (14, 7)])
    def test_a_small_pool_leaves_out_half_of_itself(self, size: int, span: int) -> None:
        ids = tuple(m.id for m in CATALOGUE.where(lambda m: m.kind is Kind.BREAK))[:size]
        got = series(Pool(movements=ids))
        assert set(got) == set(ids)
        assert not repeats_within(got, span)

    def test_a_first_week_keeps_to_its_movements_where_they_pass(self) -> None:
        first = ("stand-minute", "gentle-walk", "seated-glute-squeeze")
        walking = Pool(MovementFilter(places=("walk", "standing", "stairs")))
        got = {choose(CATALOGUE, a_draw(day), walking, first_week=first).id for day in range(60)}
        assert got == {"stand-minute", "gentle-walk"}

        stairs = Pool(MovementFilter(places=("stairs",)))
        assert choose(CATALOGUE, a_draw(), stairs, first_week=first).id == "stairs-trip"

    def test_a_new_movement_moves_few_choices(self) -> None:
        fewer = Pool(movements=tuple(IDS[:20]))
        more = Pool(movements=tuple(IDS[:21]))
        moved = [
            day
            for day in range(300)
            if choose(CATALOGUE, a_draw(day), fewer) != choose(CATALOGUE, a_draw(day), more)
        ]
        assert len(moved) < 40


class TestShared:
    def test_hashes_policy_and_instant_in_any_zone(self) -> None:
        at = datetime(2026, 3, 2, 15, tzinfo=UTC)
        lisbon = at.astimezone(timezone(timedelta(hours=1)))
        assert choose_shared(CATALOGUE, 7, at, WIDE) == choose_shared(CATALOGUE, 7, lisbon, WIDE)
        hours = [choose_shared(CATALOGUE, 7, at + timedelta(hours=n), WIDE).id for n in range(20)]
        assert len(set(hours)) > 8
        assert choose_shared(CATALOGUE, 7, at, WIDE, recent=hours[:1]).id != hours[0]


class TestAlternative:
    def offer(self, *refused: str, pool: Pool = WIDE, asked: Wishes = NO_WISHES) -> Movement:
        return alternative(CATALOGUE, a_draw(), pool, asked, refused)

    def test_is_the_movement_s_own_even_outside_the_policy_s_places(self) -> None:
        standing = Pool(MovementFilter(places=("standing",)))
        assert self.offer("squat").id == "sit-to-stand"
        assert self.offer("stand-minute", pool=standing).id == "seated-glute-squeeze"

    def test_obeys_the_person(self) -> None:
        assert self.offer("squat", asked=Wishes(avoided_movements=frozenset({"sit-to-stand"}))).id not in (
            "squat",
            "sit-to-stand",
        )
        assert self.offer("desk-kickback", asked=Wishes(seated_only=True)).seated_ok

    def test_never_offers_what_was_refused(self) -> None:
        refused = ["ankle-pumps"]
        desk = Pool(MovementFilter(places=("desk",)))
        for _ in passing(CATALOGUE, desk, Wishes())[1:]:
            offered = self.offer(*refused, pool=desk)
            assert offered.id not in refused
            refused.append(offered.id)

    @given(draws, pools, wishes, st.sampled_from(IDS))
    def test_passes_the_person_s_wishes_or_is_the_seated_squeeze(
        self, draw: Draw, pool: Pool, asked: Wishes, refused: str
    ) -> None:
        offered = alternative(CATALOGUE, draw, pool, asked, [refused])
        if offered.id != FALLBACK:
            assert offered.id != refused
            assert offered.kind is Kind.BREAK
            assert offered.seated_ok or not asked.seated_only
            assert offered.discreet or not asked.discreet_only
            assert offered.id not in asked.avoided_movements
            assert offered.place not in asked.avoided_places
