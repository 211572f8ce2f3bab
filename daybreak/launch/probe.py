"""Ask our own web server for a page, under the name people call it by: the health check of containers.

Standard library only, so that it costs next to nothing every few seconds.
"""

import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

TIMEOUT_S = 4


def main(arguments: list[str]) -> int:
    """Take one address; the exit status is 0 where it answers 200, and 1 otherwise with the cause said."""
    (address,) = arguments
    # Other names are refused: see TRUSTED_HOSTS.
    host = urlsplit(os.environ.get("BASE_URL", address)).netloc
    request = urllib.request.Request(address, headers={"Host": host})  # noqa: S310 - ours, from the compose file
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
            return 0
    except (urllib.error.URLError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
