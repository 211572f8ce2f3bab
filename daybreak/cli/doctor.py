"""`daybreak doctor`: look at everything that is needed, and say what to mend."""

import argparse
import json
from dataclasses import asdict

from daybreak.cli.checks import Finding, State, examine
from daybreak.cli.opening import Commands, opened
from daybreak.wording import gettext as _
from daybreak.wording import ngettext

SIGNS = {State.OK: "ok  ", State.NOTE: "note", State.BROKEN: "BAD "}


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "doctor",
        help=_("look at everything Daybreak needs and say what to mend"),
        description=_("Looks, and changes nothing: no mail and no post is sent. Exit status 1: broken."),
    )
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Examine and print; 1 if something is broken."""
    with opened(arguments, migrated=False) as runtime:
        findings = examine(runtime)
    broken = sum(finding.state is State.BROKEN for finding in findings)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            _print(finding)
        if broken:
            print(ngettext("%(n)s thing is broken.", "%(n)s things are broken.", broken))
        else:
            print(_("Nothing is broken."))
    return 1 if broken else 0


def _print(finding: Finding) -> None:
    print(f"{SIGNS[finding.state]}  {finding.name}: {finding.says}")
    if finding.mend:
        print(f"      {finding.mend}")
