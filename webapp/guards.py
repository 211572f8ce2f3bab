"""Who may open what: every view carries exactly one of these labels, and one hook enforces them."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from daybreak.domain.errors import ForbiddenError, NotFoundError
from daybreak.store.people import membership
from daybreak.store.tables import Person, Team
from daybreak.store.teams import team_by_slug
from webapp.db import SAFE, db
from webapp.destinations import local_path
from webapp.htmx import is_fragment
from webapp.identity import current_person, is_signed_in

Access = Literal["public", "signed_in", "team_member", "team_admin", "owner"]
View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Let everybody open the view."""
    return _label(view, "public")


def signed_in(view: View) -> View:
    """Let those who are signed in open the view; this is also what an unlabelled view asks for."""
    return _label(view, "signed_in")


def team_member(view: View) -> View:
    """Let members of the team `<slug>`, and owners, open the view, which is passed `team` for `slug`."""
    return _label(view, "team_member")


def team_admin(view: View) -> View:
    """Let admins of the team `<slug>`, and owners, open the view, which is passed `team` for `slug`."""
    return _label(view, "team_admin")


def owner(view: View) -> View:
    """Let owners of the workspace open the view."""
    return _label(view, "owner")


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Return the label of a view, or None where somebody forgot it."""
    if endpoint == "static":
        return "public"
    return getattr(app.view_functions[endpoint], "daybreak_access", None)


def is_admin(person: Person, team: Team) -> bool:
    """Tell whether the person manages the team: as its admin, or as an owner of the workspace."""
    return person.is_owner or _membership_role(person, team) == "admin"


def init_guards(app: Flask) -> None:
    """Enforce the labels before every view; without one, only those who are signed in come in."""

    @app.before_request
    def enforce() -> BaseResponse | None:
        if request.endpoint is None:
            return None
        access = access_of(current_app, request.endpoint) or "signed_in"
        if access == "public":
            return None
        if not is_signed_in():
            return to_sign_in()
        if access == "owner" and not current_person().is_owner:
            raise ForbiddenError
        if access in ("team_member", "team_admin"):
            assert request.view_args is not None  # noqa: S101 - the label says that there is a slug
            request.view_args["team"] = _team(request.view_args.pop("slug"), access)
        return None


def to_sign_in() -> BaseResponse:
    """Lead somebody who is signed out to the sign-in page and, from there, back."""
    if is_fragment():
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        wanted = local_path(here.path + (f"?{here.query}" if here.query else ""))
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("signin.show", next=wanted)
        return response
    wanted = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("signin.show", next=local_path(wanted)), 303)


def _team(slug: str, access: Access) -> Team:
    """Return the team if the person belongs to it; the answer for a foreign one is that of a missing one."""
    person = current_person()
    team = team_by_slug(db(), slug)
    if team is None:
        raise NotFoundError
    role = "admin" if person.is_owner else _membership_role(person, team)
    if role is None:
        raise NotFoundError
    if access == "team_admin" and role != "admin":
        raise ForbiddenError
    return team


def _membership_role(person: Person, team: Team) -> str | None:
    found = membership(db(), team.id, person.id)
    return found.role if found and found.joined_at and not found.left_at else None


def _label(view: View, access: Access) -> View:
    if hasattr(view, "daybreak_access"):
        raise TypeError(f"{view.__qualname__} carries two labels")
    view.daybreak_access = access  # type: ignore[attr-defined]
    return view
