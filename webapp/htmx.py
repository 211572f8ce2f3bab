"""Pages and fragments: what differs between a request from the address bar and one from htmx."""

from typing import Any

from flask import Flask, Response, current_app, flash, g, make_response, redirect, render_template
from flask_htmx import HTMX
from werkzeug.wrappers import Response as BaseResponse

_htmx = HTMX()


def is_fragment() -> bool:
    """Tell whether htmx asks, and so for a fragment and not for a page."""
    return bool(_htmx) and not _htmx.history_restore_request


def render(page: str, fragment: str, status: int = 200, **context: Any) -> Response:
    """Render the fragment if htmx asks, else the page that includes it; the sentence of `say` goes along."""
    if is_fragment():
        body = render_template(fragment, **context) + _said()
    else:
        body = render_template(page, **context)
    response = make_response(body, status)
    response.vary.add("HX-Request")
    return response


def see_other(address: str) -> BaseResponse:
    """Lead to a page after an action (303); what was said is shown there."""
    if "say" in g:
        flash(g.pop("say"), "ok")
    response = redirect(address, 303)
    response.vary.add("HX-Request")
    return response


def say(text: str) -> None:
    """Tell the person what just happened: in the live region of the page, or as a notice on the next one."""
    if is_fragment():
        g.say = text
    else:
        flash(text, "ok")


def init_htmx(app: Flask) -> None:
    """Make `htmx` known to the app and its templates."""
    _htmx.init_app(app)


def _said() -> str:
    text = g.pop("say", None)
    if text is None:
        return ""
    macros: Any = current_app.jinja_env.get_template("macros/ui.html").module
    return str(macros.say(text))
