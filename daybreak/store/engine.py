"""Engines: SQLite in WAL with IMMEDIATE writers, PostgreSQL through psycopg, and read-only transactions."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_S = 15


def make_engine(url: str) -> Engine:
    """Return an engine for the address; the folder of an SQLite file must exist."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=5, hide_parameters=True)


def reading(engine: Engine) -> Engine:
    """Return the same engine, the same pool, with transactions in which nothing can be written."""
    return engine.execution_options(daybreak_reading=True, postgresql_readonly=True)


def _sqlite(url: str) -> Engine:
    arguments = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)  # errors end up in logs
    path = make_url(url).database

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - what create_engine was asked for
        connection.isolation_level = None  # transactions begin where we say, below
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        if path:
            Path(path).chmod(0o600)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("daybreak_reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        # A deferred writer that has read before cannot upgrade while another writes: it would fail at once.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
