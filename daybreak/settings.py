"""Settings: read once from the environment, frozen, and the only reader of variables."""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from daybreak.domain.errors import DaybreakError

ROOT = Path(__file__).resolve().parent.parent

TlsMode = Literal["starttls", "implicit", "none"]
FERNET_BYTES = 32
SMTP_PORTS: dict[TlsMode, int] = {"starttls": 587, "implicit": 465, "none": 25}


class SettingError(DaybreakError):
    """A setting is wrong; the message names the variable and what was expected."""

    def __init__(self, variable: str, expected: str) -> None:
        super().__init__(f"{variable}: expected {expected}.")
        self.variable = variable


@dataclass(frozen=True)
class Smtp:
    """Where mail goes: host, port, login and how the connection is secured."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: TlsMode


@dataclass(frozen=True)
class Settings:
    """Everything an installation can be told; see docs/operations.md for each variable."""

    home: Path
    production: bool
    database_url: str
    redis_url: str | None
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    encryption_keys: tuple[str, ...]
    base_url: str
    trusted_hosts: tuple[str, ...]
    trusted_proxies: int
    smtp: Smtp | None
    mail_from: str
    slack_signing_secret: str | None
    webhook_allow: tuple[str, ...]
    retention_days: int
    metrics_token: str | None
    log_level: str
    clock_file: Path | None

    @property
    def https(self) -> bool:
        """Whether people reach Daybreak by https, which makes cookies `Secure`."""
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, making keys and the home on first use outside production.

    Every variable may be given as NAME_FILE too. Raises SettingError naming the variable that is wrong.
    """
    env = _Reader(os.environ if environ is None else environ)
    home = Path(env.text("DAYBREAK_HOME") or "var").expanduser().resolve()
    production = env.choice("DAYBREAK_ENV", ("development", "production"), "development") == "production"
    _make_home(home)
    base_url = _base_url(env.text("BASE_URL") or _left_by_up(home, "base-url") or "http://127.0.0.1:8000")
    host = urlsplit(base_url).hostname or ""
    clock_file = env.text("DAYBREAK_CLOCK_FILE")
    if clock_file and production:
        raise SettingError("DAYBREAK_CLOCK_FILE", "to be unset in production: it shifts the clock")
    return Settings(
        home=home,
        production=production,
        database_url=_database_url(env.text("DATABASE_URL") or f"sqlite:///{home / 'daybreak.sqlite3'}"),
        redis_url=_redis_url(env.text("REDIS_URL"), home),
        secret_key=_key(env, "SECRET_KEY", home, production, secrets.token_urlsafe(48)),
        secret_key_fallbacks=env.listed("SECRET_KEY_FALLBACKS"),
        encryption_keys=_encryption_keys(env, home, production),
        base_url=base_url,
        trusted_hosts=env.listed("TRUSTED_HOSTS") or _default_hosts(host),
        trusted_proxies=env.number("TRUSTED_PROXIES", 0, 0, 10),
        smtp=_smtp(env.text("SMTP_URL")),
        mail_from=_mail_from(env.text("MAIL_FROM") or f"Daybreak <daybreak@{host or 'localhost'}>"),
        slack_signing_secret=env.text("SLACK_SIGNING_SECRET"),
        webhook_allow=tuple(_origin(o) for o in env.listed("WEBHOOK_ALLOW")),
        retention_days=env.number("RETENTION_DAYS", 90, 7, 3650),
        metrics_token=env.text("METRICS_TOKEN"),
        log_level=env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        clock_file=Path(clock_file) if clock_file else None,
    )


@dataclass(frozen=True)
class _Reader:
    environ: Mapping[str, str]

    def text(self, name: str) -> str | None:
        value = self.environ.get(name, "").strip()
        path = self.environ.get(f"{name}_FILE", "").strip()
        if value or not path:
            return value or None
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except OSError as problem:
            wanted = f"a readable file, got {path} ({problem.strerror})"
            raise SettingError(f"{name}_FILE", wanted) from problem

    def listed(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in (self.text(name) or "").split(",") if part.strip())

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise SettingError(name, f"a whole number from {low} to {high}, got {text!r}")
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        text = self.text(name) or default
        if text not in allowed:
            raise SettingError(name, f"one of {', '.join(allowed)}, got {text!r}")
        return text


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        wanted = f"a folder that can be written, got {home} ({problem.strerror})"
        raise SettingError("DAYBREAK_HOME", wanted) from problem


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingError("BASE_URL", f"an address such as https://breaks.example.org, got {text!r}")
    return text.rstrip("/")


def _default_hosts(host: str) -> tuple[str, ...]:
    return ("localhost", "127.0.0.1") if host in ("localhost", "127.0.0.1") else (host,)


def _database_url(text: str) -> str:
    if text.startswith(("postgres://", "postgresql://")):
        return "postgresql+psycopg://" + text.split("://", 1)[1]
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        wanted = "sqlite:///path or postgresql://user:password@host/name"
        raise SettingError("DATABASE_URL", f"{wanted}, got {text.split(':', 1)[0]}:…")
    return text


def _redis_url(text: str | None, home: Path) -> str | None:
    if text is None:
        return _left_by_up(home, "redis-url")
    if not text.startswith(("redis://", "rediss://")):
        raise SettingError("REDIS_URL", "redis://[:password@]host:port/0 or rediss://…")
    if text.startswith("rediss://") and "ssl_cert_reqs=" not in text:
        # Left to itself Celery would take any certificate, where everybody else refuses.
        text += f"{'&' if '?' in text else '?'}ssl_cert_reqs=required"
    return text


def _left_by_up(home: Path, name: str) -> str | None:
    """Return what a running `up` says of itself in the home, for commands beside it; None without one."""
    try:
        return (home / "run" / name).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _key(env: _Reader, name: str, home: Path, production: bool, fresh: str) -> str:
    value = env.text(name)
    if value is not None:
        if len(value) < 32:
            raise SettingError(name, "at least 32 characters, for example from `openssl rand -base64 48`")
        return value
    if production:
        raise SettingError(name, "to be set in production, for example from `openssl rand -base64 48`")
    return _kept(home / "keys" / name.lower(), fresh)


def _encryption_keys(env: _Reader, home: Path, production: bool) -> tuple[str, ...]:
    keys = env.listed("ENCRYPTION_KEYS")
    if not keys:
        fresh = urlsafe_b64encode(secrets.token_bytes(FERNET_BYTES)).decode()
        keys = tuple(_key(env, "ENCRYPTION_KEYS", home, production, fresh).split(","))
    if not all(map(_is_fernet_key, keys)):
        wanted = "comma-separated Fernet keys (32 random bytes, url-safe base64)"
        raise SettingError("ENCRYPTION_KEYS", wanted)
    return keys


def _is_fernet_key(text: str) -> bool:
    """Whether Fernet will take it; not asked of Fernet itself, whose import costs `up` 12 MB for good."""
    try:
        return len(urlsafe_b64decode(text)) == FERNET_BYTES
    except ValueError:
        return False


def _kept(path: Path, fresh: str) -> str:
    """Return the key in the file, writing it first (mode 0600, whole or not at all) where there is none."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
        try:
            os.link(draft, path)  # fails if another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def _smtp(text: str | None) -> Smtp | None:
    if text is None:
        return None
    wanted = "smtp://user:password@host:587?tls=starttls (or tls=implicit, tls=none)"
    try:
        parts = urlsplit(text)
        tls = parse_qs(parts.query).get("tls", ["starttls"])[0]
        if parts.scheme != "smtp" or not parts.hostname or tls not in SMTP_PORTS:
            raise SettingError("SMTP_URL", wanted)
        port = parts.port or SMTP_PORTS[tls]
    except ValueError as problem:
        raise SettingError("SMTP_URL", wanted) from problem
    user, password = (unquote(v) if v else None for v in (parts.username, parts.password))
    return Smtp(parts.hostname, port, user, password, tls)


def _mail_from(text: str) -> str:
    if "@" not in text or any(c in text for c in "\r\n\0"):
        raise SettingError("MAIL_FROM", f"an address such as Daybreak <breaks@example.org>, got {text!r}")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        wanted = "exact origins such as https://chat.example.org:8443"
        raise SettingError("WEBHOOK_ALLOW", f"{wanted}, got {text!r}")
    return text.rstrip("/")
