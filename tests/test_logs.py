"""Logs are JSON lines in which nothing secret stands."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from daybreak import logs

SECRETS = (
    "ana@acme.test",
    "T000/B000/xxxx",
    "q2Zf0-token",
    "its-password",
)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; logging is put back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_ours_and_those_of_libraries_alike(lines: io.StringIO) -> None:
    structlog.get_logger("daybreak.x").info("sent", deliveries=3)
    logging.getLogger("library").warning("slow: %s s", 3, extra={"host": "a"})
    structlog.get_logger("daybreak.x").debug("not asked for")
    ours, theirs = read(lines)
    assert (ours["event"], ours["deliveries"], ours["level"], ours["logger"]) == (
        "sent",
        3,
        "info",
        "daybreak.x",
    )
    assert (theirs["event"], theirs["host"], theirs["level"]) == ("slow: 3 s", "a", "warning")
    assert ours["at"].endswith("Z")


def test_the_request_id_is_on_every_line(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("one")
        logging.getLogger("library").info("two")
    assert [line["request_id"] for line in read(lines)] == ["r1", "r1"]


@pytest.mark.parametrize(
    "text",
    [
        "mail to ana@acme.test refused",
        "POST https://hooks.slack.com/services/T000/B000/xxxx 404",
        "GET /b/q2Zf0-token?do=done",
        "GET /u/q2Zf0-token",
        "http://localhost/signin/q2Zf0-token",
        "/join/q2Zf0-token",
        "/setup?code=q2Zf0-token",
        "cannot reach redis://:its-password@127.0.0.1:6379/0",
        "postgresql+psycopg://daybreak:its-password@db/daybreak",
    ],
)
def test_secrets_are_hidden_wherever_they_stand(lines: io.StringIO, text: str) -> None:
    log = structlog.get_logger()
    log.info(text)
    log.info("x", detail={"inner": [text]}, error=ValueError(text))
    logging.getLogger("library").info("%s", text)
    log.error("failed", exc_info=RuntimeError(text))
    assert len(read(lines)) == 4
    assert "RuntimeError" in lines.getvalue()
    assert not any(secret in lines.getvalue() for secret in SECRETS)


def test_secrets_are_hidden_by_name(lines: io.StringIO) -> None:
    structlog.get_logger().info(
        "x", csrf_token="q2Zf0-token", headers={"Cookie": "its-password"}, api_secret="s"
    )
    assert not any(secret in lines.getvalue() for secret in SECRETS)


def test_what_is_no_secret_stays(lines: io.StringIO) -> None:
    structlog.get_logger().info("deliveries/3 at 10:00", page="team.show", ms=12, ok=True, none=None)
    (line,) = read(lines)
    assert (line["event"], line["page"], line["ms"], line["ok"], line["none"]) == (
        "deliveries/3 at 10:00",
        "team.show",
        12,
        True,
        None,
    )
