"""`daybreak plan --member EMAIL`: what the worker will do, with reasons, less what is nobody's business."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.cli.opening import Commands, opened
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.occurrence import Occurrence, Reason
from daybreak.domain.time import DAY, local_date
from daybreak.services import auditing, people, planning
from daybreak.services.plan_inputs import inputs_for
from daybreak.store.tables import Person, Policy, Team
from daybreak.wording import gettext as _

PERSONAL = frozenset(
    {Reason.PAUSED, Reason.BUSY, Reason.BREAK_TAKEN, Reason.BACKED_OFF, Reason.SNOOZED, Reason.OPTED_OUT}
)
"""Reasons that would tell an operator what a person did or asked for."""
MOST_DAYS = 92


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "plan",
        help=_("print a member's plan with the reason for every break that is left out"),
        description=_(
            "Prints the plan of a member, the same that the worker follows. Reasons that are the member's "
            "own affair, such as a pause, print as `personal`. The audit log keeps that you looked."
        ),
    )
    parser.add_argument("--member", metavar="EMAIL", required=True, help=_("whose plan"))
    parser.add_argument("--date", metavar="D", type=_date, help=_("first local date, default today"))
    parser.add_argument("--days", metavar="N", type=_days, default=1, help=_("how many dates, default 1"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Print the plan of the dates."""
    with opened(arguments) as runtime:
        now = runtime.now()
        with runtime.reading() as session:
            person = people.find_person(session, arguments.member)
            if person is None:
                text = _("Nobody here has the address %(email)s.", email=arguments.member)
                raise InvalidValueError("member", text, hint=_("Is it written as in the workspace file?"))
            zone = inputs_for(session, [person], now)[person.id].person.zone
            first = arguments.date or local_date(now, zone)
            rows = list(_rows(session, person, first, arguments.days, now))
        with runtime.writing() as session:
            new = {"from": first, "days": arguments.days}
            auditing.record(session, None, "plan.shown", "person", person.id, None, None, new, now)
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(rows, zone.key)
    return 0


def _rows(
    session: Session, person: Person, first: date, days: int, now: datetime
) -> Iterator[dict[str, Any]]:
    found: list[Occurrence] = []
    for offset in range(days):
        found += planning.plan_day(session, person, first + offset * DAY, now).occurrences
    for one in sorted(found, key=lambda o: o.due_at):
        reason = None if one.reason is None else "personal" if one.reason in PERSONAL else str(one.reason)
        yield {
            "due_at": one.due_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "local": one.local.isoformat(),
            "local_date": one.local_date.isoformat(),
            "team": session.get_one(Team, one.team_id).slug,
            "policy": session.get_one(Policy, one.policy_id).name,
            "kept": one.kept,
            "reason": reason,
        }


def _print(rows: list[dict[str, Any]], zone: str) -> None:
    if not rows:
        print(_("No breaks are planned on these dates."))
        return
    print(_("Times in %(zone)s", zone=zone))
    width = max(len(row["policy"]) for row in rows)
    for row in rows:
        clock = datetime.fromisoformat(row["local"])
        what = _("break") if row["kept"] else _("no break")
        why = f"  {row['reason']}" if row["reason"] else ""
        print(f"{row['local_date']}  {clock:%H:%M}  {row['team']}  {row['policy']:<{width}}  {what}{why}")


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        raise argparse.ArgumentTypeError(_("“%(text)s” is not a date such as 2026-03-02", text=text))
    return day


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(
            _("“%(text)s” is not a number from 1 to %(n)s", text=text, n=MOST_DAYS)
        )
    return int(text)
