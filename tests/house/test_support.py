"""The services that other tests stand on are real and do what they are told."""

import json
import smtplib
import urllib.error
import urllib.request

import psycopg
import pytest
import redis
from playwright.sync_api import Page

from tests.support.browser import Faults
from tests.support.slack import SlackSink
from tests.support.smtp import HANG_UP, SmtpSink


def test_valkey_answers_and_wants_its_password(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.ping()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    without = valkey_url.replace(valkey_url.split("@")[0] + "@", "redis://")
    with redis.Redis.from_url(without) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_postgres_gives_a_database_per_test(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
    assert row is not None
    assert row[0] >= 160000


def test_smtp_keeps_the_bytes_and_the_envelope(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.sendmail("a@acme.test", ["ana@acme.test"], b"Subject: up\r\n\r\nmove\r\n")
        client.sendmail("a@acme.test", ["bo@acme.test"], b"Subject: two\r\n\r\nmove\r\n")
    assert [mail.message["Subject"] for mail in smtp_sink.mails] == ["up", "two"]
    assert smtp_sink.to("bo@acme.test")[0].content == b"Subject: two\r\n\r\nmove\r\n"
    assert len({mail.connection for mail in smtp_sink.mails}) == 1


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        ("MAIL", smtplib.SMTPSenderRefused),
        ("RCPT", smtplib.SMTPRecipientsRefused),
        ("DATA", smtplib.SMTPDataError),
    ],
)
def test_smtp_refuses_when_told(smtp_sink: SmtpSink, verb: str, error: type[Exception]) -> None:
    smtp_sink.reply(verb, "451 4.3.0 later")  # type: ignore[arg-type]
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        with pytest.raises(error):
            client.sendmail("a@acme.test", ["ana@acme.test"], b"Subject: up\r\n\r\nmove\r\n")
        assert smtp_sink.mails == []
        client.sendmail("a@acme.test", ["ana@acme.test"], b"Subject: up\r\n\r\nmove\r\n")
    assert len(smtp_sink.mails) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_smtp_hangs_up_when_told(smtp_sink: SmtpSink, verb: str) -> None:
    smtp_sink.reply(verb, HANG_UP)  # type: ignore[arg-type]
    client = smtplib.SMTP(smtp_sink.host, smtp_sink.port)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.sendmail("a@acme.test", ["ana@acme.test"], b"Subject: up\r\n\r\nmove\r\n")
    client.close()
    assert smtp_sink.mails == []


def test_slack_answers_like_slack(slack_sink: SlackSink) -> None:
    assert _post(slack_sink, {"text": "up"}) == (200, "ok", None)
    assert _post(slack_sink, {}) == (400, "invalid_payload", None)
    slack_sink.reply("rate_limited", retry_after=3)
    assert _post(slack_sink, {"text": "up"}) == (429, "rate_limited", "3")
    slack_sink.reply("no_service")
    assert _post(slack_sink, {"text": "up"}) == (404, "no_service", None)
    assert [post.payload for post in slack_sink.posts] == [{"text": "up"}]


@pytest.mark.browser
def test_the_browser_reports_faults(page: Page, faults: Faults, slack_sink: SlackSink) -> None:
    page.set_content("<h1>Up</h1><script>missing()</script>")
    assert page.get_by_role("heading", name="Up").is_visible()
    page.goto(slack_sink.webhook())
    assert any("script error" in fault for fault in faults.left)
    assert any(fault.startswith("501") for fault in faults.left)
    faults.allow("script error")
    faults.allow("501")
    faults.allow("console")


def test_every_test_gets_a_migrated_database(database_url: str) -> None:
    from sqlalchemy import create_engine, inspect

    engine = create_engine(database_url)
    try:
        assert "alembic_version" in inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _post(sink: SlackSink, payload: dict[str, str]) -> tuple[int, str, str | None]:
    request = urllib.request.Request(sink.webhook(), data=json.dumps(payload).encode())
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode(), response.headers["Retry-After"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers["Retry-After"]
