"""The end of e-mail prompts: one click in a mail program (RFC 8058), or a button on a page."""

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

import tasks
from daybreak.services import linked
from daybreak.tokens import hash_token
from webapp.db import after_commit, db, runtime
from webapp.guards import public
from webapp.nonces import is_shown, nonce

bp = Blueprint("unsubscribe", __name__, url_prefix="/u")


@bp.get("/<key>")
@public
def show(key: str) -> ResponseReturnValue:
    """Show a button; opening the page changes nothing."""
    return _page(key, acted=False)


@bp.post("/<key>")
@public
def act(key: str) -> ResponseReturnValue:
    """Stop e-mail prompts at once; on again needs the form of a page that was shown.

    The one-click POST of a mail program carries neither cookie nor nonce, and is answered 200 in place.
    """
    on = request.form.get("do") == "on" and is_shown(
        "unsubscribe", hash_token(key), request.form.get("nonce", "")
    )
    if on or request.form.get("do") != "on":
        ids = linked.switch_email(db(), key, runtime().now(), on=on)
        after_commit(lambda: tasks.ring(ids))
    return _page(key, acted=True)


def _page(key: str, *, acted: bool) -> Response:
    html = render_template(
        "pages/unsubscribe/index.html",
        wanted=linked.email_wanted(db(), key),
        acted=acted,
        key=key,
        nonce=nonce("unsubscribe", hash_token(key)),
    )
    response = make_response(html)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
