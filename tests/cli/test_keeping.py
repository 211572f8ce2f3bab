"""The operator's commands about people's data and keys."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from daybreak.services import channels
from daybreak.store.tables import AuditEntry, Channel
from tests.cli.test_commands import Shell, good, shell  # noqa: F401 - fixtures
from tests.support.files import WEBHOOK

BOB = "bob@acme.test"


def test_erase(shell: Shell, good: str) -> None:  # noqa: F811
    shell.run("apply", good)
    assert BOB in str(shell.rows())
    ran = shell.run("erase", BOB)
    assert ran.status == 0, ran.err
    assert BOB not in ran.out
    assert BOB not in str(shell.rows())


def test_the_last_owner_hands_over_first(shell: Shell, good: str) -> None:  # noqa: F811
    shell.run("apply", good)
    refused = shell.run("erase", "ana@acme.test")
    assert refused.status == 1
    assert "make somebody else owner first" in refused.err


def test_erase_nobody(shell: Shell) -> None:  # noqa: F811
    ran = shell.run("erase", "nobody@acme.test")
    assert (ran.status, ran.err) == (1, "Nobody here has that address.\n")


def test_rotate_keys(shell: Shell, good: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    shell.run("apply", good)
    runtime = shell.runtime()
    old, new = runtime.cipher.keys[0], Fernet.generate_key().decode()
    runtime.engine.dispose()
    shell.environ["ENCRYPTION_KEYS"] = f"{new},{old}"
    monkeypatch.setenv("ENCRYPTION_KEYS", f"{new},{old}")
    ran = shell.run("rotate-keys")
    assert (ran.status, ran.err) == (0, "")
    assert "sealed anew" in ran.out
    shell.environ["ENCRYPTION_KEYS"] = new
    monkeypatch.setenv("ENCRYPTION_KEYS", new)
    later = shell.runtime()
    with later.reading() as session:
        found = {channels.address_of(channel, later.cipher) for channel in session.scalars(select(Channel))}
        actions = session.scalars(select(AuditEntry.action)).all()
    later.engine.dispose()
    assert found == {WEBHOOK}
    assert "workspace.keys_rotated" in actions
