"""Settings: each wrong variable is named with what was expected, and keys are made once, privately."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from daybreak.settings import SettingError, Smtp, load


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"DAYBREAK_HOME": str(home), **more}


def test_an_empty_environment_is_enough_outside_production(tmp_path: Path) -> None:
    settings = load(environ(tmp_path / "var"))
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'daybreak.sqlite3'}"
    assert settings.redis_url is None
    assert settings.smtp is None
    assert settings.trusted_hosts == ("localhost", "127.0.0.1")
    assert not settings.https


def test_keys_are_made_once_and_only_the_user_can_read_them(tmp_path: Path) -> None:
    first, second = load(environ(tmp_path)), load(environ(tmp_path))
    assert first.secret_key == second.secret_key
    assert first.encryption_keys == second.encryption_keys
    for key in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_variable_can_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert load(environ(tmp_path, SECRET_KEY_FILE=str(tmp_path / "key"))).secret_key == "k" * 40


def test_the_smtp_address_is_taken_apart(tmp_path: Path) -> None:
    smtp = load(environ(tmp_path, SMTP_URL="smtp://me%40x:p%2Fw@mail.example.org?tls=implicit")).smtp
    assert smtp == Smtp("mail.example.org", 465, "me@x", "p/w", "implicit")


def test_the_embedded_redis_is_found_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "redis-url").write_text("redis://:secret@127.0.0.1:7777/0\n")
    assert load(environ(tmp_path)).redis_url == "redis://:secret@127.0.0.1:7777/0"
    assert load(environ(tmp_path, REDIS_URL="redis://other/1")).redis_url == "redis://other/1"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("rediss://r/0", "rediss://r/0?ssl_cert_reqs=required"),
        ("rediss://r/0?ssl_ca_certs=/ca.pem", "rediss://r/0?ssl_ca_certs=/ca.pem&ssl_cert_reqs=required"),
        ("rediss://r/0?ssl_cert_reqs=none", "rediss://r/0?ssl_cert_reqs=none"),
        ("redis://r/0", "redis://r/0"),
    ],
)
def test_certificates_are_checked_unless_said_otherwise(tmp_path: Path, given: str, used: str) -> None:
    assert load(environ(tmp_path, REDIS_URL=given)).redis_url == used


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DAYBREAK_ENV", "prod"),
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "http://x"),
        ("SECRET_KEY", "short"),
        ("ENCRYPTION_KEYS", "not-a-key-but-long-enough-to-look-like-one"),
        ("BASE_URL", "breaks.example.org"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "²"),
        ("SMTP_URL", "mail.example.org:25"),
        ("SMTP_URL", "smtp://h:port"),
        ("SMTP_URL", "smtp://h?tls=maybe"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b\r\nBcc: c@d"),
        ("WEBHOOK_ALLOW", "https://x.example/path"),
        ("RETENTION_DAYS", "3"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"^{variable}: expected ") as caught:
        load(environ(tmp_path, **{variable: value}))
    assert caught.value.variable == variable


def test_an_address_with_a_password_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load(environ(tmp_path, DATABASE_URL="mysql://me:hunter2@db/x"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_production_makes_no_keys(tmp_path: Path, missing: str) -> None:
    given = {"SECRET_KEY": "k" * 40, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    del given[missing]
    with pytest.raises(SettingError, match=missing):
        load(environ(tmp_path, DAYBREAK_ENV="production", **given))


def test_production_refuses_a_shifted_clock(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="DAYBREAK_CLOCK_FILE"):
        load(environ(tmp_path, DAYBREAK_ENV="production", DAYBREAK_CLOCK_FILE="/tmp/x"))


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="DAYBREAK_HOME"):
        load(environ(tmp_path / "file" / "var"))
