"""From the bare command line to the right command inside the project's own environment.

Everything here runs before that environment exists: standard library only.
"""

import os
import sys

from daybreak.launch import environment
from daybreak.launch.environment import ROOT, EnvironmentTrouble

COMMANDS = {
    "up": "start Daybreak: web, workers, timetable and an embedded Valkey",
    "test": "run the whole test suite; further arguments go to pytest",
    "apply": "make the workspace what a TOML file says",
    "plan": "print a member's plan, with the reason for every break that is left out",
    "deliveries": "print the log of messages: what was attempted, and how it fared",
    "owner": "print a one-time sign-in link for an owner",
    "demo": "fill an empty home with a workspace to look at; `up --demo` starts it as well",
    "doctor": "look at database, Redis, mail, clock and keys, and say what to mend",
    "erase": "erase a person: name, address, sign-ins, calendar, own channels",
    "rotate-keys": "encrypt every stored secret with the first of ENCRYPTION_KEYS",
    "migrate": "bring the database to the newest form; `up` does it by itself",
}


def enter(argv: list[str]) -> tuple[str, list[str]]:
    """Return the command and its arguments, inside the project's environment, which is made if need be.

    Replaces the process to get there. Ends it (SystemExit) after help, a wrong command, and where the
    environment cannot be made.
    """
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_overview())
        raise SystemExit(0)
    name = argv[0]
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{_overview()}", file=sys.stderr)
        raise SystemExit(2)
    try:
        python = environment.ensure(tests=name == "test")
    except EnvironmentTrouble as trouble:
        print(trouble, file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("Stopped. The next start goes on from there.", file=sys.stderr)
        raise SystemExit(130) from None
    if not environment.inside():
        os.execv(python, [str(python), "-m", "daybreak", *argv])  # noqa: S606
    return name, argv[1:]


def read_dotenv() -> None:
    """Add the project's `.env` to the variables that are not set, and the default of the home."""
    from dotenv import load_dotenv  # only the environment has it

    load_dotenv(ROOT / ".env")
    os.environ.setdefault("DAYBREAK_HOME", str(ROOT / "var"))


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            "Daybreak: a nudge to get up and move, on a rhythm the team chose.",
            "",
            "python3 -m daybreak COMMAND",
            "",
            *lines,
            "",
            "Begin with `python3 -m daybreak up`. `COMMAND --help` tells more of each.",
        ]
    )
