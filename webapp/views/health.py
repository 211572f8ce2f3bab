"""Whether the process lives and the installation works, for machines that ask."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.guards import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer, which is all that is asked."""
    return {"status": "ok"}
