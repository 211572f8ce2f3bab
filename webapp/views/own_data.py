"""What is a person's own to take and to take away: the export and the erasure."""

import json

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from daybreak.domain.errors import DaybreakError
from daybreak.services import erasing, exporting, passwords
from daybreak.wording import gettext as _
from webapp import downloads, identity
from webapp.db import db, runtime
from webapp.guards import signed_in
from webapp.htmx import see_other
from webapp.identity import current_person
from webapp.throttle import throttle

bp = Blueprint("own_data", __name__, url_prefix="/me")


@bp.get("/export")
@signed_in
def export() -> ResponseReturnValue:
    """Everything that is kept about the person, as JSON; nobody is told."""
    data = exporting.export(db(), current_person(), runtime().now())
    content = json.dumps(data, ensure_ascii=False, indent=2).encode()
    return downloads.download(content, "my-daybreak-data.json", "application/json")


@bp.get("/erase")
@signed_in
def confirm_erase() -> ResponseReturnValue:
    """What erasing means, and the button."""
    return _page()


@bp.post("/erase")
@signed_in
def erase() -> ResponseReturnValue:
    """Erase the person who is signed in, who shows the password or has just signed in."""
    person = current_person()
    problem = _problem(request.form.get("password", ""))
    if problem:
        return _page(problem), 422
    try:
        erasing.erase(db(), person, person.id, runtime().now(), runtime().settings.home / "outbox")
    except DaybreakError as refused:
        return _page(str(refused)), 422
    identity.forget_browser()
    return see_other("/signin")


def _page(problem: str = "") -> str:
    return render_template(
        "pages/me/erase.html",
        problem=problem,
        has_password=_has_password(),
        lately=identity.signed_in_lately(),
    )


def _problem(password: str) -> str:
    """Why the person may not be erased from this browser yet, or nothing."""
    person = current_person()
    if not _has_password():
        return (
            "" if identity.signed_in_lately() else _("It is a while since you signed in: do it again first.")
        )
    throttle().check("present password of", str(person.id))
    if passwords.is_right(person, password):
        return ""
    throttle().spend("present password of", str(person.id))
    return _("That is not your password.")


def _has_password() -> bool:
    return current_person().password_hash is not None
