"""What templates may use beyond Jinja: words, clocks and figures, and what every layout asks for."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, g, request
from markupsafe import Markup

from daybreak import wording
from daybreak.store.accounts import teams_of
from daybreak.store.tables import Person
from webapp.db import db
from webapp.identity import person_or_none
from webapp.invitations import kept


def clock(instant: datetime, zone: str | ZoneInfo) -> str:
    """Return the wall clock of the zone at the instant, such as 15:02."""
    return instant.astimezone(_zone(zone)).strftime("%H:%M")


def day(when: date | datetime, zone: str | ZoneInfo | None = None) -> str:
    """Return the day in words, such as Monday 2 March; an instant needs the zone whose day is meant."""
    return format_date(_local_date(when, zone), "EEEE d MMMM", locale=wording.locale())


def moment(instant: datetime, zone: str | ZoneInfo) -> str:
    """Return day and wall clock in the zone, such as Mon 2 Mar 15:02."""
    when = format_date(_local_date(instant, zone), "EEE d MMM", locale=wording.locale())
    return f"{when} {clock(instant, zone)}"


def init_filters(app: Flask) -> None:
    """Give templates their words, filters and common context."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update(gettext=_gettext, ngettext=_ngettext)
    env.filters.update(clock=clock, day=day, moment=moment, kept=kept)
    app.before_request(_speak_the_browsers)
    app.context_processor(_common)


def _speak_the_browsers() -> None:
    """Render words in the language the browser asks for, from the first hook on."""
    wording.set_locale(request.accept_languages.best_match(wording.LANGUAGES))


def _common() -> dict[str, Any]:
    """What layouts/skeleton.html asks for; a view may pass its own `active` and `nav_team`."""
    person = _person()
    teams = teams_of(db(), person.id) if person else []
    return {
        "current_person": person,
        "nav_teams": teams,
        "theme": person.theme if person else None,
        "shortcuts": person.shortcuts_on if person else True,
        "locale": wording.locale(),
    }


def _person() -> Person | None:
    """Return who is signed in; nobody where the address is not ours, and on the pages of errors."""
    return None if request.endpoint is None or g.get("without_identity") else person_or_none()


def _gettext(message: str, /, **values: Any) -> Markup:
    """Translate for a template: always filled in, so that `%` is written `%%`, and values are escaped."""
    return Markup(wording.gettext(message)) % values  # noqa: S704 - our own words, not a person's


def _ngettext(one: str, many: str, n: int, /, **values: Any) -> Markup:
    chosen = Markup(wording.choose(one, many, n))  # noqa: S704 - our own words, not a person's
    return chosen % {"n": n, "num": n, **values}


def _zone(zone: str | ZoneInfo) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


def _local_date(when: date | datetime, zone: str | ZoneInfo | None) -> date:
    if not isinstance(when, datetime):
        return when
    if zone is None:
        raise TypeError("which day an instant is on depends on a zone")
    return when.astimezone(_zone(zone)).date()
