"""`daybreak rotate-keys`: seal every secret anew with the first of ENCRYPTION_KEYS."""

import argparse
import sys

from daybreak.cli.opening import Commands, opened
from daybreak.services import auditing, rotating
from daybreak.wording import gettext as _
from daybreak.wording import ngettext


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command."""
    return commands.add_parser(
        "rotate-keys",
        help=_("encrypt every stored secret with the first of ENCRYPTION_KEYS"),
        description=_(
            "Put a new key first in ENCRYPTION_KEYS and keep the old ones behind it, restart Daybreak, run "
            "this, then take the old keys out."
        ),
    )


def run(arguments: argparse.Namespace) -> int:
    """Rotate; exit status 1 where a secret fits no key."""
    with opened(arguments) as runtime, runtime.writing() as session:
        done = rotating.rotate(session, runtime.cipher)
        auditing.record(
            session, None, "workspace.keys_rotated", "workspace", 1, None,
            None, {"sealed": done.sealed, "lost": len(done.lost)}, runtime.now(), "rotate-keys",
        )  # fmt: skip
    print(ngettext("%(n)s secret is sealed anew.", "%(n)s secrets are sealed anew.", done.sealed))
    for what in done.lost:
        print(_("No key opens %(what)s: paste its address again.", what=what), file=sys.stderr)
    return 1 if done.lost else 0
