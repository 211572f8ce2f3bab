"""`up --demo` on homes that are empty, a demo already, or somebody's own."""

import urllib.request
from pathlib import Path

import pytest

from tests.support.demo import demo
from tests.support.house import house_at
from tests.support.smtp import SmtpSink

pytestmark = pytest.mark.journey

WORKSPACE = """
[workspace]
name = "Acme"

[[team]]
slug = "product"
name = "Product team"
zone = "Europe/Lisbon"

[[person]]
email = "ana@acme.test"
name = "Ana"
teams = ["product"]
owner = true
accepted = true
"""


def test_a_demo_starts_again_with_new_links_and_sends_no_mail(tmp_path: Path, smtp_sink: SmtpSink) -> None:
    house = house_at(tmp_path, SMTP_URL=smtp_sink.url)
    with demo(house) as first:
        assert list(first) == ["an owner", "an admin", "a member"]
        with urllib.request.urlopen(first["an owner"], timeout=30) as response:
            assert b"Sign in as" in response.read()
    people = house.rows("SELECT id, email FROM person ORDER BY id")
    assert house.rows("SELECT count(*) > 5000 FROM prompt") == [(True,)]
    with demo(house) as second:
        assert not set(first.values()) & set(second.values())
    assert house.rows("SELECT id, email FROM person ORDER BY id") == people
    assert smtp_sink.mails == []


def test_a_home_with_a_workspace_is_refused(tmp_path: Path) -> None:
    house = house_at(tmp_path)
    (tmp_path / "acme.toml").write_text(WORKSPACE)
    house.command("apply", str(tmp_path / "acme.toml"))
    before = house.rows("SELECT * FROM person")
    for words in (("up", "--demo", "--port", "0"), ("demo",)):
        refused = house.command(*words, check=False)
        assert refused.returncode == 1
        assert "a workspace here already" in refused.stderr
        assert "--home" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert "started" not in refused.stdout
    assert house.rows("SELECT * FROM person") == before
