"""`python -m daybreak.cli COMMAND`, inside the environment: what containers call."""

import sys

from daybreak.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
