"""A fresh migrated database for every test, cheaply: a copy of one that was migrated once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybreak.store.migrate import upgrade
from tests.support.postgres import Postgres

POSTGRES_TEMPLATE = "daybreak_template"


def sqlite_url(file: Path) -> str:
    """What goes into DATABASE_URL for a SQLite file; `file` is absolute."""
    return f"sqlite:///{file}"


def migrated_sqlite(folder: Path) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    file = folder / "template.sqlite3"
    upgrade(sqlite_url(file))
    return file


def copy_sqlite(template: Path, folder: Path) -> str:
    """Copy the template into `folder`; the URL of the copy."""
    file = folder / "daybreak.sqlite3"
    shutil.copy(template, file)
    wal = template.with_name(template.name + "-wal")
    if wal.exists():
        shutil.copy(wal, file.with_name(file.name + "-wal"))
    return sqlite_url(file)


def migrated_postgres(server: Postgres) -> str:
    """A PostgreSQL database with the newest schema, to be copied; its name."""
    server.run(f"CREATE DATABASE {POSTGRES_TEMPLATE} TEMPLATE template0")
    upgrade(server.url(POSTGRES_TEMPLATE))
    return POSTGRES_TEMPLATE


@contextmanager
def copied_postgres(server: Postgres, template: str) -> Iterator[str]:
    """A copy of the template for one test; yields its URL."""
    with server.database(template=template) as name:
        yield server.url(name)
