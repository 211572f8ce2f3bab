"""Leaving a team: one press on a page of its own, and no reason."""

from flask import Blueprint, Response, flash, render_template, url_for
from flask.typing import ResponseReturnValue

from daybreak.domain.errors import NotFoundError
from daybreak.services import people
from daybreak.store.accounts import teams_of
from daybreak.store.tables import Team
from daybreak.wording import gettext as _
from webapp.db import db, runtime
from webapp.guards import signed_in
from webapp.htmx import is_fragment, say, see_other
from webapp.identity import current_person

bp = Blueprint("leaving", __name__, url_prefix="/me/teams")


@bp.get("/<int:team_id>/leave")
@signed_in
def ask(team_id: int) -> ResponseReturnValue:
    """Ask once before leaving a team."""
    return _page(_team(team_id))


@bp.post("/<int:team_id>/leave")
@signed_in
def leave(team_id: int) -> ResponseReturnValue:
    """Leave a team, without a reason. Its last admin stays."""
    team, person = _team(team_id), current_person()
    try:
        people.remove_from_team(db(), team, person, person.id, runtime().now())
    except people.LastAdminError as refusal:
        return Response(_page(team, _(str(refusal))), 422)
    return _away(url_for("me.show"), _("You have left %(team)s.", team=team.name))


def _page(team: Team, problem: str = "") -> str:
    return render_template("pages/me/leave.html", team=team, problem=problem)


def _away(address: str, text: str) -> ResponseReturnValue:
    """Lead to another page, with a notice on it."""
    if is_fragment():
        flash(text, "ok")
        return Response(headers={"HX-Redirect": address})
    say(text)
    return see_other(address)


def _team(team_id: int) -> Team:
    """A team of the person; others do not exist."""
    for team in teams_of(db(), current_person().id):
        if team.id == team_id:
            return team
    raise NotFoundError
