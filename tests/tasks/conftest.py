"""Post offices: one over both databases with a real SMTP server, and what else a test asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.post_office import PostOffice, post_office
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink


@pytest.fixture
def office(
    database_url: str, tmp_path: Path, smtp_sink: SmtpSink, slack_sink: SlackSink
) -> Iterator[PostOffice]:
    """A post office with mail and Slack, on SQLite and on PostgreSQL."""
    environ = {"SMTP_URL": smtp_sink.url, "WEBHOOK_ALLOW": slack_sink.origin}
    with post_office(database_url, tmp_path / "home", **environ) as made:
        yield made
