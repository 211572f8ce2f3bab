"""What a reader may rely on in every file: checked, typed, layered, small, explained and at home anywhere."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from daybreak import cli
from daybreak.launch.entry import COMMANDS
from daybreak.settings import ROOT
from daybreak.store.tables import Base

LONGEST = 300
GENERATED = {"requirements.lock", "requirements-test.lock", "requirements-installer.lock"}
PACKAGES = ("daybreak", "tasks", "webapp", "tests", "bench")
# In pieces, so that this file passes its own test: index hosts, and folders of the machines we build on.
FOREIGN = ["pypi" + ".org", "python" + "hosted.org", "/opt/" + "pypi", "/opt/" + "wheels", "/work" + "/"]
FOREIGN += ["../" + "shared", ".libr" + "ary/"]


def tracked() -> list[Path]:
    """Every file of the repository that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


TRACKED = tracked()
PYTHON = [path for path in TRACKED if path.suffix == ".py"]


@pytest.mark.parametrize("tool", ["ruff check", "mypy", "lint-imports"])
def test_the_checkers_are_content(tool: str) -> None:
    name, *arguments = tool.split()
    binary = Path(sys.executable).with_name(name)
    result = subprocess.run([binary, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_server_default": True})
            assert compare_metadata(context, Base.metadata) == []
    finally:
        engine.dispose()


def test_no_file_is_long() -> None:
    """Migrations are not counted: they are history, one file a step, and nobody splits them."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in PYTHON
        if path.parent.name != "versions" and (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] in PACKAGES
        and (text := path.read_text()).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    knowing = {}
    for path in TRACKED:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if found := [word for word in FOREIGN if word in text]:
            knowing[str(path.relative_to(ROOT))] = found
    assert knowing == {}


def test_the_locks_name_no_index() -> None:
    for name in GENERATED:
        lines = (ROOT / name).read_text().splitlines()
        assert [line for line in lines if line.startswith("-")] == [], name


def test_the_overview_lists_the_commands_there_are() -> None:
    nouns = {noun.__name__.rsplit(".", 1)[1].replace("_", "-") for noun in cli.NOUNS}
    assert set(COMMANDS) == nouns | {"up", "test"}
