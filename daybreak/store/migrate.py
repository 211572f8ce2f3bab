"""Migrations: bring a database to the newest revision, and tell whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from daybreak.settings import ROOT
from daybreak.store.engine import make_engine

_LOCK = 4_207_849  # any number: two processes that migrate at once take turns


def upgrade(url: str) -> None:
    """Migrate the database to head; does nothing where it is there, waits where another migrates."""
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config(connection), "head")
    finally:
        engine.dispose()


def at_head(engine: Engine) -> bool:
    """Tell whether the database is at the newest revision."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(config()).get_current_head()


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the project, bound to the connection if one is given."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.attributes["connection"] = connection
    return made
