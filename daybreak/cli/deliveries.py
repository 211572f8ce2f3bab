"""`daybreak deliveries`: the log of what was attempted; it names nobody and tells of no plan."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.channels import KINDS
from daybreak.channels.smtp import NO_SUCH_ADDRESS
from daybreak.cli.opening import Commands, opened
from daybreak.domain.delivery import DeliveryState
from daybreak.store.delivery_log import Filter, Line, lines
from daybreak.wording import gettext as _

STATES = tuple(state.value for state in DeliveryState)


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "deliveries",
        help=_("print the log of messages: what was attempted, and how it fared"),
        description=_("Prints attempted messages, the one due last first. It names nobody."),
    )
    since = _("only those due since an instant or date, such as 2026-03-02 or 2026-03-02T09:00Z (UTC)")
    parser.add_argument("--since", metavar="T", type=_instant, help=since)
    parser.add_argument("--state", metavar="S", choices=STATES, help=_("only those in a state"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Print the log."""
    with opened(arguments) as runtime, runtime.reading() as session:
        rows = list(_rows(session, arguments.since, arguments.state))
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print(rows)
    return 0


def _rows(session: Session, since_at: datetime | None, state: str | None) -> Iterator[dict[str, Any]]:
    for line in lines(session, Filter(since_at=since_at)):
        delivery = line.delivery
        if state is None or delivery.state == state:
            yield {
                "id": delivery.id,
                "team": line.team.slug if line.team else None,
                "channel": _channel(line),
                "kind": delivery.kind,
                "due_at": _text(delivery.due_at),
                "state": delivery.state,
                "attempts": delivery.attempts,
                "sent_at": _text(delivery.sent_at),
                "reason": _reason(line),
            }


def _channel(line: Line) -> str:
    """As policies name it: email, slack:<name>, or slack for a member's own webhook."""
    if line.delivery.transport == "email":
        return "email"
    prefix = KINDS[line.delivery.transport].prefix
    own = line.channel is None or line.channel.team_id is None
    return prefix if own or line.channel is None else f"{prefix}:{line.channel.name}"


def _reason(line: Line) -> str | None:
    """Why it ended so; what a person did, or what is wrong with their address, is theirs alone."""
    if line.delivery.state in (DeliveryState.CANCELLED, DeliveryState.SUPPRESSED):
        return "not_wanted"
    return "address" if line.delivery.reason in NO_SUCH_ADDRESS else line.delivery.reason


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        print(_("Nothing was attempted."))
        return
    print(_("Times in UTC"))
    for row in rows:
        due = row["due_at"].replace("T", " ").removesuffix("Z")[:16]
        where = f"{row['team'] or '-':<12}  {row['channel']:<24}  {row['kind']:<7}"
        why = f"  {row['reason']}" if row["reason"] else ""
        print(f"{row['id']:>6}  {due}  {where}  {row['state']:<11}  {row['attempts']}{why}")


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        text = _("“%(text)s” is not an instant such as 2026-03-02 or 2026-03-02T09:00Z", text=text)
        raise argparse.ArgumentTypeError(text) from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
