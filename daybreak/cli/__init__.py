"""The commands besides `up` and `test`: one module a noun, each with `add` (its arguments) and `run`."""

import argparse
import os
import sys
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from daybreak.cli import apply, deliveries, demo, doctor, erase, migrate, owner, plan, rotate_keys
from daybreak.domain.errors import DaybreakError
from daybreak.wording import gettext as _

NOUNS = (apply, plan, deliveries, owner, demo, doctor, erase, rotate_keys, migrate)


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 it could not be done, 2 asked wrongly."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as asked:  # help, or a usage error that argparse has told already
        return asked.code if isinstance(asked.code, int) else 2
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except DaybreakError as error:
        _say(str(error), error.hint)
        return 1
    except SQLAlchemyError as error:
        _say(
            _("The database cannot be used: %(why)s.", why=_reason(error)),
            _("`daybreak doctor` looks at everything that is needed."),
        )
        return 1
    except KeyboardInterrupt:
        _say(_("Stopped; nothing was changed."))
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="daybreak", description=_("Commands of Daybreak."))
    commands = parser.add_subparsers(title=_("commands"), metavar="COMMAND", required=True)
    for noun in NOUNS:
        command = noun.add(commands)
        command.add_argument(
            "--home", metavar="FOLDER", help=_("where Daybreak keeps its files (DAYBREAK_HOME, default var)")
        )
        command.set_defaults(run=noun.run)
    return parser


def _reason(error: SQLAlchemyError) -> str:
    """The driver's own words, in one line; SQLAlchemy would add the statement and its values."""
    words = str(getattr(error, "orig", None) or type(error).__name__)
    return " ".join(words.split()).rstrip(".")


def _say(message: str, hint: str = "") -> None:
    print(message, file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)
