"""Works over SQLite and PostgreSQL, with a Valkey of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink
from tests.support.valkey import valkey_server
from tests.support.works import Works, works


@pytest.fixture
def site(database_url: str, tmp_path: Path, smtp_sink: SmtpSink, slack_sink: SlackSink) -> Iterator[Works]:
    """Works on each database."""
    with (
        valkey_server(tmp_path / "valkey") as url,
        works(database_url, tmp_path, url, smtp_sink, WEBHOOK_ALLOW=slack_sink.origin) as made,
    ):
        yield made


@pytest.fixture
def small_site(
    sqlite_database_url: str, tmp_path: Path, smtp_sink: SmtpSink, slack_sink: SlackSink
) -> Iterator[Works]:
    """Works on SQLite alone, for what does not depend on the database."""
    with (
        valkey_server(tmp_path / "valkey") as url,
        works(sqlite_database_url, tmp_path, url, smtp_sink, WEBHOOK_ALLOW=slack_sink.origin) as made,
    ):
        yield made


@pytest.fixture
def postgres_site(
    postgres_database_url: str, tmp_path: Path, smtp_sink: SmtpSink, slack_sink: SlackSink
) -> Iterator[Works]:
    """Works on PostgreSQL alone, for many workers at once."""
    with (
        valkey_server(tmp_path / "valkey") as url,
        works(postgres_database_url, tmp_path, url, smtp_sink, WEBHOOK_ALLOW=slack_sink.origin) as made,
    ):
        yield made
