"""What is wrong with a workspace file: every problem with its key path, its value and what was expected."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from daybreak.domain.errors import DaybreakError, InvalidValueError
from daybreak.wording import gettext as _
from daybreak.wording import ngettext

SECRET_KEYS = frozenset({"url", "password_hash"})
SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at a path such as team[0].policy[1].interval_min."""

    path: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        return f"{self.path}{' = ' + self.value if self.value is not None else ''}: {self.expected}"


class WorkspaceFileError(DaybreakError):
    """A workspace file cannot be applied; nothing was changed. `problems` says all that is wrong with it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        n = len(problems)
        head = ngettext(
            "%(file)s has a problem; nothing was changed.",
            "%(file)s has %(n)s problems; nothing was changed.",
            n,
            file=file,
        )
        super().__init__("\n".join([head, *(f"  {problem}" for problem in problems)]))
        self.file = file
        self.problems = tuple(problems)


@dataclass
class Problems:
    """Collects problems, so that all of them are told at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, path: str, expected: str, value: Any = None, *, hint: str = "") -> None:
        """Note a problem; a value of None is not shown."""
        shown = None if value is None else shown_value(path.rpartition(".")[2], value)
        problem = Problem(path, shown, f"{expected} {hint}".strip())
        if problem not in self.found:
            self.found.append(problem)

    @contextmanager
    def at(
        self, path: str, values: Mapping[str, Any] | None = None, *, field: str | None = None
    ) -> Iterator[None]:
        """Turn errors of the body into problems at `path` and their field (always `field`, where given)."""
        try:
            yield
        except InvalidValueError as error:
            for problem in error.problems:
                key = field if field is not None else problem.field
                self.add(f"{path}.{key}" if key else path, str(problem), _get(values, key), hint=problem.hint)
        except DaybreakError as error:
            self.add(f"{path}.{field}" if field else path, str(error), _get(values, field), hint=error.hint)

    def unknown_key(self, path: str, key: str, known: list[str]) -> None:
        """Note a key that means nothing, with the nearest one that does."""
        near = get_close_matches(key, known, 1, 0.6)
        every = _("Known: %(keys)s.", keys=", ".join(known))
        hint = _("Did you mean %(key)s?", key=near[0]) if near else every
        self.add(f"{path}.{key}" if path else key, _("There is no such key here."), hint=hint)


def shown_value(key: str, value: Any) -> str:
    """Return a value as TOML would write it, shortened; of a secret only what may be shown."""
    if key.partition("[")[0] in SECRET_KEYS:
        return f'"{_masked(value)}"' if isinstance(value, str) else _("a secret")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = "".join(c if c.isprintable() else "�" for c in value)
        return f'"{text[:SHOWN]}{"…" if len(text) > SHOWN else ""}"'
    if isinstance(value, list | tuple):
        text = f"[{', '.join(shown_value('', v) for v in value[:8])}{', …' if len(value) > 8 else ''}]"
    elif isinstance(value, Mapping):
        text = "{ " + ", ".join(f"{k} = {shown_value(str(k), v)}" for k, v in list(value.items())[:8]) + " }"
    else:
        text = str(value)
    return text if len(text) <= 2 * SHOWN else text[: 2 * SHOWN] + "…"


def _masked(text: str) -> str:
    """The host of an address is no secret and says most of what is wrong with it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "…"
    return f"{parts.scheme}://{parts.hostname}/…" if parts.scheme and parts.hostname else "…"


def _get(values: Mapping[str, Any] | None, key: str | None) -> Any:
    """Return the value a problem is about: `hours.mon` is looked up in steps, `quiet_days[0]` too."""
    found: Any = values
    for step in (key or "").replace("[", ".").replace("]", "").split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
