"""One line a request: which page and how it went, by the route's name and never by its address."""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger(__name__)
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_request_log(app: Flask) -> None:
    """Give every request an id, which all of its log lines and its response carry, and a line of its own."""

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "began" in g and request.endpoint != "static":
            ms = round((time.monotonic() - g.began) * 1000)
            page = request.endpoint
            log.info("request", page=page, method=request.method, status=response.status_code, ms=ms)
            response.headers["X-Request-ID"] = g.request_id
        return response
