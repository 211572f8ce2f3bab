"""How workers come back to a lost Redis: they look every two seconds; Celery would wait for up to thirty."""

from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection

MOST_S = 2.0


class ImpatientConnection(Connection):
    """A connection whose retries are never further apart than two seconds."""

    def _ensure_connection(
        self,
        errback: Any = None,
        max_retries: Any = None,
        interval_start: Any = 0.5,
        interval_step: Any = 0.5,
        interval_max: Any = MOST_S,
        callback: Any = None,
        reraise_as_library_errors: Any = True,
        timeout: Any = None,
    ) -> Any:
        """Connect as kombu does, which calls this by position too, with shorter waits."""
        return super()._ensure_connection(  # type: ignore[no-untyped-call]
            errback,
            max_retries,
            min(MOST_S, interval_start),
            min(MOST_S, interval_step),
            min(MOST_S, interval_max),
            callback,
            reraise_as_library_errors,
            timeout,
        )


class Amqp(AMQP):  # type: ignore[misc]
    """Celery's side of the broker, with such connections."""

    Connection = ImpatientConnection
    BrokerConnection = ImpatientConnection
