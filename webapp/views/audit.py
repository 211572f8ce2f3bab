"""The audit log: of a team for its admins, of the workspace for owners. Nothing here can change a row."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from daybreak.services import trail
from daybreak.store.tables import Team
from daybreak.wording import lazy_gettext as _l
from webapp import downloads
from webapp.db import db, runtime
from webapp.guards import owner, team_admin
from webapp.identity import current_person

bp = Blueprint("audit", __name__)

KINDS = {
    "person": _l("People"),
    "policy": _l("Policies"),
    "channel": _l("Channels"),
    "team": _l("Team"),
    "workspace": _l("Workspace"),
}
LARGEST = 2**31  # of a number in a filter


@bp.get("/team/<slug>/audit")
@team_admin
def of_team(team: Team) -> ResponseReturnValue:
    """What was changed in a team, newest first."""
    return _page(team)


@bp.get("/audit")
@owner
def of_workspace() -> ResponseReturnValue:
    """What was changed anywhere, newest first."""
    return _page(None)


@bp.post("/team/<slug>/audit/export")
@team_admin
def export_team(team: Team) -> ResponseReturnValue:
    """A team's log as CSV; that it was taken is logged."""
    content = trail.export(db(), team, current_person().id, runtime().now())
    return downloads.csv(content, f"audit-{team.slug}.csv")


@bp.post("/audit/export")
@owner
def export_workspace() -> ResponseReturnValue:
    """The whole log as CSV; that it was taken is logged."""
    return downloads.csv(trail.export(db(), None, current_person().id, runtime().now()), "audit.csv")


def _page(team: Team | None) -> ResponseReturnValue:
    kind = request.args.get("object", "")
    chosen: dict[str, Any] = {"actor_id": _number("actor"), "kind": kind if kind in KINDS else None}
    found = trail.trail(db(), team, before_id=_number("before"), **chosen)
    person = current_person()
    zone = person.zone or (team.zone if team else "UTC")
    return render_template(
        "pages/audit/index.html", team=team, nav_team=team, trail=found, kinds=KINDS, chosen=chosen, zone=zone
    )


def _number(name: str) -> int | None:
    found = request.args.get(name, type=int)
    return found if found is not None and 0 < found < LARGEST else None
