"""What `doctor` looks at. Each check returns findings and raises nothing that it can foresee."""

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from daybreak.channels.slack import check_address
from daybreak.channels.smtp import SmtpTransport
from daybreak.clock import Clock
from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services.channels import address_of
from daybreak.store import migrate
from daybreak.store.books import Books, books
from daybreak.store.tables import Channel, Delivery, Workspace
from daybreak.wording import gettext as _
from daybreak.wording import ngettext

MOST_SKEW = timedelta(seconds=2)
LATE = timedelta(minutes=2)
TICK_LATE = timedelta(minutes=1)
OPEN_STATES = ("planned", "claimed", "handing_off")


class State(StrEnum):
    """How things stand: a note is worth reading, but works."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What was found, why it is so, and what to do about it (empty where nothing is to be done)."""

    name: str
    state: State
    says: str
    mend: str = ""


def examine(runtime: Runtime) -> list[Finding]:
    """Return all findings; what needs the database is left out where there is none."""
    database = _database(runtime)
    findings = [database]
    if database.state is State.OK:
        within: list[Callable[[Runtime, Session], Finding]] = [_clock, _webhooks, _backlog, _books]
        with runtime.reading() as session:
            findings += [check(runtime, session) for check in within]
    always: list[Callable[[Runtime], Finding]] = [_redis, _smtp, _zones, _base_url, _keys]
    return findings + [check(runtime) for check in always]


def _database(runtime: Runtime) -> Finding:
    name = _("database")
    kind = runtime.engine.dialect.name
    try:
        current = migrate.at_head(runtime.engine)
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        return Finding(
            name, State.BROKEN, _("%(kind)s does not answer: %(why)s", kind=kind, why=why),
            _("Start it, or correct DATABASE_URL."),
        )  # fmt: skip
    if not current:
        says = _("%(kind)s answers, but its form is not the newest.", kind=kind)
        return Finding(name, State.BROKEN, says, _("Run `daybreak migrate`; `up` does it by itself."))
    return Finding(name, State.OK, _("%(kind)s answers and is in its newest form.", kind=kind))


def _clock(runtime: Runtime, session: Session) -> Finding:
    name = _("clock")
    offset = runtime.now() - Clock().now()
    before = datetime.now(UTC)
    skew = timedelta(0)
    if session.get_bind().dialect.name == "postgresql":
        there = session.scalar(text("SELECT clock_timestamp()"))
        skew = abs(before - there) if isinstance(there, datetime) else skew
    if skew > MOST_SKEW:
        says = _("This machine and the database are %(n)s s apart.", n=round(skew.total_seconds()))
        return Finding(name, State.BROKEN, says, _("Let both follow the same time server (NTP)."))
    if runtime.settings.clock_file is not None:
        says = _("Shifted by %(n)s s, as DAYBREAK_CLOCK_FILE says.", n=round(offset.total_seconds()))
        return Finding(name, State.NOTE, says, _("Unset DAYBREAK_CLOCK_FILE after the rehearsal."))
    return Finding(name, State.OK, _("It agrees with the database's."))


def _webhooks(runtime: Runtime, session: Session) -> Finding:
    name = _("webhooks")
    bad: list[str] = []
    off: list[str] = []
    living = session.scalars(select(Channel).where(Channel.secret != b"").order_by(Channel.id)).all()
    for channel in living:
        address = address_of(channel, runtime.cipher)
        shown = f"{channel.name} ({channel.hint})" if channel.team_id else _("a member's own")
        if address is None:
            bad.append(_("%(name)s: no key opens its address", name=shown))
            continue
        try:
            check_address(address, runtime.settings.webhook_allow)
        except InvalidValueError:
            bad.append(_("%(name)s: its address is not allowed any more", name=shown))
        if channel.off_at is not None:
            off.append(f"{shown}: {channel.off_reason}")
    if bad:
        mend = _("Put the old key back into ENCRYPTION_KEYS, allow its origin, or paste the webhook again.")
        return Finding(name, State.BROKEN, "; ".join(bad), mend)
    if off:
        return Finding(
            name, State.NOTE, _("Switched off: %(names)s.", names="; ".join(off)),
            _("Paste a new webhook, or switch the channel on again."),
        )  # fmt: skip
    if not living:
        return Finding(name, State.OK, _("None is configured."))
    says = ngettext("%(n)s webhook, its address readable.", "%(n)s webhooks, all readable.", len(living))
    return Finding(name, State.OK, says)


def _backlog(runtime: Runtime, session: Session) -> Finding:
    name, now = _("backlog"), runtime.now()
    late = session.scalar(
        select(func.count()).where(Delivery.state.in_(OPEN_STATES), Delivery.next_try_at < now - LATE)
    )
    workspace = session.get(Workspace, 1)
    tick_at = workspace.last_tick_at if workspace else None
    mend = _("Is `up` (or worker and beat) running?")
    if late:
        says = ngettext("%(n)s message has waited too long.", "%(n)s messages have waited too long.", late)
        return Finding(name, State.BROKEN, says, mend)
    if tick_at is None or now - tick_at > TICK_LATE:
        at = f"{tick_at:%Y-%m-%d %H:%M} UTC" if tick_at else _("never")
        return Finding(name, State.NOTE, _("Nothing waits. The last tick: %(at)s.", at=at), mend)
    return Finding(name, State.OK, _("Nothing waits, and the timetable ticks."))


def _books(runtime: Runtime, session: Session) -> Finding:
    name, found = _("deliveries"), books(session, runtime.now())
    if found.balance:
        says = _("%(planned)s planned: %(ended)s ended, %(open)s open.", **_shown(found))
        return Finding(name, State.OK, says)
    says = _(
        "%(planned)s planned, but %(ended)s ended and %(open)s open; %(torn)s torn, %(lost)s lost.",
        **_shown(found),
    )
    return Finding(name, State.BROKEN, says, _("That is a fault of Daybreak: please report it."))


def _shown(found: Books) -> dict[str, str]:
    return {name: str(number) for name, number in asdict(found).items()}


def _redis(runtime: Runtime) -> Finding:
    name, url = "Redis", runtime.settings.redis_url
    embedded = runtime.settings.home / "run" / "redis-url"
    if url is None:
        says = _("None is running here. `up` starts one; without it nothing is sent.")
        return Finding(name, State.NOTE, says, _("Run `daybreak up`, or set REDIS_URL."))
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        if embedded.is_file() and embedded.read_text(encoding="utf-8").strip() == url:
            says = _("The embedded one is not running, so nothing is sent.")
            return Finding(name, State.NOTE, says, _("Run `daybreak up`."))
        says = _("It does not answer: %(why)s", why=_without(str(error), url))
        return Finding(name, State.BROKEN, says, _("Start it, or correct REDIS_URL."))
    return Finding(name, State.OK, _("It answers."))


def _smtp(runtime: Runtime) -> Finding:
    name, smtp = _("mail"), runtime.settings.smtp
    if smtp is None:
        says = _("No SMTP_URL is set: mail goes to the outbox page.")
        return Finding(name, State.NOTE, says, _("Set SMTP_URL to send it to people."))
    where = f"{smtp.host}:{smtp.port}"
    outcome = SmtpTransport(smtp, "", "daybreak.invalid").probe()
    if outcome is not None:
        why = f"{outcome.code} {outcome.detail}".strip()
        says = _("%(where)s cannot be used: %(why)s", where=where, why=why)
        return Finding(name, State.BROKEN, says, _("Correct SMTP_URL, its user, password and tls=…"))
    return Finding(name, State.OK, _("%(where)s lets us in (no mail was sent).", where=where))


def _zones(runtime: Runtime) -> Finding:  # noqa: ARG001 - as all checks
    name, ours = _("time zones"), _package_release()
    system = _system_release()
    if system is None:
        return Finding(name, State.OK, _("tz database %(release)s, from the tzdata package.", release=ours))
    says = _("tz database %(release)s, from the system.", release=system)
    if system < ours:
        mend = _("Update the system's tzdata, or set PYTHONTZPATH to nothing to use %(ours)s.", ours=ours)
        return Finding(name, State.NOTE, says, mend)
    return Finding(name, State.OK, says)


def _system_release() -> str | None:
    """The release that Python reads from the system, such as 2026a; "unknown" sorts after all of them."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Europe").is_dir():
            for file, pattern in (("+VERSION", r"\s*(\d{4}\w+)"), ("tzdata.zi", r"# version (\d{4}\w+)")):
                found = re.match(pattern, _first_line(folder / file))
                if found:
                    return found[1]
            return "unknown"
    return None


def _package_release() -> str:
    """The release inside the tzdata package: 2026.6 is 2026f."""
    year, _dot, number = version("tzdata").partition(".")
    number = number.partition(".")[0]
    return f"{year}{chr(ord('a') + int(number) - 1)}" if number.isdigit() and 1 <= int(number) <= 26 else year


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline()
    except OSError:
        return ""


def _base_url(runtime: Runtime) -> Finding:
    name, url = "BASE_URL", runtime.settings.base_url
    local = "//127.0.0.1" in url or "//localhost" in url
    if local and runtime.settings.production:
        says = _("%(url)s: links in mail would lead to each reader's own machine.", url=url)
        return Finding(name, State.BROKEN, says, _("Set BASE_URL to the address people use."))
    if local:
        says = _("%(url)s: links work on this machine only.", url=url)
        return Finding(name, State.NOTE, says, _("Set BASE_URL before others are to use it."))
    if not runtime.settings.https:
        says = _("%(url)s: links and cookies travel unencrypted.", url=url)
        return Finding(name, State.NOTE, says, _("Put Daybreak behind https and change BASE_URL."))
    return Finding(name, State.OK, url)


def _keys(runtime: Runtime) -> Finding:
    name, folder = _("keys"), runtime.settings.home / "keys"
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    loose = [file.name for file in files if file.stat().st_mode & 0o077]
    if loose:
        says = _("Others on this machine can read %(files)s.", files=", ".join(loose))
        return Finding(name, State.BROKEN, says, _("chmod 600 %(folder)s/*", folder=folder))
    made = [file.name for file in files if not file.name.startswith(".")]
    says = _("Kept in %(folder)s.", folder=folder) if made else _("Given by the environment.")
    return Finding(name, State.OK, says)


def _without(message: str, url: str) -> str:
    """The message without the address, which may hold a password."""
    return " ".join(message.replace(url, "…").split())[:200]
