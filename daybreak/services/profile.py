"""What a person may set of themselves: checked, and from then on theirs (no workspace file changes it)."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.domain.errors import InvalidValueError, InvalidValuesError
from daybreak.domain.working import Half, Week
from daybreak.services import planning
from daybreak.services.places import checked_zone
from daybreak.services.teams import checked_blocks, checked_name
from daybreak.store.tables import DayOff, Person
from daybreak.wording import gettext as _

FIELDS = ("name", "zone", "hours", "quiet_blocks", "days_off")
OF_THE_TEAM = frozenset({"zone", "hours", "quiet_blocks"})
"""Fields that are None where the person goes by the first team joined."""
_DAYS_OFF = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(am|pm))?", re.ASCII)


def update_own(session: Session, person: Person, changes: Mapping[str, Any], now: datetime) -> None:
    """Set some of FIELDS by the person's own hand and plan anew; None goes back to what the team has.

    Nobody else is told and nothing is logged. Raises InvalidValueError whose `problems` name each field.
    """
    fields: dict[str, Any] = {}
    problems: list[InvalidValueError] = []
    for key, value in changes.items():
        try:
            fields[key] = None if value is None and key in OF_THE_TEAM else checked(key, value)
        except InvalidValueError as problem:
            problems.extend(problem.problems)
    if problems:
        raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)
    for key, value in fields.items():
        put(person, key, value)
    person.own_fields = sorted({*person.own_fields, *fields})
    planning.replan(session, [person], now)


def checked(key: str, value: Any) -> Any:
    """Return one of FIELDS in the form in which it is kept. Raises InvalidValueError at the field."""
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda v: checked_name(v, "name"),
        "zone": checked_zone,
        "hours": lambda v: Week.parse(v).to_mapping(),
        "quiet_blocks": checked_blocks,
        "days_off": checked_days_off,
    }
    if key not in checks:
        raise InvalidValueError(key, _("A person has no such field."))
    return checks[key](value)


def get(person: Person, key: str) -> Any:
    """Return one of FIELDS in the form of `checked`."""
    if key == "days_off":
        return in_order((off.first_date, off.last_date, off.half) for off in person.days_off)
    return getattr(person, key)


def put(person: Person, key: str, value: Any) -> None:
    """Set one of FIELDS to what `checked` has returned."""
    if key == "days_off":
        person.days_off = [DayOff(first_date=a, last_date=b, half=half) for a, b, half in value]
    else:
        setattr(person, key, value)


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
