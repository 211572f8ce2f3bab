"""Logs: one JSON object a line, in which no token, secret address or e-mail address ever stands."""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, WrappedLogger

_HIDDEN = "[hidden]"
_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*")
_TOKEN_PATH = re.compile(r"(/(?:b|u|signin|join|setup)/|[?&](?:code|token|key)=)[^\s/?&\"'#]+")
_WEBHOOK = re.compile(r"(/services/)[^\s\"']+")
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+]*://)[^\s/@\"']*@")
_SECRET_KEYS = ("token", "secret", "password", "email", "webhook", "cookie", "authorization", "csrf")


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs, those of libraries too, as JSON lines from `level` up to `stream` (default stderr)."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(sort_keys=True, default=repr),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel("WARNING")  # it would greet at every look of /readyz
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what must not be read in a log, by the name of its key or by what it looks like."""
    return {key: _HIDDEN if _is_secret(key) else _hide(value) for key, value in event.items()}


def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_KEYS)


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _HIDDEN if _is_secret(str(key)) else _hide(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _LOGIN.sub(rf"\1{_HIDDEN}@", str(value))
    text = _TOKEN_PATH.sub(rf"\1{_HIDDEN}", text)
    text = _WEBHOOK.sub(rf"\1{_HIDDEN}", text)
    return _EMAIL.sub(_HIDDEN, text)
