"""Movements, Safety and the privacy note: pages for everybody, signed in or not."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from daybreak.data import catalogue, figures
from daybreak.domain.catalogue import Kind, Movement, Place
from daybreak.wording import lazy_gettext as _l
from webapp.guards import public
from webapp.htmx import is_fragment, render

bp = Blueprint("library", __name__)

PLACES = {
    Place.DESK: _l("At the desk"),
    Place.STANDING: _l("Standing"),
    Place.WALK: _l("Walking"),
    Place.STAIRS: _l("Stairs"),
    Place.FLOOR: _l("On the floor"),
}
DIFFICULTIES = {1: _l("Easy"), 2: _l("Moderate"), 3: _l("Demanding")}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the Movements page is narrowed to; unknown values in an address narrow nothing."""

    place: Place | None = None
    difficulty: int | None = None  # at most this
    seated: bool = False
    discreet: bool = False

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> "Filter":
        """The filter of a query string."""
        place = args.get("place", "")
        difficulty = args.get("difficulty", "")
        return cls(
            place=Place(place) if place in set(Place) else None,
            difficulty=int(difficulty) if difficulty in {"1", "2", "3"} else None,
            seated="seated" in args,
            discreet="discreet" in args,
        )

    def passes(self, movement: Movement) -> bool:
        """Whether a movement is shown."""
        return (
            self.place in (None, movement.place)
            and (self.difficulty is None or movement.difficulty <= self.difficulty)
            and (movement.seated_ok or not self.seated)
            and (movement.discreet or not self.discreet)
        )


@bp.get("/movements")
@public
def movements() -> ResponseReturnValue:
    """The catalogue as cards; htmx asks for the list alone."""
    chosen = Filter.read(request.args)
    found = catalogue().where(chosen.passes)
    return render(
        "pages/movements/index.html",
        "fragments/movement_list.html",
        spoken=is_fragment(),
        chosen=chosen,
        found=found,
        by_kind={kind: [movement for movement in found if movement.kind is kind] for kind in Kind},
        total=len(catalogue().movements),
        sources=catalogue().sources,
        safety=catalogue().safety,
        places=PLACES,
        difficulties=DIFFICULTIES,
    )


@bp.get("/safety")
@public
def safety() -> ResponseReturnValue:
    """Warning signs first, then how to move with care, what is unproven, and the sources."""
    known = catalogue()
    return render_template(
        "pages/safety/index.html", safety=known.safety, articles=known.articles, sources=known.sources
    )


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What Daybreak keeps about a person, and who sees it."""
    return render_template("pages/safety/privacy.html")


def figure_svg(pose: str, title: str = "") -> Markup:
    """The drawing of a pose for a page; `title` is read out, without one it is decoration."""
    plain = title.unescape() if isinstance(title, Markup) else title
    return Markup(figures().svg(pose, plain))  # noqa: S704 - made of numbers; the title is escaped there


@bp.record_once
def _teach_templates(state: BlueprintSetupState) -> None:
    """Every page may draw figures."""
    state.app.jinja_env.globals["figure_svg"] = figure_svg
