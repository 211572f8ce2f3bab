"""`daybreak erase EMAIL`: everything about one person goes; the figures of teams stay."""

import argparse

from daybreak.cli.opening import Commands, opened
from daybreak.domain.errors import InvalidValueError
from daybreak.services import erasing, people
from daybreak.wording import gettext as _


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "erase",
        help=_("erase a person: name, address, sign-ins, calendar, own channels"),
        description=_(
            "Erases a person for good. Prompts that count in a team's figures are kept as nobody's until the "
            "retention ends. Backups made before still hold the person: delete them."
        ),
    )
    parser.add_argument("email", metavar="EMAIL", help=_("the person's address"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Erase the person and write the database's file anew."""
    with opened(arguments) as runtime:
        with runtime.writing() as session:
            person = people.find_person(session, arguments.email)
            if person is None:
                raise InvalidValueError("email", _("Nobody here has that address."))
            number = person.id
            folder = runtime.settings.home / "outbox"
            erasing.erase(session, person, None, runtime.now(), folder, origin="erase")
        erasing.scrub(runtime)
        print(_("Erased. The audit log calls this person number %(n)s from now on.", n=number))
    return 0
