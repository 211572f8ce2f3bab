"""The team's page: participation as it was published, the same for members and admins."""

from datetime import date

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from daybreak.domain.floor import NothingDue, Shown
from daybreak.domain.participation import parse_week
from daybreak.services.dashboard import board, first_break_at, has_prompted, this_week
from daybreak.store.tables import Team
from daybreak.wording import gettext as _
from webapp.db import db, runtime
from webapp.guards import team_member
from webapp.htmx import is_fragment, render, say
from webapp.identity import current_person
from webapp.team_view import TeamView

bp = Blueprint("team", __name__, url_prefix="/team/<slug>")
PAGE = "pages/team/index.html"


@bp.get("")
@team_member
def show(team: Team) -> ResponseReturnValue:
    """The page of a week; to htmx, what changes with the week."""
    view = _view(team)
    if is_fragment():
        say(_("Week %(n)s", n=view.number(view.board.monday)))
    return _render(view, "fragments/team_board.html", acted=is_fragment())


@bp.get("/figures")
@team_member
def figures(team: Team) -> ResponseReturnValue:
    """What the page asks for every 30 seconds while it is visible; 204 when nothing has changed."""
    view = _view(team)
    return _part(view, view.figures_digest, "fragments/team_figures.html")


@bp.get("/charts")
@team_member
def drawings(team: Team) -> ResponseReturnValue:
    """Heat map, trend and policies, asked for when they come into view; 204 when nothing has changed."""
    view = _view(team)
    return _part(view, view.charts_digest, "fragments/team_charts.html")


@bp.app_template_test("shown")
def _is_shown(figure: object) -> bool:
    return isinstance(figure, Shown)


@bp.app_template_test("nothing_due")
def _is_nothing_due(figure: object) -> bool:
    return isinstance(figure, NothingDue)


def _part(view: TeamView, digest: str, fragment: str) -> ResponseReturnValue:
    if not is_fragment():
        return redirect(url_for("team.show", slug=view.team.slug, week=view.week), 303)
    if request.args.get("v") == digest:
        response = Response(status=204)
        response.vary.add("HX-Request")
        return response
    return _render(view, fragment)


def _render(view: TeamView, fragment: str, *, acted: bool = False) -> Response:
    return render(PAGE, fragment, view=view, nav_team=view.team, acted=acted)


def _view(team: Team) -> TeamView:
    now = runtime().now()
    current = this_week(team, now)
    made = board(db(), team, _wanted(current), now)
    zone = current_person().zone or team.zone
    if made.published_at is None and len(made.weeks) == 1 and not has_prompted(db(), team):
        return TeamView(team, made, zone, now, first_break_at(db(), team, now), is_empty=True)
    return TeamView(team, made, zone, now)


def _wanted(current: date) -> date:
    """The week asked for; one that is yet to come, or none at all, means the present one."""
    monday = parse_week(request.args.get("week", ""))
    return min(monday, current) if monday else current
