"""The page behind a message's link: a GET shows a button, a POST acts; it gives no session."""

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from daybreak.data import catalogue
from daybreak.domain import prompt as prompts
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.services import linked
from daybreak.services.linked import LinkExpiredError
from daybreak.tokens import hash_token
from daybreak.wording import gettext as _
from webapp.db import db, runtime
from webapp.guards import public
from webapp.htmx import see_other
from webapp.nonces import is_shown, nonce

bp = Blueprint("answer", __name__, url_prefix="/b")

REPLIES = {"done": prompts.DONE, "skip": prompts.SKIP, "snooze": prompts.snooze()}


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show the break and the buttons; however often it is opened, and by whatever, nothing changes."""
    return _page(token)


@bp.post("/<token>")
@public
def act(token: str) -> ResponseReturnValue:
    """Do what the button says, once, and show what has become of it."""
    wished = request.form.get("do", "done")
    if not is_shown("answer", hash_token(token), request.form.get("nonce", "")):
        return _page(token, _("Please press the button once more."), 400)
    try:
        if wished == "undo":
            linked.undo_link(db(), token, runtime().now())
        else:
            linked.answer_link(db(), token, REPLIES.get(wished, prompts.DONE), runtime().now())
    except (NotFoundError, LinkExpiredError):
        return _page(token)
    except DaybreakError as refusal:
        return _page(token, _(str(refusal)), 409)
    return _dressed(see_other(url_for("answer.show", token=token)))


def _page(token: str, notice: str = "", status: int = 200) -> Response:
    try:
        page = linked.linked(db(), token, catalogue(), runtime().now())
    except NotFoundError:
        return _dressed(make_response(render_template("pages/answer/gone.html", expired=False), 404))
    except LinkExpiredError:
        return _dressed(make_response(render_template("pages/answer/gone.html", expired=True), 410))
    wished = request.args.get("do", "done")
    html = render_template(
        "pages/answer/index.html",
        page=page,
        primary=wished if wished in REPLIES else "done",
        token=token,
        nonce=nonce("answer", hash_token(token)),
        notice=notice,
        safety=catalogue().safety.short,
    )
    return _dressed(make_response(html, status))


def _dressed(response: ResponseReturnValue) -> Response:
    """Keep the page out of indexes and caches, and its address out of the next request."""
    dressed = make_response(response)
    dressed.headers["X-Robots-Tag"] = "noindex, nofollow"
    dressed.headers["Referrer-Policy"] = "no-referrer"
    dressed.headers["Cache-Control"] = "no-store"
    return dressed
