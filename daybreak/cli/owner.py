"""`daybreak owner EMAIL`: the way in when nobody else can let you in."""

import argparse

from daybreak.cli.opening import Commands, opened
from daybreak.domain.errors import InvalidValueError
from daybreak.services import accounts, auditing, people, setup
from daybreak.wording import gettext as _


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "owner",
        help=_("print a one-time sign-in link for an owner"),
        description=_(
            "Makes a person owner of the workspace, who may do what admins may in every team, and prints a "
            "link that signs in once, within ten minutes, from any browser. The audit log keeps both."
        ),
    )
    parser.add_argument("email", metavar="EMAIL", help=_("the person's address"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Make the person owner and print the link."""
    with opened(arguments) as runtime:
        now = runtime.now()
        with runtime.writing() as session:
            person = people.find_person(session, arguments.email)
            if person is None:
                raise InvalidValueError(
                    "email",
                    _("Nobody here has the address %(email)s.", email=arguments.email),
                    hint=_("Name the person in a workspace file and apply it first."),
                )
            made = people.set_owner(session, person, True, None, now, origin="owner")
            if not setup.is_done(session):
                setup.close(session, now)
            auditing.record(
                session, None, "person.link_printed", "person", person.id, None, None, None, now, "owner"
            )
            token = accounts.make_link_for_command(session, person, now)
        if made:
            print(_("%(email)s is an owner now.", email=person.email))
        print(_("This link signs in once, within ten minutes:"))
        print(runtime.links.sign_in(token))
    return 0
