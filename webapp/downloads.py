"""Files that a page gives: named, never rendered, never kept by a cache."""

from flask import Response


def download(content: bytes, name: str, kind: str) -> Response:
    """Return a response that a browser saves under the name; `kind` is a media type."""
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def csv(content: bytes, name: str) -> Response:
    """Return a CSV file."""
    return download(content, name, "text/csv; charset=utf-8")
