"""The floor: the one way from counting people to a figure that may be shown (behaviour, The floor).

A `Shown` figure cannot be made of a group under the floor, and holds no more than may leave the house: what
was rounded or capped is gone from it. Pages, fragments and publications know these types, never a tally.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from daybreak.domain.errors import DaybreakError
from daybreak.domain.participation import COUNTED, Tally
from daybreak.domain.prompt import Standing

LEAST = 5  # the floor can be raised, never put below this
ROUNDED_UNDER = 10  # members: rates in steps of 5 points, no counts
CAPPED_UNDER = 20  # members: nothing exact under 10 % or over 90 %
FEW_PROMPTS = 20  # |E|: a heat map cell needs as many; a week with fewer is drawn hollow
COARSE_STEP = 5


class UnderFloorError(DaybreakError):
    """This group is too small to be shown."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The smallest group that is shown; a smaller setting than five counts as five."""

    wanted: int = LEAST

    @property
    def k(self) -> int:
        """How many distinct members it takes."""
        return max(LEAST, self.wanted)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in percent as it may be shown: exact, or no more than under 10 or over 90."""

    percent: int
    bound: Literal["", "under", "over"] = ""

    @classmethod
    def of(cls, percent: int, members: int) -> "Rate":
        """Cap the share if the group has fewer than twenty members."""
        if members < CAPPED_UNDER and percent < 10:
            return cls(10, "under")
        if members < CAPPED_UNDER and percent > 90:
            return cls(90, "over")
        return cls(percent)

    @property
    def drawn(self) -> int:
        """Where a chart puts it: a capped share in the middle of what it may be."""
        return {"": self.percent, "under": 5, "over": 95}[self.bound]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A figure that the floor keeps back. It holds nothing, so that nothing can leak."""


@dataclass(frozen=True, slots=True)
class NothingDue:
    """A period in which no prompt counted: not 0 %."""


@dataclass(frozen=True, slots=True, init=False)
class Shown:
    """Participation of a group of at least k, beside a rest of at least k or of nobody.

    `members` is the smallest group the figure tells something about: its own, or what it leaves over.
    """

    members: int
    rates: Mapping[Standing, Rate]
    counts: tuple[int, int] | None  # done on time, of so many; None: withheld
    few: bool  # fewer than 20 prompts

    def __init__(self, tally: Tally, floor: Floor, *, rest: int = 0, coarse: bool = False) -> None:
        """Round what must be rounded. `rest`: members in what is left over; `coarse`: round at any size.

        Raises UnderFloorError for a group or a rest under the floor.
        """
        members = min(len(tally.people), rest) if rest else len(tally.people)
        if members < floor.k:
            raise UnderFloorError
        rounded = coarse or members < ROUNDED_UNDER
        step = COARSE_STEP if rounded else 1
        rates = {standing: Rate.of(share, members) for standing, share in tally.shares(step).items()}
        # A count beside a capped rate would undo the cap.
        exact = not rounded and not rates[Standing.DONE].bound
        counts = (tally.done, tally.eligible) if exact else None
        self._fill(members, rates, counts, few=tally.eligible < FEW_PROMPTS)

    @property
    def rate(self) -> Rate:
        """Participation: done on time out of all that counts."""
        return self.rates[Standing.DONE]

    def to_json(self) -> dict[str, Any]:
        """What a publication stores."""
        marks = {"": "", "under": "<", "over": ">"}
        rates = [f"{marks[rate.bound]}{rate.percent}" for rate in self.rates.values()]
        return {"members": self.members, "rates": rates, "counts": self.counts, "few": self.few}

    @classmethod
    def _from_json(cls, data: Mapping[str, Any]) -> "Shown":
        bounds: dict[str, Literal["under", "over"]] = {"<": "under", ">": "over"}
        rates = {
            standing: Rate(int(text.lstrip("<>")), bounds.get(text[0], ""))
            for standing, text in zip(COUNTED, data["rates"], strict=True)
        }
        shown = cls.__new__(cls)
        counts = data["counts"]
        shown._fill(data["members"], rates, (counts[0], counts[1]) if counts else None, few=data["few"])
        return shown

    def _fill(
        self, members: int, rates: Mapping[Standing, Rate], counts: tuple[int, int] | None, *, few: bool
    ) -> None:
        for name, value in (("members", members), ("rates", rates), ("counts", counts), ("few", few)):
            object.__setattr__(self, name, value)


Figure: TypeAlias = Shown | Withheld | NothingDue
Part = TypeVar("Part", bound=Hashable)


def figure(tally: Tally, floor: Floor, *, coarse: bool = False) -> Figure:
    """The figure of a whole: of a tally that no other published figure is a part of."""
    if tally.eligible == 0:
        return NothingDue()
    return Shown(tally, floor, coarse=coarse) if len(tally.people) >= floor.k else Withheld()


def breakdown(
    parts: Mapping[Part, Tally], floor: Floor, *, least_prompts: int = 0, coarse: bool = False
) -> dict[Part, Figure]:
    """The figures of the parts of a whole that is shown as well; empty parts are left out.

    No sum or difference of whole and shown parts tells of fewer than k members: what is withheld is never a
    single part, and never fewer than k members together; if need be the next smallest part is withheld too.
    """
    filled = {part: tally for part, tally in parts.items() if tally.eligible}
    shown = [
        part
        for part, tally in filled.items()
        if len(tally.people) >= floor.k and tally.eligible >= least_prompts
    ]
    shown.sort(key=lambda part: (len(filled[part].people), filled[part].eligible), reverse=True)
    while shown and not _may_be_left_over([filled[part] for part in filled.keys() - set(shown)], floor):
        shown.pop()
    figures: dict[Part, Figure] = dict.fromkeys(filled, Withheld())
    withheld = _people(tally for part, tally in filled.items() if part not in shown)
    for part in shown:
        others = _people(tally for other, tally in filled.items() if other != part)
        rest = min(filter(None, (len(others), len(withheld))), default=0)
        figures[part] = Shown(filled[part], floor, rest=rest, coarse=coarse)
    return figures


def _may_be_left_over(withheld: list[Tally], floor: Floor) -> bool:
    return not withheld or (len(withheld) >= 2 and len(_people(withheld)) >= floor.k)


def _people(tallies: Iterable[Tally]) -> frozenset[int]:
    return frozenset[int]().union(*(tally.people for tally in tallies))


def moving_now(people: int, floor: Floor) -> int | None:
    """How many move, down to a multiple of five; None under the floor."""
    return people - people % COARSE_STEP if people >= floor.k else None


def to_json(value: Figure) -> dict[str, Any] | None:
    """What a publication stores of a figure; None for a withheld one."""
    if isinstance(value, Shown):
        return value.to_json()
    return {} if isinstance(value, NothingDue) else None


def from_json(data: Mapping[str, Any] | None, floor: Floor) -> Figure:
    """A stored figure under today's floor, which may have been raised since and then hides more."""
    if data is None:
        return Withheld()
    if not data:
        return NothingDue()
    shown = Shown._from_json(data)
    return shown if shown.members >= floor.k else Withheld()


def parts_from_json(data: Mapping[str, Mapping[str, Any] | None], floor: Floor) -> dict[str, Figure]:
    """A stored breakdown under today's floor: where that hides one part, it hides a second with it.

    What was withheld before stays large enough, since `members` of the shown parts is at most its size; of
    the newly hidden, the largest group is all that is sure.
    """
    figures = {part: from_json(item, floor) for part, item in data.items()}
    hidden = [part for part, value in figures.items() if not isinstance(value, Shown)]
    raised = [part for part in hidden if data[part]]
    if not raised:
        return figures
    sizes = {part: item["members"] for part, item in data.items() if item}
    shown = sorted((part for part in sizes if part not in hidden), key=sizes.__getitem__, reverse=True)
    while shown and (len(hidden) < 2 or max((sizes.get(part, 0) for part in hidden), default=0) < floor.k):
        hidden.append(shown.pop())
        figures[hidden[-1]] = Withheld()
    return figures
