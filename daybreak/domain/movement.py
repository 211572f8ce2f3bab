"""Which movement a prompt suggests: a repeatable choice, the same on every machine (behaviour, Movements)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from hashlib import sha256

from daybreak.domain.catalogue import Catalogue, Grade, Kind, Movement, Place, parse_catalogue
from daybreak.domain.rhythm import MovementFilter

__all__ = [
    "FALLBACK",
    "Catalogue",
    "Draw",
    "Grade",
    "Kind",
    "Movement",
    "Place",
    "Pool",
    "Wishes",
    "alternative",
    "choose",
    "choose_shared",
    "parse_catalogue",
]

FALLBACK = "seated-glute-squeeze"
REMEMBERED = 7


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has asked for; it narrows every policy, and floor_on alone widens."""

    seated_only: bool = False
    discreet_only: bool = False
    floor_on: bool = False
    avoided_movements: frozenset[str] = frozenset()
    avoided_places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pool:
    """What a policy draws from: its list where it has one, else what passes its filter."""

    filter: MovementFilter = field(default_factory=MovementFilter)
    movements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """The identity of a prompt, and with it the choice: person, policy, local date, local time."""

    person_id: int
    policy_id: int
    local_date: date
    local_time: time

    @property
    def seed(self) -> str:
        """The draw as text: equal draws, equal seeds, on every machine."""
        return f"{self.person_id}|{self.policy_id}|{self.local_date:%Y-%m-%d}|{self.local_time:%H:%M}"


def choose(
    catalogue: Catalogue,
    draw: Draw,
    pool: Pool,
    wishes: Wishes = Wishes(),
    recent: Sequence[str] = (),
    first_week: Sequence[str] = (),
) -> Movement:
    """The movement of one person's prompt; the seated squeeze if nothing passes.

    `recent`: ids this person got, the newest first; the last min(7, half the pool) are left out.
    `first_week`: in a person's first week the ids to prefer, where they pass; else empty.
    """
    return _pick(catalogue, draw.seed, passing(catalogue, pool, wishes), recent, first_week)


def choose_shared(
    catalogue: Catalogue, policy_id: int, due_at: datetime, pool: Pool, recent: Sequence[str] = ()
) -> Movement:
    """The movement of a post to a shared channel, which no person's data shapes; `due_at` is aware.

    `recent`: ids the policy's last posts suggested, the newest first.
    """
    seed = f"{policy_id}|{due_at.astimezone(UTC):%Y-%m-%dT%H:%M}"
    return _pick(catalogue, seed, passing(catalogue, pool, Wishes()), recent)


def alternative(
    catalogue: Catalogue, draw: Draw, pool: Pool, wishes: Wishes, refused: Sequence[str]
) -> Movement:
    """What to offer after "I can't do this one"; `refused` are the ids declined so far, the newest last.

    The refused movement's own alternative, where the person's wishes and the policy's difficulty and
    discretion allow it: it may leave the policy's places, since it is there for those who cannot follow
    them. Otherwise another one that passes; the seated squeeze if nothing does.
    """
    named = catalogue.get(catalogue.get(refused[-1]).alternative or FALLBACK)
    is_offer = named.kind is Kind.BREAK and named.id not in refused
    if is_offer and _suits(named, wishes) and _within(named, pool.filter):
        return named
    rest = [movement for movement in passing(catalogue, pool, wishes) if movement.id not in refused]
    return _pick(catalogue, draw.seed, rest)


def passing(catalogue: Catalogue, pool: Pool, wishes: Wishes) -> list[Movement]:
    """The movements that pass the policy and the person, in the order of the catalogue."""
    return [
        movement
        for movement in catalogue.movements
        if movement.kind is Kind.BREAK and _offered(movement, pool, wishes) and _suits(movement, wishes)
    ]


def _offered(movement: Movement, pool: Pool, wishes: Wishes) -> bool:
    """Whether the policy draws from it. A list is the policy's own choice and needs no filter."""
    if pool.movements:
        return movement.id in pool.movements
    places = {Place.DESK} if wishes.seated_only else set(pool.filter.places)
    if wishes.floor_on and not wishes.seated_only:
        places.add(Place.FLOOR)
    # naming the floor as a place is how it is switched on
    switched_on = movement.default_on or movement.place is Place.FLOOR
    return switched_on and movement.place in places and _within(movement, pool.filter)


def _within(movement: Movement, limits: MovementFilter) -> bool:
    return movement.difficulty <= limits.max_difficulty and (movement.discreet or not limits.discreet_only)


def _suits(movement: Movement, wishes: Wishes) -> bool:
    """Whether the person's own wishes allow it, whatever a policy says.

    Seated only means the desk, where everything can be done seated (the catalogue sees to it): the words of
    some other movements begin with "Stand", though they could be done seated too.
    """
    return (
        (movement.place is Place.DESK or not wishes.seated_only)
        and (movement.discreet or not wishes.discreet_only)
        and movement.id not in wishes.avoided_movements
        and movement.place not in wishes.avoided_places
    )


def _pick(
    catalogue: Catalogue,
    seed: str,
    candidates: Sequence[Movement],
    recent: Sequence[str] = (),
    preferred: Iterable[str] = (),
) -> Movement:
    """The candidate whose hash with the seed is highest, so that a new movement moves few other choices."""
    first = [movement for movement in candidates if movement.id in set(preferred)]
    drawn_from = first or list(candidates)
    left_out = set(recent[: min(REMEMBERED, len(drawn_from) // 2)])
    fresh = [movement for movement in drawn_from if movement.id not in left_out]
    if not fresh:
        return catalogue.get(FALLBACK)
    return max(fresh, key=lambda movement: sha256(f"{seed}|{movement.id}".encode()).digest())
