"""The request's database session: reading on GET and HEAD, one writing transaction on everything else."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from daybreak.runtime import Runtime
from daybreak.services import auditing

SAFE = ("GET", "HEAD", "OPTIONS")
log = structlog.get_logger(__name__)


def runtime() -> Runtime:
    """Return the composition root of the current app."""
    made: Runtime = current_app.extensions["daybreak.runtime"]
    return made


def db() -> Session:
    """Return the session of this request: reading on GET and HEAD, one writing transaction on all others.

    It is committed after the view when the status is below 400 and rolled back otherwise. A GET that must
    record something opens `runtime().writing()` of its own; others must not: they wait for themselves.
    """
    if "db" not in g:
        opened = runtime().reading() if request.method in SAFE else _writing()
        g.db = opened.__enter__()
        g.db_context = opened
    session: Session = g.db
    return session


def after_commit(call: Callable[[], object]) -> None:
    """Do something, such as ringing a task, once what this request wrote can be seen by others."""
    g.setdefault("after_commit", []).append(call)


def commit() -> None:
    """Commit what was done so far and do what waits for it, whatever the answer of this request will be."""
    if "db" in g and request.method not in SAFE:
        g.db.commit()
    for call in g.pop("after_commit", []):
        try:
            call()
        except Exception:
            log.exception("after_commit_failed", call=getattr(call, "__qualname__", repr(call)))


def init_db(app: Flask, made: Runtime) -> None:
    """Give every request of the app its session."""
    app.extensions["daybreak.runtime"] = made

    @app.after_request
    def settle(response: Response) -> Response:
        if response.status_code < 400:
            commit()
        return response

    @app.teardown_request
    def close(_problem: BaseException | None) -> None:
        context: AbstractContextManager[Session] | None = g.pop("db_context", None)
        g.pop("db", None)
        if context is not None:
            context.__exit__(None, None, None)


def _writing() -> AbstractContextManager[Session]:
    origin = auditing.truncated(request.remote_addr)
    return Session(runtime().engine, expire_on_commit=False, info={auditing.ORIGIN: origin})
