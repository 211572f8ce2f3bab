"""Migrate the database and print the set-up code where there is none yet: a short-lived child of `up`.

A process of its own, so that what it imports does not stay in memory as long as `up` runs.
"""

import sys

from sqlalchemy.exc import SQLAlchemyError

from daybreak import runtime
from daybreak.domain.errors import DaybreakError
from daybreak.services import setup
from daybreak.store import migrate


def main() -> int:
    """Print the code and nothing else on standard output; the exit status."""
    try:
        parts = runtime.build()
        migrate.upgrade(parts.settings.database_url)
        with parts.writing() as session:
            code = setup.issue_code(session, parts.now())
    except DaybreakError as error:
        print(error, error.hint, file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        # The driver's own words in one line: SQLAlchemy would add the statement and a link.
        print(*str(getattr(error, "orig", None) or error).split(), file=sys.stderr)
        return 1
    print(code or "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
