"""`daybreak deliveries`: what was attempted, in the form that scripts rely on, and nobody's name."""

import json
from pathlib import Path

import pytest

from daybreak.cli import main
from tests.support.post_office import TEN, post_office
from tests.support.slack import SlackSink


def test_the_log(
    sqlite_database_url: str,
    tmp_path: Path,
    slack_sink: SlackSink,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home = tmp_path / "home"
    with post_office(sqlite_database_url, home, WEBHOOK_ALLOW=slack_sink.origin) as office:
        office.webhook(slack_sink.webhook("T/B/team"))
        office.policy(channels=["slack:breaks", "email"])
        slack_sink.reply("no_service")
        office.run(TEN)
    monkeypatch.setenv("DATABASE_URL", sqlite_database_url)
    monkeypatch.setenv("DAYBREAK_HOME", str(home))

    def told(*arguments: str) -> list[dict[str, object]]:
        assert main(["deliveries", "--json", *arguments]) == 0
        found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
        return found

    everything = told()
    (post,) = [one for one in everything if one["channel"] == "slack:breaks"]
    assert post == {
        "id": post["id"],
        "team": "product",
        "channel": "slack:breaks",
        "kind": "shared",
        "due_at": "2026-03-02T10:00:00Z",
        "state": "failed",
        "attempts": 1,
        "sent_at": None,
        "reason": "no_service",
    }
    assert {one["channel"] for one in told("--state", "sent")} == {"email"}
    assert told("--since", "2026-03-02T10:00Z", "--state", "failed") == [post]
    assert told("--since", "2026-03-02T11:00") == []
    assert "acme.test" not in json.dumps(everything)
    assert main(["deliveries"]) == 0
    assert "slack:breaks" in capsys.readouterr().out
    assert main(["deliveries", "--since", "soon"]) == 2
