"""Places: the time zones and holiday calendars that people may choose, and what they probably meant."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import holidays

from daybreak.domain.errors import InvalidValueError
from daybreak.wording import gettext as _


def checked_zone(key: Any, field: str = "zone") -> str:
    """Return an IANA key. Raises InvalidValueError that suggests near ones."""
    if isinstance(key, str) and key in zones():
        return key
    text = key if isinstance(key, str) else repr(key)
    near = suggested_zones(text)
    hint = _("Did you mean %(names)s?", names=_(" or ").join(near)) if near else ""
    raise InvalidValueError(
        field,
        _("There is no time zone called “%(key)s”.", key=text[:60]),
        hint=hint or _("Use an IANA name such as Europe/Lisbon."),
    )


def meant_zone(text: str | None) -> str | None:
    """Return the zone that a person typed, by its key in any case or by its city; else the text as it was.

    A filter for fields; `checked_zone` stays strict, for files.
    """
    if not text:
        return text
    near = suggested_zones(text, 1)
    wanted = text.strip().casefold().replace(" ", "_")
    exact = bool(near) and wanted in (near[0].casefold(), near[0].rsplit("/", 1)[-1].casefold())
    return near[0] if exact else text


def suggested_zones(text: str, n: int = 2) -> list[str]:
    """Return the zones that come nearest to a text, also to a city alone, nearest first."""
    known = {key.casefold(): key for key in sorted(zones())}
    cities = {key.rsplit("/", 1)[-1].casefold(): key for key in sorted(zones(), reverse=True) if "/" in key}
    wanted = text.strip().casefold().replace(" ", "_")
    if wanted in known:
        return [known[wanted]]
    if wanted in cities:
        return [cities[wanted]]
    for names, cutoff, most in ((known, 0.9, 1), (known, 0.8, n), (cities, 0.85, n)):
        near = get_close_matches(wanted, names, most, cutoff)
        if near:
            return [names[match] for match in near]
    return []


@cache
def zones() -> frozenset[str]:
    """Return the IANA keys people may choose: places and UTC, without the names kept for old systems."""
    old = ("Etc/", "SystemV/", "US/", "posix/", "right/")
    return frozenset(k for k in available_timezones() if ("/" in k and not k.startswith(old)) or k == "UTC")


def checked_country(country: Any, subdivision: Any) -> tuple[str | None, str | None]:
    """Return country and subdivision as the `holidays` library knows them; empty ones are None.

    Raises InvalidValueError at "country" or "subdivision".
    """
    if not country:
        if subdivision:
            raise InvalidValueError("subdivision", _("A subdivision needs its country."))
        return None, None
    known = countries()
    code = str(country).strip().upper()
    if code not in known:
        raise InvalidValueError(
            "country",
            _("There is no holiday calendar for “%(code)s”.", code=str(country)[:40]),
            hint=_("Use a two-letter country code such as PT."),
        )
    if not subdivision:
        return code, None
    part = next((p for p in known[code] if p.casefold() == str(subdivision).strip().casefold()), None)
    if part is None:
        parts = ", ".join(known[code]) or _("none")
        raise InvalidValueError(
            "subdivision",
            _("%(country)s has no subdivision “%(part)s”.", country=code, part=str(subdivision)[:40]),
            hint=_("It has: %(parts)s.", parts=parts),
        )
    return code, part


@cache
def countries() -> Mapping[str, tuple[str, ...]]:
    """Return the countries with a holiday calendar: two-letter code -> subdivisions."""
    found = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(parts) for code, parts in sorted(found.items()) if len(code) == 2}
