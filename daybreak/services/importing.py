"""Importing people from a CSV file in two steps: check, which writes nothing, then all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from daybreak.domain import sheet
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.sheet import Row
from daybreak.domain.working import Week
from daybreak.services import inviting
from daybreak.services.people import normalised_email
from daybreak.services.places import suggested_zones, zones
from daybreak.services.teams import checked_name
from daybreak.store import importing as store
from daybreak.store.tables import Invitation, Person, Team
from daybreak.wording import gettext as _

Verdict = Literal["ready", "left_out", "wrong"]


@dataclass(frozen=True)
class Checked:
    """What will become of a row: `problem` says why it is left out or wrong, `hint` what to do."""

    row: Row
    verdict: Verdict
    problem: str = ""
    hint: str = ""
    email: str = ""
    team_id: int = 0
    zone: str | None = None
    hours: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Check:
    """A file as it would be imported; what is no zone may be given one, for all of its rows at once."""

    rows: Sequence[Checked]
    bad_zones: Mapping[str, str] = field(default_factory=dict)  # as written -> the nearest there is

    @property
    def ready(self) -> Sequence[Checked]:
        """Return the rows that will be invited."""
        return [one for one in self.rows if one.verdict == "ready"]

    @property
    def wrong(self) -> Sequence[Checked]:
        """Return the rows that stand in the way of all others."""
        return [one for one in self.rows if one.verdict == "wrong"]

    @property
    def left_out(self) -> Sequence[Checked]:
        """Return the rows that nothing needs to be done about."""
        return [one for one in self.rows if one.verdict == "left_out"]


def read(data: bytes, largest: int = sheet.LARGEST) -> sheet.Sheet:
    """Return the rows of a file. Raises InvalidValueError at "file" with what to do about it."""
    try:
        return sheet.read(data, largest)
    except sheet.UnreadableError as problem:
        text, hint = {
            "large": (_("The file is larger than 1 MiB."), _("Import it in parts.")),
            "long": (_("The file has more than %(n)s rows.", n=sheet.MOST), _("Import it in parts.")),
            "encoding": (_("The file is not UTF-8 text."), _("Save it as “CSV UTF-8” in your spreadsheet.")),
            "empty": (_("The file is empty."), ""),
            "no_email": (_("The file has no column called email."), _("The first row names the columns.")),
            "broken": (_("The file is not CSV: a quote is never closed."), _("Save it as CSV once more.")),
        }[problem.code]
        raise InvalidValueError("file", text, hint=hint) from None


def check(
    session: Session, rows: Sequence[Row], team: Team, importer: Person, chosen: Mapping[str, str]
) -> Check:
    """Say what would become of each row; `chosen` gives zones that were written wrongly another.

    Rows without a team belong to `team`; one that the importer does not manage is as one that is not there.
    """
    teams = store.managed_teams(session, importer)
    known = _Known(session, rows)
    seen: set[tuple[str, int]] = set()
    checked: list[Checked] = []
    bad_zones: dict[str, str] = {}
    for row in rows:
        if row.timezone and row.timezone not in zones():
            near = suggested_zones(row.timezone, 1)
            bad_zones.setdefault(row.timezone, chosen.get(row.timezone) or (near[0] if near else team.zone))
        zone = chosen.get(row.timezone, row.timezone)
        try:
            one = _row(replace(row, timezone=zone), row, teams, team)
        except InvalidValueError as problem:
            checked.append(Checked(row, "wrong", str(problem), problem.hint))
            continue
        key = (one.email, one.team_id)
        if key in seen:
            one = replace(one, verdict="left_out", problem=_("This address stands further up already."))
        elif key in known.members:
            one = replace(one, verdict="left_out", problem=_("This person is in the team already."))
        seen.add(key)
        checked.append(one)
    return Check(checked, bad_zones)


def carry_out(session: Session, check: Check, importer: Person, now: datetime) -> list[Invitation]:
    """Invite everybody who is ready, as members; the invitations. Raises ValueError where a row is wrong.

    Zone and hours are set for those who are new here; who has an account keeps their own.
    """
    if check.wrong:
        raise ValueError("a file is imported as a whole or not at all")
    teams = {team.id: team for team in store.managed_teams(session, importer).values()}
    invitations = []
    for one in check.ready:
        invitation = inviting.invite(
            session, teams[one.team_id], one.email, "member", importer, now, name=one.row.name
        )
        person = store.invited(session, invitation)
        if not inviting.has_account(session, person):
            person.name = person.name or one.row.name
            person.zone = one.zone or person.zone
            person.hours = dict(one.hours) if one.hours else person.hours
        invitations.append(invitation)
    session.flush()
    return invitations


def _row(row: Row, as_written: Row, teams: Mapping[str, Team], team: Team) -> Checked:
    email = normalised_email(row.email)
    if row.name:
        checked_name(row.name, "name")
    if row.timezone and row.timezone not in zones():
        message = _("There is no time zone called “%(key)s”.", key=row.timezone[:60])
        raise InvalidValueError("timezone", message, hint=_("Choose one below the table."))
    theirs = teams.get(row.team.casefold()) if row.team else team
    if theirs is None:
        message = _("You manage no team called “%(name)s”.", name=row.team[:60])
        raise InvalidValueError("team", message, hint=_("Write the team's name or leave the cell empty."))
    return Checked(
        as_written, "ready", email=email, team_id=theirs.id, zone=row.timezone or None, hours=_hours(row)
    )


def _hours(row: Row) -> Mapping[str, Any] | None:
    if not (row.work_start or row.work_end or row.days):
        return None
    start, end = sheet.clock(row.work_start), sheet.clock(row.work_end)
    if start is None or end is None:
        message = _("work_start and work_end are two times of the day.")
        raise InvalidValueError("work_start", message, hint=_("Such as 09:00 and 17:30."))
    days = sheet.days(row.days) if row.days else list(sheet.WEEKDAYS[:5])
    if days is None:
        message = _("“%(text)s” are no weekdays.", text=row.days[:40])
        raise InvalidValueError("days", message, hint=_("Such as mon-fri or mon wed fri."))
    return Week.parse({day: [f"{start}-{end}"] for day in days}).to_mapping()


class _Known:
    """Who of a file is in which team already, in one query for many addresses."""

    def __init__(self, session: Session, rows: Sequence[Row]) -> None:
        self.members = store.members_among(session, {row.email.strip().lower() for row in rows})
