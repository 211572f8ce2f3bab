"""A real Valkey for tests, configured exactly as `up` configures it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybreak.launch import valkey
from tests.support.processes import running


@contextmanager
def valkey_server(folder: Path) -> Iterator[str]:
    """Run an embedded Valkey with its data in `folder`; yields its URL."""
    embedded = valkey.prepare(folder)
    with running(embedded.command, log=folder / "valkey.log", ready=embedded.answers):
        yield embedded.url
