"""What Slack sends us, signed: buttons and the slash command; and the page that connects an account."""

import structlog
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import tasks
from daybreak.channels.slack import check_response_address
from daybreak.channels.slack.hearing import is_signed, read_command, read_press
from daybreak.domain.errors import DaybreakError, InvalidValueError, NotFoundError
from daybreak.services import auditing, pressing, slack_accounts, whispering
from daybreak.wording import gettext as _
from webapp.db import after_commit, db, runtime
from webapp.guards import public, signed_in
from webapp.htmx import say
from webapp.identity import current_person
from webapp.throttle import client_address

bp = Blueprint("slack", __name__, url_prefix="/slack")
log = structlog.get_logger(__name__)


@bp.post("/interactions")
@public
def interactions() -> ResponseReturnValue:
    """A pressed button. Slack shows nothing of this answer: what we say is posted by a task."""
    body = _signed_body()
    pressed = read_press(body)
    if pressed is None or not _is_new():
        return "", 200  # another app's button, or the same request again
    text = pressing.press(db(), pressed, runtime().now())
    try:
        address = check_response_address(pressed.answer_at, runtime().settings.webhook_allow)
    except InvalidValueError:
        log.warning("slack_names_no_address_to_answer_at")
        return "", 200
    reply_id = whispering.plan(db(), runtime(), pressed.presser, address, text, runtime().now())
    after_commit(lambda: tasks.ring_whispers([reply_id]))
    return "", 200


@bp.post("/commands")
@public
def commands() -> ResponseReturnValue:
    """`/moved`: answered in place, to whoever typed it alone."""
    presser = read_command(_signed_body())
    if presser is None or not _is_new():
        return "", 200
    now = runtime().now()
    return jsonify(whispering.said(db(), runtime(), presser, pressing.moved(db(), presser, now), now))


@bp.get("/connect/<token>")
@signed_in
def connect(token: str) -> ResponseReturnValue:
    """Ask whether this Slack account is theirs; opening the page changes nothing."""
    return _page(token)


@bp.post("/connect/<token>")
@signed_in
def connected(token: str) -> ResponseReturnValue:
    """Connect it, once."""
    _has_secret()
    origin = auditing.truncated(client_address())
    try:
        slack_accounts.connect(db(), token, current_person(), runtime().now(), origin=origin)
    except NotFoundError:
        raise
    except DaybreakError as refusal:
        return _page(token, _(str(refusal)), 409)
    say(_("Connected. Buttons in Slack now log your breaks."))
    return redirect(url_for("my_slack.show"), 303)


def _page(token: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    _has_secret()
    presser = None
    if not problem:
        try:
            presser = slack_accounts.offered(db(), token, runtime().now())
        except slack_accounts.ConnectExpiredError as refusal:
            problem, status = _(str(refusal)), 410
    page = render_template("pages/slack/connect.html", presser=presser, problem=problem, token=token)
    response = Response(page, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _signed_body() -> bytes:
    """Return the raw bytes that Slack signed; whoever else sends something gets a 401 and changes nothing."""
    secret = _has_secret()
    body = request.get_data(cache=True, parse_form_data=False)
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not is_signed(secret, timestamp, _signature(), body, runtime().now()):
        abort(Response("not signed by Slack, or not lately\n", 401, content_type="text/plain; charset=utf-8"))
    return body


def _is_new() -> bool:
    return pressing.is_new(db(), _signature(), runtime().now())


def _signature() -> str:
    return request.headers.get("X-Slack-Signature", "")


def _has_secret() -> str:
    """Return the signing secret; without one there are no such pages."""
    secret = runtime().settings.slack_signing_secret
    if not secret:
        raise NotFoundError
    return secret
