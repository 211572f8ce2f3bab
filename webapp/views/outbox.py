"""The outbox: without a mail server, what would have gone out, for owners to see."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from daybreak.channels import outbox
from daybreak.domain.errors import NotFoundError
from daybreak.letters.reading import Seen, see
from webapp.db import runtime
from webapp.guards import owner
from webapp.headers import POLICY
from webapp.identity import current_person

bp = Blueprint("outbox", __name__, url_prefix="/outbox")

PAGE = 20
# The mail's own styles stand on its elements; nothing else may load, run or submit.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail in the list."""

    name: str
    mail: Seen


@bp.get("")
@owner
def index() -> ResponseReturnValue:
    """The mails, the newest first, twenty a page."""
    _only_without_smtp()
    names = outbox.listed(_folder())
    pages = max(1, ceil(len(names) / PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = [_entry(name) for name in names[(page - 1) * PAGE : page * PAGE]]
    return render_template(
        "pages/outbox/index.html",
        entries=[entry for entry in shown if entry],
        total=len(names),
        page=page,
        pages=pages,
    )


@bp.get("/<name>")
@owner
def show(name: str) -> ResponseReturnValue:
    """One mail: as its reader sees it, its text, and its source."""
    response = make_response(render_template("pages/outbox/mail.html", name=name, mail=_mail(name)))
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@bp.get("/<name>/html")
@owner
def html(name: str) -> ResponseReturnValue:
    """The HTML part alone, for the frame of the page: it runs nothing and loads nothing."""
    # A link leads the whole tab away: no page of ours lets itself be framed.
    framed = _mail(name).html.replace("<head>", '<head>\n<base target="_top">', 1)
    response = Response(framed, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _mail(name: str) -> Seen:
    _only_without_smtp()
    content = outbox.read(_folder(), name)
    if content is None:
        raise NotFoundError
    return see(content, current_person().email)


def _entry(name: str) -> Entry | None:
    content = outbox.read(_folder(), name)
    return Entry(name, see(content, current_person().email)) if content else None


def _folder() -> Path:
    return runtime().settings.home / "outbox"


def _only_without_smtp() -> None:
    if runtime().settings.smtp is not None:
        raise NotFoundError
