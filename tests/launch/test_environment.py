"""The environment is made, kept, mended and shared, with real pip, uv and a package."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daybreak.launch import environment
from daybreak.launch.environment import EnvironmentTrouble
from daybreak.settings import ROOT

ENSURE = """
import sys; from pathlib import Path; from daybreak.launch import environment
environment.ensure(tests=False, root=Path(sys.argv[1]))
"""


def _lines_of(package: str) -> str:
    """What the project's lock says of one package."""
    text = (ROOT / "requirements.lock").read_text()
    start = text.index(f"\n{package}==") + 1
    lines = text[start:].splitlines()
    end = next(number for number, line in enumerate(lines) if "# via" in line)
    return "\n".join(lines[:end]) + "\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one package with its environment made."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "requirements-installer.lock", root)
    (root / "requirements.lock").write_text(_lines_of("six"))
    environment.ensure(tests=False, root=root)
    return root


def test_it_is_made_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    python = environment.ensure(tests=False, root=root)
    assert capfd.readouterr().err == ""
    assert _imports(python, "six")
    assert (root / ".venv" / "bin" / "daybreak").stat().st_mode & 0o111


def test_another_lock_brings_it_up_to_date(root: Path) -> None:
    (root / "requirements.lock").write_text(_lines_of("blinker"))
    python = environment.ensure(tests=False, root=root)
    assert _imports(python, "blinker")
    assert not _imports(python, "six")


def test_an_interrupted_installation_is_made_anew(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    venv = root / ".venv"
    (venv / ".stamp").unlink()
    (venv / ".unfinished").touch()
    for module in venv.glob("lib/python*/site-packages/blinker/*.py"):
        module.unlink()
    python = environment.ensure(tests=False, root=root)
    assert "Making the environment" in capfd.readouterr().err
    assert _imports(python, "blinker.base")


def test_an_interpreter_that_is_gone_is_replaced(root: Path) -> None:
    for link in (root / ".venv" / "bin").glob("python*"):
        link.unlink()
    assert _imports(environment.ensure(tests=False, root=root), "blinker")


def test_two_at_once_take_turns(root: Path) -> None:
    (root / ".venv" / ".stamp").unlink()
    both = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE, str(root)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Installing" in text for text in said) == 1
    assert _imports(root / ".venv" / "bin" / "python", "blinker")


def test_a_package_with_another_hash_is_refused_and_the_next_try_mends_it(root: Path) -> None:
    good = (root / "requirements.lock").read_text()
    (root / "requirements.lock").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(EnvironmentTrouble, match="could not be installed"):
        environment.ensure(tests=False, root=root)
    (root / "requirements.lock").write_text(good)
    assert _imports(environment.ensure(tests=False, root=root), "blinker")


def test_a_python_without_pip_says_how_to_get_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "pip.py").write_text("raise ImportError('no pip')\n")
    (root / ".venv" / ".stamp").unlink()
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{ENSURE}"
    result = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "This Python has no pip: install it" in result.stderr
    environment.ensure(tests=False, root=root)


def test_the_overview_needs_no_environment_and_an_unknown_command_shows_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "daybreak", tmp_path / "daybreak", ignore=shutil.ignore_patterns("__pycache__"))
    for words, status in (([], 0), (["--help"], 0), (["dance"], 2)):
        result = subprocess.run(
            [sys.executable, "-S", "-m", "daybreak", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == status
        assert "up  " in result.stdout + result.stderr
    assert not (tmp_path / ".venv").exists()


def _imports(python: Path, module: str) -> bool:
    return (
        subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
    )
