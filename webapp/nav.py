"""What the bar and the foot of a page may lead to: only pages that are there."""

from flask import Flask
from flask.globals import request_ctx

from daybreak.store.tables import Team
from webapp.guards import is_admin
from webapp.identity import person_or_none


def has_page(path: str) -> bool:
    """Tell whether some view answers a GET of this path, such as /team/product/people."""
    adapter = request_ctx.url_adapter
    return adapter is not None and adapter.test(path, method="GET")


def manages(team: Team) -> bool:
    """Tell whether who is signed in may open the pages of the team's admins."""
    person = person_or_none()
    return person is not None and is_admin(person, team)


def init_nav(app: Flask) -> None:
    """Make `has_page` and `manages` known to every template of the app."""
    app.jinja_env.globals.update(has_page=has_page, manages=manages)
