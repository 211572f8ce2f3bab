"""`daybreak apply FILE`: make the workspace what a file says."""

import argparse
from pathlib import Path

from daybreak.cli.opening import Commands, opened
from daybreak.services import applying, workspace_file
from daybreak.wording import gettext as _


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "apply",
        help=_("make the workspace what a TOML file says"),
        description=_(
            "Makes the workspace what the file says and prints what changed. What the file does not name is "
            "left alone, and so is what people have set for themselves. Everything happens or nothing: a "
            "mistake is told with its place in the file. See docs/workspace-file.md."
        ),
    )
    parser.add_argument("file", metavar="FILE", type=Path, help=_("the workspace file, such as acme.toml"))
    parser.add_argument("--dry-run", action="store_true", help=_("only tell what would change"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Apply the file in one transaction and print the changes."""
    text = workspace_file.read(arguments.file)
    with opened(arguments) as runtime, runtime.writing() as session:
        allow = runtime.settings.webhook_allow
        file = workspace_file.parse(text, str(arguments.file), allow, applying.known(session))
        changes = applying.apply(session, file, runtime.cipher, allow, runtime.now())
        if arguments.dry_run:
            session.rollback()
    for change in changes:
        print(change)
    if arguments.dry_run:
        print(_("A rehearsal: nothing was written."))
    elif not changes:
        print(_("Nothing to change: the workspace is as %(file)s says.", file=str(arguments.file)))
    return 0
