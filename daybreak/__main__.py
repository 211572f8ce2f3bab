"""`python3 -m daybreak COMMAND`: standard library only, and readable by Pythons too old to run the rest."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said in plain words instead of a syntax error further on
    sys.exit(
        "Daybreak needs Python 3.11 or newer and this is %d.%d: install a newer one, then run the command "  # noqa: UP031
        "with it, for example `python3.11 -m daybreak up`." % sys.version_info[:2]
    )

from daybreak.launch import entry


def main(argv: list[str]) -> int:
    """Run one command inside the project's environment; the exit status."""
    name, arguments = entry.enter(argv)
    if name == "test":
        from daybreak.launch import testing

        return testing.main(arguments)
    entry.read_dotenv()
    if name == "up":
        from daybreak.launch import up

        return up.main(arguments)
    from daybreak import cli

    return cli.main([name, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
