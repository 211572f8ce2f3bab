"""The commands, run as they are from their arguments to what they print."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak import cli
from daybreak.runtime import Runtime, build
from daybreak.services import accounts
from daybreak.services.pausing import pause_until
from daybreak.settings import load
from daybreak.store.migrate import at_head
from daybreak.store.people import person_by_email
from daybreak.store.tables import AuditEntry, Base, Person
from tests.support.files import GOOD, WEBHOOK
from tests.support.smtp import SmtpSink

ANA = "ana@acme.test"


@dataclass
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs commands on a home of its own."""

    home: Path
    environ: dict[str, str]
    run: Callable[..., Ran]

    def runtime(self) -> Runtime:
        """The same installation, for looking at."""
        return build(load({"DAYBREAK_HOME": str(self.home), **self.environ}))

    def rows(self) -> list[object]:
        """Every row but the audit log's."""
        runtime = self.runtime()
        with runtime.reading() as session:
            tables = [t for t in Base.metadata.sorted_tables if t.name != "audit_entry"]
            found = [tuple(row) for table in tables for row in session.execute(select(table))]
        runtime.engine.dispose()
        return list(found)


@pytest.fixture
def shell(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """Commands over a migrated database, once on SQLite and once on PostgreSQL."""
    environ = {"DATABASE_URL": database_url}
    for name in ("DAYBREAK_HOME", "REDIS_URL", "SMTP_URL", "BASE_URL", "DAYBREAK_ENV", "WEBHOOK_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def run(*argv: str) -> Ran:
        status = cli.main([*argv, "--home", str(tmp_path / "home")])
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return Shell(tmp_path / "home", environ, run)


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A good workspace file in which Ana is accepted."""
    path = tmp_path / "acme.toml"
    path.write_text(GOOD.replace('zone = "Europe/Madrid"\n', ""), encoding="utf-8")
    return str(path)


def ana(session: Session) -> Person:
    found = person_by_email(session, ANA)
    assert found is not None
    return found


def test_apply_makes_tells_and_settles(shell: Shell, good: str) -> None:
    first = shell.run("apply", good)
    assert (first.status, first.err) == (0, "")
    assert "+ team product\n" in first.out
    assert WEBHOOK not in first.out
    before = shell.rows()
    second = shell.run("apply", good)
    assert second.out == f"Nothing to change: the workspace is as {good} says.\n"
    assert shell.rows() == before
    runtime = shell.runtime()
    with runtime.reading() as session:
        assert set(session.scalars(select(AuditEntry.origin))) - {None} == {"acme.toml"}
    runtime.engine.dispose()


def test_a_rehearsal_tells_the_same_and_changes_nothing(shell: Shell, good: str) -> None:
    before = shell.rows()
    rehearsed = shell.run("apply", good, "--dry-run")
    assert shell.rows() == before
    assert rehearsed.out == shell.run("apply", good).out + "A rehearsal: nothing was written.\n"


def test_a_broken_file_changes_nothing(shell: Shell, good: str) -> None:
    path = Path(good)
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("Europe/Lisbon", "Europe/Lisbonn") + "shoe_size = 43\n", encoding="utf-8")
    before = shell.rows()
    ran = shell.run("apply", good)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == (
        f"{good} has 2 problems; nothing was changed.\n"
        "  person[1].shoe_size: There is no such key here. Known: email, name, zone, hours, quiet_blocks, "
        "days_off, teams, admin_of, owner, accepted, password_hash, remove.\n"
        '  team[0].zone = "Europe/Lisbonn": There is no time zone called “Europe/Lisbonn”. '
        "Did you mean Europe/Lisbon?\n"
    )
    assert shell.rows() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "There is no such file."), (b"\xff", "Line 1 is not UTF-8"), (b"a = [", "This is not TOML")],
)
def test_what_is_no_workspace_file_is_refused(
    shell: Shell, tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    ran = shell.run("apply", str(path))
    assert ran.status == 1
    assert says in ran.err
    assert ran.err.startswith(f"{path} has a problem")
    assert shell.run("apply", str(tmp_path)).err.count("This is a folder") == 1


def test_the_plan_as_json(shell: Shell, good: str) -> None:
    shell.run("apply", good)
    ran = shell.run("plan", "--member", " ANA@acme.test", "--date", "2031-03-03", "--days", "2", "--json")
    rows = json.loads(ran.out)
    assert rows[0] == {
        "due_at": "2031-03-03T09:45:00Z",
        "local": "2031-03-03T09:45:00+00:00",
        "local_date": "2031-03-03",
        "team": "product",
        "policy": "Hourly reset",
        "kept": True,
        "reason": None,
    }
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    assert {row["local_date"] for row in rows} == {"2031-03-03", "2031-03-04"}
    assert [row["reason"] for row in rows if not row["kept"]] == ["tail", "tail"]
    runtime = shell.runtime()
    with runtime.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "plan.shown")).one()
        assert (entry.actor_id, entry.object_id) == (None, ana(session).id)
    runtime.engine.dispose()


def test_a_pause_is_nobodys_business(shell: Shell, good: str) -> None:
    shell.run("apply", good)
    runtime = shell.runtime()
    now = runtime.now()
    with runtime.writing() as session:
        pause_until(session, ana(session), now + timedelta(days=30), now)
    runtime.engine.dispose()
    later = (now + timedelta(days=14)).date()
    monday = later - timedelta(days=later.weekday())
    ran = shell.run("plan", "--member", ANA, "--date", monday.isoformat(), "--json")
    reasons = {row["reason"] for row in json.loads(ran.out)}
    assert "personal" in reasons
    assert "paused" not in ran.out
    assert "personal" in shell.run("plan", "--member", ANA, "--date", monday.isoformat()).out


def test_plan_says_what_is_wrong(shell: Shell, good: str) -> None:
    shell.run("apply", good)
    unknown = shell.run("plan", "--member", "nobody@acme.test")
    assert unknown.status == 1
    assert unknown.err.startswith("Nobody here has the address nobody@acme.test.\n")
    assert shell.run("plan", "--member", "nobody").status == 1
    for wrong in (["--date", "tomorrow"], ["--days", "0"], ["--days", "93"], ["--date", "9999-12-31"]):
        ran = shell.run("plan", "--member", ANA, *wrong)
        assert ran.status == 2
        assert wrong[1] in ran.err


def test_owner_prints_a_link_that_signs_in_once(shell: Shell, good: str) -> None:
    shell.run("apply", good)
    ran = shell.run("owner", "bob@acme.test")
    assert ran.out.startswith("bob@acme.test is an owner now.\n")
    token = ran.out.strip().rpartition("/")[2]
    runtime = shell.runtime()
    with runtime.writing() as session:
        assert accounts.spend_link(session, token, None, "", runtime.now()).refusal is None
        told = [e.action for e in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        assert told[-2:] == ["person.owner_changed", "person.link_printed"]
        assert token not in str([e.new for e in session.scalars(select(AuditEntry))])
    with runtime.writing() as session:
        assert accounts.spend_link(session, token, None, "", runtime.now()).refusal is not None
    runtime.engine.dispose()
    assert "is an owner now" not in shell.run("owner", "bob@acme.test").out
    assert shell.run("owner", "nobody@acme.test").status == 1


def test_asked_wrongly(shell: Shell) -> None:
    assert shell.run("nonsense").status == 2
    assert shell.run("apply").status == 2
    helped = shell.run("apply", "--help")
    assert helped.status == 0
    assert "--dry-run" in helped.out


def test_a_wrong_setting_is_named(shell: Shell, good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "ftp://x")
    ran = shell.run("apply", good)
    assert ran.status == 1
    assert ran.err.startswith("BASE_URL: expected")


def test_a_fresh_home_is_migrated_but_not_in_production(
    tmp_path: Path, good: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = tmp_path / "fresh"
    assert cli.main(["apply", good, "--home", str(home)]) == 0
    runtime = build(load({"DAYBREAK_HOME": str(home)}))
    assert at_head(runtime.engine)
    runtime.engine.dispose()
    for name, value in (
        ("DAYBREAK_ENV", "production"), ("SECRET_KEY", "s" * 32), ("ENCRYPTION_KEYS", "A" * 43 + "=")
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    other = str(tmp_path / "other")
    assert cli.main(["apply", good, "--home", other]) == 1
    assert "Run `daybreak migrate` first." in capsys.readouterr().err
    assert cli.main(["migrate", "--home", other]) == 0
    assert cli.main(["migrate", "--home", other]) == 0
    assert "already" in capsys.readouterr().out
    assert cli.main(["apply", good, "--home", other]) == 0


def test_a_database_that_does_not_answer(
    tmp_path: Path, good: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:sesame@127.0.0.1:1/none")
    assert cli.main(["apply", good, "--home", str(tmp_path / "home")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The database cannot be used:")
    assert "sesame" not in said
    assert cli.main(["doctor", "--json", "--home", str(tmp_path / "home")]) == 1
    findings = {f["name"]: f for f in json.loads(capsys.readouterr().out)}
    assert findings["database"]["state"] == "broken"
    assert "DATABASE_URL" in findings["database"]["mend"]
    assert "sesame" not in str(findings)


def test_the_doctor_finds_nothing_broken(
    shell: Shell, good: str, valkey_url: str, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("SMTP_URL", smtp_sink.url)
    monkeypatch.setenv("BASE_URL", "https://breaks.example.org")
    shell.run("apply", good)
    ran = shell.run("doctor", "--json")
    states = {f["name"]: f["state"] for f in json.loads(ran.out)}
    assert ran.status == 0
    for name in ("database", "clock", "webhooks", "Redis", "mail", "BASE_URL", "keys"):
        assert states[name] == "ok", name
    assert smtp_sink.mails == []
    assert "Nothing is broken." in shell.run("doctor").out


def test_the_doctor_names_what_is_broken_and_the_mend(
    shell: Shell, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run("apply", good)
    (shell.home / "keys" / "encryption_keys").unlink()  # the webhook's address cannot be read any more
    monkeypatch.setenv("REDIS_URL", "redis://:sesame@127.0.0.1:1/0")
    monkeypatch.setenv("SMTP_URL", "smtp://me:sesame@127.0.0.1:1?tls=none")
    shell.run("plan", "--member", ANA)  # makes a new key
    (shell.home / "keys" / "secret_key").chmod(0o644)
    ran = shell.run("doctor", "--json")
    assert ran.status == 1
    broken = {f["name"]: f for f in json.loads(ran.out) if f["state"] == "broken"}
    assert {"webhooks", "Redis", "mail", "keys"} <= broken.keys()
    assert all(finding["mend"] for finding in broken.values())
    assert "sesame" not in ran.out
