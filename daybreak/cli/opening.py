"""What every command begins with: the settings, and a database that is there and at head."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from daybreak import runtime as runtimes
from daybreak import settings
from daybreak.domain.errors import DaybreakError
from daybreak.runtime import Runtime
from daybreak.store import migrate
from daybreak.wording import gettext as _

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class OldDatabaseError(DaybreakError):
    """The database is not in the form that this version of Daybreak needs."""

    hint = "Run `daybreak migrate` first."


@contextmanager
def opened(arguments: argparse.Namespace, *, migrated: bool = True) -> Iterator[Runtime]:
    """Build the runtime for a command; `--home` wins over DAYBREAK_HOME.

    With `migrated` the database is brought to head first, except in production, where that is an operator's
    own step: then raises OldDatabaseError. Raises SettingError for a wrong setting.
    """
    environ = dict(os.environ)
    if arguments.home:
        environ["DAYBREAK_HOME"] = arguments.home
    runtime = runtimes.build(settings.load(environ))
    try:
        if migrated and not migrate.at_head(runtime.engine):
            if runtime.settings.production:
                raise OldDatabaseError(_("The database is not in the form that this version needs."))
            migrate.upgrade(runtime.settings.database_url)
        yield runtime
    finally:
        runtime.engine.dispose()
