"""What every request must show and every response carries: host, origin, CSRF, CSP, caching, set-up."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, redirect, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as BaseResponse

from daybreak.store.tables import Workspace
from webapp.db import SAFE, runtime
from webapp.errors import ForgedRequestError

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# One-click unsubscribe carries no cookie; Slack signs its requests itself.
UNSIGNED = ("/u/", "/slack/interactions", "/slack/commands")
NONCED = ("/b/",)  # the page behind a message's link brings a signed nonce: webviews of mail block cookies
BEFORE_SETUP = ("/setup", "/static/", "/healthz", "/readyz", "/metrics")
_csrf = CSRFProtect()


def init_headers(app: Flask) -> None:
    """Refuse what is not meant for us or not sent by our pages, and dress every response."""
    _csrf.init_app(app)
    app.before_request(_refuse_unknown_host)
    app.before_request(_refuse_forged)
    app.before_request(_lead_to_setup)
    app.after_request(_dress)


def _refuse_unknown_host() -> Response | None:
    if not isinstance(request.routing_exception, SecurityError):
        return None
    words = "This address is not one that Daybreak knows. Open the one you were given.\n"
    return Response(words, 400, content_type="text/plain; charset=utf-8")


def _refuse_forged() -> None:
    if request.method in SAFE or request.path.startswith(UNSIGNED):
        return
    if not _is_from_our_pages():
        raise ForgedRequestError
    if not request.path.startswith(NONCED):
        _csrf.protect()


def _is_from_our_pages() -> bool:
    """Tell by what browsers say of where a request comes from; the others have the token to show."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":  # null: sent by a page whose Referrer-Policy is no-referrer
        return True
    ours = (_origin_of(runtime().settings.base_url), _origin_of(request.host_url))
    return origin in ours


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _lead_to_setup() -> BaseResponse | None:
    """Lead everything to the set-up until it is done, which is asked of the database until it is."""
    if current_app.extensions.get("daybreak.set_up") or request.path.startswith(BEFORE_SETUP):
        return None
    with runtime().reading() as session:
        workspace = session.get(Workspace, 1)
    if workspace is not None and workspace.setup_done_at is not None:
        current_app.extensions["daybreak.set_up"] = True
        return None
    return redirect("/setup", 303)


def _dress(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if runtime().settings.https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint == "static" and "v" in request.args and response.status_code < 400:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
