"""What a workspace file changed, one line each, fit to be printed: no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from daybreak.wording import gettext as _


@dataclass(frozen=True)
class Change:
    """One change: `sign` is +, ~ or -, such as in `~ policy Hourly reset: interval_min 60 → 45`."""

    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


@dataclass
class Changes:
    """Collects changes in the order in which they were made."""

    made: list[Change] = field(default_factory=list)

    def added(self, title: str) -> None:
        """Note something new."""
        self.made.append(Change("+", title))

    def removed(self, title: str) -> None:
        """Note something that ended."""
        self.made.append(Change("-", title))

    def changed(self, title: str, fields: Mapping[str, tuple[Any, Any]]) -> None:
        """Note fields that changed, old and new; nothing for no field."""
        if fields:
            words = [f"{key} {_shown(old)} → {_shown(new)}" for key, (old, new) in fields.items()]
            self.made.append(Change("~", f"{title}: {', '.join(words)}"))


def _shown(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(inner) for inner in value) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)
