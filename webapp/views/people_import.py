"""People by the file: in, in two steps of which the first writes nothing, and out."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

import tasks
from daybreak.domain import sheet
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.spreadsheet import to_csv
from daybreak.services import auditing, importing, inviting
from daybreak.services.importing import Check
from daybreak.services.places import zones
from daybreak.store.tables import Team
from daybreak.store.teams import members
from daybreak.wording import ngettext
from webapp import downloads
from webapp.db import after_commit, db, runtime
from webapp.guards import team_admin
from webapp.htmx import say, see_other
from webapp.identity import current_person

bp = Blueprint("people_import", __name__, url_prefix="/team/<slug>/people")
AS_SHOWN = 2 * sheet.LARGEST  # bytes of the rows that the first step hands to the second, written in full
SHOWN = 200  # rows of a table of problems; more does nobody read


@bp.get("/import")
@team_admin
def upload(team: Team) -> ResponseReturnValue:
    """The form for the file, and what may stand in it."""
    return _upload(team)


@bp.post("/import")
@team_admin
def check(team: Team) -> ResponseReturnValue:
    """Check the file and show what would become of each row."""
    given = request.files.get("file")
    data = b""
    if given is not None:
        with given.stream as stream:
            data = stream.read(sheet.LARGEST + 1)
    try:
        found = importing.read(data)
    except InvalidValueError as problem:
        return _upload(team, f"{problem} {problem.hint}".strip()), 422
    checked = importing.check(db(), found.rows, team, current_person(), {})
    return _checked(team, checked, found, {})


@bp.post("/import/confirm")
@team_admin
def confirm(team: Team) -> ResponseReturnValue:
    """Invite everybody in the file, or show once more what stands in the way."""
    chosen = _chosen_zones()
    try:
        found = importing.read(request.form.get("rows", "").encode("utf-8", "replace"), AS_SHOWN)
    except InvalidValueError as problem:
        return _upload(team, f"{problem} {problem.hint}".strip()), 422
    importer, now = current_person(), runtime().now()
    checked = importing.check(db(), found.rows, team, importer, chosen)
    if checked.wrong:
        return _checked(team, checked, found, chosen), 422
    invitations = importing.carry_out(db(), checked, importer, now)
    ids = [inviting.send(db(), invitation, now) for invitation in invitations]
    after_commit(lambda: tasks.ring(ids))
    auditing.record(
        db(), importer.id, "people.imported", "team", team.id, team.id, None, {"invited": len(ids)}, now
    )
    say(ngettext("%(n)s person is invited.", "%(n)s people are invited.", len(ids)))
    return see_other(url_for("people.show", slug=team.slug))


@bp.post("/export")
@team_admin
def export(team: Team) -> ResponseReturnValue:
    """The list of people as CSV: who they are and nothing of what they do; that it was taken is logged."""
    now = runtime().now()
    rows = [
        (
            one.person.email,
            one.person.name,
            one.person.zone or team.zone,
            one.role,
            inviting.state_of(one, now),
        )
        for one in members(db(), team.id)
    ]
    told = {"rows": len(rows)}
    auditing.record(db(), current_person().id, "people.exported", "team", team.id, team.id, None, told, now)
    content = to_csv(("email", "name", "timezone", "role", "state"), rows)
    return downloads.csv(content, f"people-{team.slug}.csv")


def _upload(team: Team, problem: str = "") -> str:
    return render_template(
        "pages/people/import.html",
        team=team,
        nav_team=team,
        problem=problem,
        columns=sheet.COLUMNS,
        most=sheet.MOST,
    )


def _checked(team: Team, checked: Check, found: sheet.Sheet, chosen: Mapping[str, str]) -> str:
    noted = [*checked.wrong, *checked.left_out]
    return render_template(
        "pages/people/import_check.html",
        team=team,
        nav_team=team,
        check=checked,
        noted=noted[:SHOWN],
        more=max(0, len(noted) - SHOWN),
        unknown=found.unknown,
        rows=sheet.write(found.rows),
        chosen=chosen,
        zones=sorted(zones()) if checked.bad_zones else (),
    )


def _chosen_zones() -> dict[str, str]:
    """The zones that were chosen for those that are none; what is no zone either stays wrong."""
    pairs = zip(request.form.getlist("zone_was"), request.form.getlist("zone_is"), strict=False)
    return {was: chosen for was, chosen in pairs if chosen in zones()}
