"""Real services for everyone's tests; each starts when the first test asks for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from daybreak.runtime import Runtime
from tests.support import browser as browsers
from tests.support import databases, postgres, runtimes, slack, smtp, valkey


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey with a password; other tests of this run use it too, so choose your own keys."""
    with valkey.valkey_server(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[smtp.SmtpSink]:
    with smtp.smtp_server() as sink:
        yield sink


@pytest.fixture
def smtp_sink(_smtp_server: smtp.SmtpSink) -> smtp.SmtpSink:
    """A real SMTP server: `url`, `mails`, `reply("DATA", "451 4.3.0 later")`, `reply("RCPT", HANG_UP)`."""
    _smtp_server.clear()
    return _smtp_server


@pytest.fixture(scope="session")
def _slack_server() -> Iterator[slack.SlackSink]:
    with slack.slack_server() as sink:
        yield sink


@pytest.fixture
def slack_sink(_slack_server: slack.SlackSink) -> slack.SlackSink:
    """A Slack-like server: `webhook()`, `posts`, `reply("rate_limited", retry_after=3)`."""
    _slack_server.clear()
    return _slack_server


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[postgres.Postgres]:
    with postgres.postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(_postgres_server: postgres.Postgres) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    with _postgres_server.database() as name:
        yield _postgres_server.url(name)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.migrated_sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def _postgres_template(_postgres_server: postgres.Postgres) -> str:
    return databases.migrated_postgres(_postgres_server)


@pytest.fixture
def sqlite_database_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    return databases.copy_sqlite(_sqlite_template, tmp_path)


@pytest.fixture
def postgres_database_url(_postgres_server: postgres.Postgres, _postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    with databases.copied_postgres(_postgres_server, _postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own; the test runs once on SQLite and once on PostgreSQL."""
    name = "sqlite_database_url" if request.param == "sqlite" else "postgres_database_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime over a fresh database, once on SQLite and once on PostgreSQL; its clock is a SetClock."""
    with runtimes.runtime_for(database_url, tmp_path / "home") as built:
        yield built


@pytest.fixture
def sqlite_runtime(sqlite_database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime over SQLite, for tests about the file itself."""
    with runtimes.runtime_for(sqlite_database_url, tmp_path / "home") as built:
        yield built


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The installed Chromium; without one the test is skipped, or fails where REQUIRE_BROWSER=1."""
    path = browsers.find_chromium()
    if path is None:
        message = "no Chromium found: install the package chromium, or name one in DAYBREAK_CHROMIUM"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One headless Chromium for the whole run."""
    with browsers.chromium(chromium_path) as running:
        yield running


@pytest.fixture
def faults() -> Iterator[browsers.Faults]:
    """What pages did wrong; the test fails at its end unless it allowed it with `faults.allow("404")`."""
    collected = browsers.Faults()
    yield collected
    assert not collected.left


@pytest.fixture
def page(browser: Browser, faults: browsers.Faults) -> Iterator[Page]:
    """A page with cookies of its own; console errors, CSP violations and failed requests fail the test."""
    context = browser.new_context(locale="en-GB")
    try:
        page = context.new_page()
        faults.watch(page)
        yield page
    finally:
        context.close()
