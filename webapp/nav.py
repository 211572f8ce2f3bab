"""What the bar and the foot of a page may lead to: only pages that are there."""

from flask import Flask
from flask.globals import request_ctx


def has_page(path: str) -> bool:
    """Tell whether some view answers a GET of this path, such as /team/product/people."""
    adapter = request_ctx.url_adapter
    return adapter is not None and adapter.test(path, method="GET")


def init_nav(app: Flask) -> None:
    """Make `has_page` known to every template of the app."""
    app.jinja_env.globals["has_page"] = has_page
