"""`daybreak migrate`: bring the database to head."""

import argparse

from daybreak.cli.opening import Commands, opened
from daybreak.store import migrate
from daybreak.wording import gettext as _


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    return commands.add_parser(
        "migrate",
        help=_("bring the database to the newest form"),
        description=_("Brings the database to the form that this version needs; does nothing where it is."),
    )


def run(arguments: argparse.Namespace) -> int:
    """Migrate and say so."""
    with opened(arguments, migrated=False) as runtime:
        if migrate.at_head(runtime.engine):
            print(_("The database is in its newest form already."))
            return 0
        migrate.upgrade(runtime.settings.database_url)
        print(_("The database is in its newest form now."))
    return 0
