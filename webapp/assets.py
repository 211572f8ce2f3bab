"""Addresses of static files that change when the file does, so that browsers may keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for

_STATIC = Path(__file__).parent / "static"


@cache
def digest(path: str) -> str:
    """The first ten hex digits of the SHA-256 of a file of webapp/static; KeyError names a missing file."""
    try:
        return hashlib.sha256((_STATIC / path).read_bytes()).hexdigest()[:10]
    except OSError as error:
        raise KeyError(f"webapp/static has no {path!r}") from error


def asset(path: str) -> str:
    """The address of a file of webapp/static, with its digest as `?v=`; needs an app context."""
    return url_for("static", filename=path, v=digest(path))


def init_assets(app: Flask) -> None:
    """Make `asset` known to every template of the app."""
    app.jinja_env.globals["asset"] = asset
