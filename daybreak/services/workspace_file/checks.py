"""Values that only a workspace file has: password hashes and days off as one writes them down."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import InvalidHash
from argon2.low_level import Type

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.working import Half
from daybreak.wording import gettext as _

LEAST_MEMORY_KIB, MOST_MEMORY_KIB = 19 * 1024, 1024 * 1024
LEAST_TIME, MOST_TIME = 2, 100
_DAYS_OFF = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(am|pm))?", re.ASCII)
_TAIL = re.compile(r"[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}")


def checked_hash(text: Any) -> str:
    """Return an argon2id hash. Raises InvalidValueError: another kind, or weaker than 19 MiB and t=2."""
    hint = _("Make one with argon2-cffi: PasswordHasher().hash(password).")
    try:
        parameters = extract_parameters(text if isinstance(text, str) else "")
    except (InvalidHash, ValueError):
        parameters = None
    whole = parameters is not None and _TAIL.fullmatch("$".join(text.split("$")[4:]))
    if parameters is None or not whole or parameters.type is not Type.ID:
        raise InvalidValueError("password_hash", _("This is not an argon2id hash."), hint=hint)
    strong = LEAST_MEMORY_KIB <= parameters.memory_cost <= MOST_MEMORY_KIB
    if not strong or not LEAST_TIME <= parameters.time_cost <= MOST_TIME or parameters.parallelism > 16:
        why = _("This argon2id hash is outside our limits: 19 MiB to 1 GiB, 2 to 100 rounds.")
        raise InvalidValueError("password_hash", why, hint=hint)
    return str(text)


def checked_days_off(entries: Any) -> list[tuple[date, date, str | None]]:
    """Return days off as (first, last, half). Raises InvalidValueError at `days_off[i]`.

    An entry is `2026-12-24`, `2026-08-03..2026-08-14`, either with ` am` or ` pm` for half days.
    """
    if not isinstance(entries, list):
        raise InvalidValueError("days_off", _("Days off are a list."), hint='["2026-08-03..2026-08-14"]')
    return in_order({_day_off(e, f"days_off[{i}]") for i, e in enumerate(entries)})


def in_order(days: Iterable[tuple[date, date, str | None]]) -> list[tuple[date, date, str | None]]:
    """Return days off by date; the whole day before its halves."""
    return sorted(days, key=lambda day: (day[0], day[1], day[2] or ""))


def _day_off(entry: Any, key: str) -> tuple[date, date, str | None]:
    if isinstance(entry, date) and not isinstance(entry, datetime):
        return entry, entry, None
    match = _DAYS_OFF.fullmatch(entry.strip()) if isinstance(entry, str) else None
    try:
        if match:
            first = date.fromisoformat(match[1])
            last = date.fromisoformat(match[2]) if match[2] else first
            if first <= last:
                return first, last, str(Half(match[3])) if match[3] else None
    except ValueError:
        pass
    hint = _("Write 2026-12-24, 2026-08-03..2026-08-14 or 2026-12-24 pm.")
    raise InvalidValueError(key, _("These are no days off."), hint=hint)
