"""Errors become a status and a page here, and nowhere else; htmx takes the page's `data-problem` line."""

import secrets

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from daybreak.domain.errors import DaybreakError, ForbiddenError, InvalidValueError, NotFoundError
from daybreak.wording import gettext as _
from webapp.throttle import TooManyTriesError

log = structlog.get_logger(__name__)

STATUSES: tuple[tuple[type[DaybreakError], int], ...] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (InvalidValueError, 422),
    (DaybreakError, 400),
)
OWN_PAGES = (400, 403, 404, 429, 500, 503)


class ForgedRequestError(DaybreakError):
    """This was not sent from a page of Daybreak. Nothing was changed. Reload the page and try again."""


def init_errors(app: Flask) -> None:
    """Give the app its error pages."""
    app.register_error_handler(DaybreakError, _known)
    app.register_error_handler(TooManyTriesError, _too_many)
    app.register_error_handler(HTTPException, _http)  # a CSRFError is a 400, whose page speaks of old forms
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(InterfaceError, _database)
    app.register_error_handler(InternalServerError, _unexpected)


def _known(error: DaybreakError) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return _page(status, text=_(str(error)), hint=_(error.hint) if error.hint else "")


def _too_many(error: TooManyTriesError) -> Response:
    response = _page(429, minutes=error.minutes)
    response.headers["Retry-After"] = str(error.minutes * 60)
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    words = {
        405: _("This page cannot do that. Go back and try another way."),
        413: _("That is more than Daybreak takes at once: 2 MiB. Nothing was changed."),
    }
    response = _page(error.code or 500, text=words.get(error.code or 500, ""))
    response.headers.extend((n, v) for n, v in error.get_headers() if n in ("Allow", "Retry-After"))
    return response


def _database(error: BaseException) -> Response:
    log.error("database_unavailable", kind=type(error).__name__, page=request.endpoint, exc_info=error)
    response = _page(503)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: InternalServerError) -> Response:
    original = error.original_exception
    if isinstance(original, OperationalError | InterfaceError):  # from the commit, which comes after the view
        return _database(original)
    reference = secrets.token_hex(4)
    log.error("unexpected", reference=reference, page=request.endpoint, exc_info=original or error)
    return _page(500, reference=reference)


def _page(status: int, **context: object) -> Response:
    """Render the page for nobody: alike for everybody, and standing when the database does not."""
    g.without_identity = True
    name = str(status) if status in OWN_PAGES else "other"
    return make_response(render_template(f"pages/errors/{name}.html", **context), status)
