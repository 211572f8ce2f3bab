"""A worker that runs and does not move is noticed, ended and started again."""

import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import pytest

from daybreak import pulse
from daybreak.settings import ROOT
from tests.support.house import house_at, up
from tests.support.processes import wait_until
from tests.support.trees import one_below

pytestmark = pytest.mark.journey


def test_up_replaces_a_worker_that_stands_still(tmp_path: Path) -> None:
    house = house_at(tmp_path)
    with up(house) as process:
        for name in ("send", "plan", "beat"):
            wait_until(partial(_beats, house.home, name), what=f"a pulse of {name}")
        stopped = one_below(process.pid, "celery", "--queues send")
        os.kill(stopped.pid, signal.SIGSTOP)
        wait_until(lambda: not stopped.lives(), seconds=pulse.PATIENCE_S["send"] + 30, what="its end")
        assert "send has not moved for" in (tmp_path / "up.log").read_text()
        wait_until(
            lambda: pulse.age_s(house.home, "send") < 5, seconds=40, what="a worker that moves in its place"
        )


def _beats(home: Path, name: str) -> bool:
    return pulse.age_s(home, name) < 30


def test_a_health_check_tells_a_pulse_from_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAYBREAK_HOME", str(tmp_path))
    assert pulse.main(["send"]) == 1
    assert "send has not moved" in capsys.readouterr().err
    pulse.touch(tmp_path, "send")
    assert pulse.main(["send"]) == 0
    (path,) = (tmp_path / "run" / "pulse").iterdir()
    long_ago = time.time() - pulse.PATIENCE_S["send"] - 1
    os.utime(path, (long_ago, long_ago))
    assert pulse.main(["send"]) == 1


def test_only_python_itself_is_needed_for_it(tmp_path: Path) -> None:
    environ = {**os.environ, "DAYBREAK_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    line = ["python3", "-S", "-m", "daybreak.pulse", "beat"]
    assert subprocess.run(line, env=environ, capture_output=True, check=False).returncode == 1
