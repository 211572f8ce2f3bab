"""Errors become a status and a page or fragment here, and nowhere else."""

import secrets

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from daybreak.domain.errors import DaybreakError, ForbiddenError, InvalidValueError, NotFoundError
from daybreak.wording import gettext as _

log = structlog.get_logger(__name__)

STATUSES: tuple[tuple[type[DaybreakError], int], ...] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (InvalidValueError, 422),
    (DaybreakError, 400),
)
OWN_PAGES = (400, 403, 404, 429, 500)


class ForgedRequestError(DaybreakError):
    """This form was not sent from a page of Daybreak. Nothing was changed."""


def init_errors(app: Flask) -> None:
    """Give the app its error pages."""
    app.register_error_handler(DaybreakError, _known)
    app.register_error_handler(CSRFError, lambda _error: _page(400))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(InterfaceError, _database)
    app.register_error_handler(InternalServerError, _unexpected)


def _known(error: DaybreakError) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return _page(status, text=_(str(error)), hint=_(error.hint) if error.hint else "")


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    words = {
        405: _("This page cannot do that. Go back and try another way."),
        413: _("That is more than Daybreak takes at once: 2 MiB. Nothing was changed."),
    }
    return _page(error.code or 500, text=words.get(error.code or 500, ""))


def _database(error: Exception) -> Response:
    log.error("database_unavailable", kind=type(error).__name__, endpoint=request.endpoint)
    response = _page(503, text=_("The database is busy. Nothing was changed. Try again in a moment."))
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: InternalServerError) -> Response:
    original = error.original_exception
    if isinstance(original, OperationalError | InterfaceError):  # from the commit, after the view
        return _database(original)
    reference = secrets.token_hex(4)
    log.error("unexpected", reference=reference, endpoint=request.endpoint, exc_info=original or error)
    return _page(500, reference=reference)


def _page(status: int, **context: object) -> Response:
    name = str(status) if status in OWN_PAGES else "error"
    return make_response(render_template(f"pages/errors/{name}.html", **context), status)
