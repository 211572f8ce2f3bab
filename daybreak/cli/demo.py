"""`daybreak demo`: fill an empty home with the demo, or open it again; `up --demo` runs it first."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.cli.opening import Commands, opened
from daybreak.runtime import Runtime
from daybreak.services import demo
from daybreak.wording import gettext as _


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    return commands.add_parser(
        "demo",
        help=_("fill an empty home with a workspace to look at"),
        description=_(
            "Fills an empty home with made-up people and eight weeks of answers, arranges a break that comes "
            "due within a minute, and prints sign-in links for an owner, an admin and a member. On a home "
            "that holds the demo already it does the last two; any other is left alone. `daybreak up --demo` "
            "does the same and starts it."
        ),
    )


def run(arguments: argparse.Namespace) -> int:
    """Fill the database or open the demo again, and print the way in; progress goes to standard error."""
    with opened(arguments) as runtime:
        now = runtime.now()
        with runtime.writing() as session:
            if demo.is_demo(session):
                due_at = demo.first_break(session, now)
            else:
                due_at = demo.fill(session, runtime.cipher, now, _tell)
            lines = list(_welcome(runtime, session, due_at, now))
    print("\n".join(lines))
    return 0


def _welcome(runtime: Runtime, session: Session, due_at: datetime | None, now: datetime) -> Iterator[str]:
    roles = {"owner": _("an owner"), "admin": _("an admin"), "member": _("a member")}
    yield _("This is a demo: its people are made up.")
    if runtime.settings.smtp is None:
        yield _("Their mail goes nowhere but to the Outbox, which the owner sees.")
    yield _("Sign in as")
    for visitor in demo.VISITORS:
        token = demo.sign_in_token(session, visitor, now)
        if token is not None:
            yield f"  {roles[visitor.role]:<11}{runtime.links.sign_in(token)}"
    yield _("Each link signs in once, within a day; the next start prints new ones.")
    if due_at is not None:
        at = due_at.astimezone().strftime("%H:%M")
        yield _("Look at Today: a break comes due at %(at)s by this machine's clock. Then at Team.", at=at)
    else:
        yield _("Look at Today, then at Team.")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
