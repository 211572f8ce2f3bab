"""Teams: made and changed, with zone, hours and holidays checked before anything is written."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from daybreak import data
from daybreak.domain.errors import InvalidValueError, InvalidValuesError
from daybreak.domain.preset import parse_presets
from daybreak.domain.working import QuietBlock, Week
from daybreak.services import auditing, planning
from daybreak.services.places import checked_country, checked_zone
from daybreak.store import teams as store
from daybreak.store.tables import Team, Workspace
from daybreak.wording import gettext as _

FIELDS = ("name", "zone", "country", "subdivision", "hours", "quiet_blocks", "quiet_days")
NAME_MAX = 80
FLOOR_MIN, FLOOR_MAX = 5, 100
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


def create_team(
    session: Session,
    name: str,
    zone: str,
    actor_id: int | None,
    now: datetime,
    *,
    slug: str | None = None,
    origin: str | None = None,
    **values: Any,
) -> Team:
    """Create a team; `values` are country, subdivision, hours, quiet_blocks, quiet_days.

    Hours and quiet blocks not given are those of `presets.toml` (nine to five, an hour for lunch). The slug
    comes from the name where none is given. Raises InvalidValueError whose `problems` name each field.
    """
    defaults = _defaults()
    given = {**defaults, **values, "name": name, "zone": zone}
    if values.get("hours") is not None and "quiet_blocks" not in values:
        given["quiet_blocks"] = []  # hours of one's own say when lunch is
    fields = checked(given)
    team = Team(slug=_free_slug(session, slug, fields["name"]), created_at=now, **fields)
    session.add(team)
    session.flush()
    new = {"slug": team.slug, **fields}
    auditing.record(session, actor_id, "team.created", "team", team.id, team.id, None, new, now, origin)
    return team


def update_team(
    session: Session,
    team: Team,
    changes: Mapping[str, Any],
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> dict[str, tuple[Any, Any]]:
    """Change some of a team's FIELDS and plan its people anew; what changed, as field -> (old, new).

    Raises InvalidValueError whose `problems` name each field.
    """
    present = {key: getattr(team, key) for key in FIELDS}
    fields = checked({**present, **changes}, subset=frozenset(changes) | _pair(changes))
    old, new = auditing.differences(present, fields)
    if not new:
        return {}
    for key, value in new.items():
        setattr(team, key, value)
    auditing.record(session, actor_id, "team.changed", "team", team.id, team.id, old, new, now, origin)
    if new.keys() != {"name"}:
        planning.replan_team(session, team.id, now)
    return {key: (old[key], value) for key, value in new.items()}


def update_workspace(
    session: Session,
    changes: Mapping[str, Any],
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> dict[str, tuple[Any, Any]]:
    """Change the workspace's name or floor, making its row if there is none; field -> (old, new)."""
    workspace = store.workspace(session)
    if workspace is None:
        workspace = Workspace(id=1, name="")
        session.add(workspace)
        session.flush()
    fields = dict(changes)
    if "name" in fields:
        fields["name"] = checked_name(fields["name"], "name")
    if "floor" in fields:
        fields["floor"] = checked_floor(fields["floor"])
    old, new = auditing.differences({"name": workspace.name, "floor": workspace.floor}, fields)
    for key, value in new.items():
        setattr(workspace, key, value)
    if new:
        auditing.record(
            session, actor_id, "workspace.changed", "workspace", 1, None, old, new, now, origin
        )
    return {key: (old[key], value) for key, value in new.items()}


def checked(values: Mapping[str, Any], subset: Iterable[str] = FIELDS) -> dict[str, Any]:
    """Return a team's fields in the form in which they are stored; only those of `subset`.

    Raises InvalidValueError whose `problems` name each field that is wrong.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda v: checked_name(v, "name"),
        "zone": checked_zone,
        "country": lambda v: checked_country(v, None)[0],
        "subdivision": lambda v: checked_country(values.get("country"), v)[1],
        "hours": lambda v: Week.parse(v or {}).to_mapping(),
        "quiet_blocks": checked_blocks,
        "quiet_days": checked_days,
    }
    fields: dict[str, Any] = {}
    problems: list[InvalidValueError] = []
    wanted = set(subset)
    unknown = wanted - set(FIELDS)
    if unknown:
        raise InvalidValueError(min(unknown), _("A team has no such field."))
    for key in FIELDS:
        if key not in wanted:
            continue
        try:
            fields[key] = checks[key](values.get(key))
        except InvalidValueError as problem:
            if key == "subdivision" and problem.field == "country":
                continue  # said at the country
            problems.extend(problem.problems)
    if problems:
        raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)
    return fields


def checked_name(text: Any, field: str, longest: int = NAME_MAX) -> str:
    """Return a trimmed name. Raises InvalidValueError: empty, too long, more than one line."""
    if not isinstance(text, str) or not text.strip():
        raise InvalidValueError(field, _("This needs a name."))
    name = " ".join(text.split(" ")).strip()
    if len(name) > longest:
        raise InvalidValueError(field, _("At most %(n)s characters.", n=longest))
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in name):
        raise InvalidValueError(field, _("A name is one line of text."))
    return name


def checked_blocks(blocks: Any, field: str = "quiet_blocks") -> list[dict[str, Any]]:
    """Return quiet blocks in the form in which they are stored. Raises InvalidValueError."""
    if blocks is None:
        return []
    if not isinstance(blocks, list | tuple):
        raise InvalidValueError(
            field, _("Quiet blocks are a list."), hint='[{ days = ["mon"], range = "12:00-13:00" }]'
        )
    return [QuietBlock.parse(b, f"{field}[{i}]").to_mapping() for i, b in enumerate(blocks)]


def checked_days(days: Any, field: str = "quiet_days") -> list[str]:
    """Return dates as sorted ISO text, each once. Raises InvalidValueError."""
    if days is None:
        return []
    if not isinstance(days, list | tuple):
        raise InvalidValueError(field, _("Quiet days are a list of dates."), hint='["2026-12-24"]')
    return sorted({_date(day, f"{field}[{i}]").isoformat() for i, day in enumerate(days)})


def checked_floor(floor: Any) -> int:
    """Return the smallest group shown. Raises InvalidValueError below five, where figures name people."""
    if not isinstance(floor, int) or isinstance(floor, bool) or not FLOOR_MIN <= floor <= FLOOR_MAX:
        raise InvalidValueError(
            "floor",
            _("A whole number from %(low)s to %(high)s.", low=FLOOR_MIN, high=FLOOR_MAX),
            hint=_("It may be raised, but never below %(low)s.", low=FLOOR_MIN),
        )
    return floor


def slug_of(name: str) -> str:
    """Return the slug a name suggests, such as product-team."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].strip("-") or "team"


def checked_slug(slug: Any, field: str = "slug") -> str:
    """Return a slug. Raises InvalidValueError."""
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise InvalidValueError(
            field, _("Small letters, digits and hyphens, at most 40."), hint=_("For example product.")
        )
    return slug


def _free_slug(session: Session, slug: str | None, name: str) -> str:
    if slug is not None:
        if store.team_by_slug(session, checked_slug(slug)) is not None:
            raise InvalidValueError("slug", _("Another team is called so already."))
        return slug
    stem = slug_of(name)
    taken = store.slugs_like(session, stem)
    return next(s for n in range(1, len(taken) + 2) if (s := stem if n == 1 else f"{stem}-{n}") not in taken)


def _pair(changes: Mapping[str, Any]) -> frozenset[str]:
    """A subdivision belongs to its country: a change of one checks both."""
    pair = frozenset({"country", "subdivision"})
    return pair if pair & changes.keys() else frozenset()


@cache
def _defaults() -> Mapping[str, Any]:
    presets = parse_presets(data.read_text("presets.toml"))
    return {"hours": presets.week.to_mapping(), "quiet_blocks": [presets.lunch.to_mapping()]}


def _date(day: Any, field: str) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise InvalidValueError(
            field, _("“%(day)s” is not a date.", day=str(day)[:40]), hint=_("Write it as 2026-12-24.")
        ) from None
