"""The movements people are asked to make, with the safety copy, articles and sources that go with them."""

import tomllib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daybreak.domain.errors import InvalidValueError, NotFoundError


class Kind(StrEnum):
    """Breaks are prompted; habits are tips; self-checks are never scheduled, stored or counted."""

    BREAK = "break"
    HABIT = "habit"
    SELF_CHECK = "self_check"


class Place(StrEnum):
    """Where a movement is done: desk stays seated, floor needs a mat and privacy."""

    DESK = "desk"
    STANDING = "standing"
    WALK = "walk"
    STAIRS = "stairs"
    FLOOR = "floor"


class Grade(StrEnum):
    """Where the how-to comes from."""

    ARTICLE = "A"  # one of the articles gives it
    NAMED = "B"  # an article names the movement, the how-to is general
    OTHER = "C"  # in none of the articles


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the catalogue. Words are English and go through gettext where they are shown."""

    id: str
    title: str
    instructions: str
    caution: str
    kind: Kind
    place: Place
    duration_s: int
    difficulty: int  # 1 easy, 2 moderate, 3 demanding
    discreet: bool  # colleagues would hardly notice
    seated_ok: bool  # can be done without standing up
    default_on: bool  # false: someone has to switch it on
    muscles: tuple[str, ...]
    alternative: str  # id of what to offer instead; "" only for self-checks
    grade: Grade
    sources: tuple[str, ...]  # keys of Catalogue.sources
    pose: str  # key of Figures.poses


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: a page with an address, or an article that is only described."""

    id: str
    about: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with the sources it rests on."""

    id: str
    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """What every message and the Safety page say; the claims are for writers and for tests."""

    reviewed_by_clinician: bool
    short: str
    footer: str
    before_you_start: str
    while_moving: str
    stop_now: str
    self_check: str
    condition_note: str
    emergency_intro: str
    emergency: tuple[Statement, ...]
    see_doctor_intro: str
    see_doctor: tuple[Statement, ...]
    claims_allowed: tuple[str, ...]
    claims_forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All movements in the order of the file, the safety copy, the articles and the sources."""

    movements: tuple[Movement, ...]
    safety: Safety
    articles: tuple[Statement, ...]
    sources: Mapping[str, Source]

    def get(self, movement_id: str) -> Movement:
        """The movement of an id. Raises NotFoundError."""
        for movement in self.movements:
            if movement.id == movement_id:
                return movement
        raise NotFoundError(f"There is no movement named {movement_id!r}.")

    def __contains__(self, movement_id: object) -> bool:
        return any(movement.id == movement_id for movement in self.movements)

    def where(self, wanted: Callable[[Movement], bool]) -> tuple[Movement, ...]:
        """The movements that satisfy a condition, in order."""
        return tuple(movement for movement in self.movements if wanted(movement))


def parse_catalogue(text: str, poses: Container[str]) -> Catalogue:
    """Reads `movements.toml`; `poses` are the figures there are. InvalidValueError names the wrong entry."""
    raw = tomllib.loads(text)
    sources = {
        key: Source(key, about=entry["about"], url=entry.get("url", ""))
        for key, entry in raw["sources"].items()
    }
    statements = [_statement(key, entry) for key, entry in raw["articles"].items()]
    catalogue = Catalogue(
        movements=tuple(_movement(entry) for entry in raw["movement"]),
        safety=_safety(raw["safety"]),
        articles=tuple(statements),
        sources=sources,
    )
    _check(catalogue, poses)
    return catalogue


def _movement(entry: dict[str, Any]) -> Movement:
    name = entry.get("id", "?")
    try:
        return Movement(
            id=entry["id"],
            title=entry["title"],
            instructions=entry["instructions"],
            caution=entry["caution"],
            kind=Kind(entry["kind"]),
            place=Place(entry["place"]),
            duration_s=entry["duration_s"],
            difficulty=entry["difficulty"],
            discreet=entry["discreet"],
            seated_ok=entry["seated_ok"],
            default_on=entry["default_on"],
            muscles=tuple(entry["muscles"]),
            alternative=entry["alternative"],
            grade=Grade(entry["grade"]),
            sources=tuple(entry["source"]),
            pose=entry["pose"],
        )
    except KeyError as error:
        raise InvalidValueError(f"movement.{name}", f"The movement {name!r} has no {error}.") from error
    except ValueError as error:
        raise InvalidValueError(f"movement.{name}", f"The movement {name!r}: {error}.") from error


def _statement(key: str, entry: dict[str, Any]) -> Statement:
    return Statement(key, entry["text"], tuple(entry["source"]))


def _safety(entry: dict[str, Any]) -> Safety:
    lists = {
        key: tuple(_statement(f"{key}-{n}", item) for n, item in enumerate(entry[key], start=1))
        for key in ("emergency", "see_doctor")
    }
    claims = {key: tuple(entry[key]) for key in ("claims_allowed", "claims_forbidden")}
    return Safety(**(entry | lists | claims))


def _check(catalogue: Catalogue, poses: Container[str]) -> None:
    """Raises InvalidValueError for the first entry that refers to something that is not there."""

    def fail(movement: Movement, why: str) -> InvalidValueError:
        return InvalidValueError(f"movement.{movement.id}", f"The movement {movement.id!r} {why}.")

    seen: set[str] = set()
    for movement in catalogue.movements:
        if movement.id in seen:
            raise fail(movement, "is there twice")
        seen.add(movement.id)
        if movement.pose not in poses:
            raise fail(movement, f"has no figure: there is no pose {movement.pose!r}")
        if movement.difficulty not in (1, 2, 3):
            raise fail(movement, "needs a difficulty of 1, 2 or 3")
        if movement.duration_s <= 0:
            raise fail(movement, "needs a duration in seconds")
        if movement.place is Place.DESK and not movement.seated_ok:
            raise fail(movement, "is done at the desk and so must be possible seated")
        if movement.alternative == movement.id:
            raise fail(movement, "names itself as its alternative")
        if not movement.alternative and movement.kind is not Kind.SELF_CHECK:
            raise fail(movement, "needs an alternative")
        if movement.alternative and movement.alternative not in catalogue:
            raise fail(movement, f"names an alternative that does not exist: {movement.alternative!r}")
    safety = catalogue.safety
    cited = [
        *((f"movement.{movement.id}", movement.sources) for movement in catalogue.movements),
        *((statement.id, statement.sources) for statement in catalogue.articles),
        *((statement.id, statement.sources) for statement in (*safety.emergency, *safety.see_doctor)),
    ]
    for where, keys in cited:
        if unknown := [key for key in keys if key not in catalogue.sources]:
            raise InvalidValueError(where, f"{where} names a source that does not exist: {unknown[0]!r}.")
