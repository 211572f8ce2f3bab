"""`up` with its real processes: started, killed in every way, and stopped."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from daybreak import settings
from tests.support.house import CHILDREN, House, house_at, up
from tests.support.processes import wait_until
from tests.support.trees import below, one_below, using

pytestmark = pytest.mark.journey


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An installation that is not started yet."""
    return house_at(tmp_path)


@pytest.fixture
def process(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """The same, running with all its children."""
    with up(house) as running:
        wait_until(lambda: "beat started" in _said(house), what="all children")
        yield running


def test_it_serves_and_says_the_code_and_keeps_the_home_private(
    house: House, process: subprocess.Popen[bytes]
) -> None:
    assert f"{house.base_url}/setup with the code" in _said(house)
    with urllib.request.urlopen(f"{house.base_url}/setup", timeout=20) as response:
        assert response.status == 200
    assert house.home.stat().st_mode & 0o777 == 0o700
    open_to_others = [
        str(path) for path in house.home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    commands = " ".join(running.command for running in below(process.pid))
    password = (house.home / "run" / "redis-url").read_text().split(":")[2].split("@")[0]
    assert password not in commands


def test_a_second_one_on_the_same_home_says_who_runs(house: House, process: subprocess.Popen[bytes]) -> None:
    second = house.command("up", "--port", "0", check=False)
    assert second.returncode == 1
    assert str(process.pid) in second.stderr
    assert house.base_url in second.stderr
    assert "--home" in second.stderr
    assert process.poll() is None


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_started_again(house: House, process: subprocess.Popen[bytes], name: str) -> None:
    killed = one_below(process.pid, *CHILDREN[name])
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: f"{name} ended with -9, starting again" in _said(house), what="the line that says so")
    wait_until(lambda: _said(house).count(f"{name} started") == 2, what=f"a new {name}")
    assert one_below(process.pid, *CHILDREN[name]) != killed
    if name == "valkey":
        with redis.Redis.from_url((house.home / "run" / "redis-url").read_text()) as client:
            wait_until(lambda: _pings(client), what="Valkey at its old address")


def test_killing_it_leaves_no_process_and_loses_nothing(
    house: House, process: subprocess.Popen[bytes]
) -> None:
    with redis.Redis.from_url((house.home / "run" / "redis-url").read_text()) as client:
        client.set("kept", "yes")
    before = below(process.pid)
    assert len(before) >= len(CHILDREN) + 1
    process.kill()
    process.wait()
    wait_until(lambda: not any(each.lives() for each in before), seconds=10, what="the end of all children")
    assert using(str(house.home)) == []
    with up(house):
        with redis.Redis.from_url((house.home / "run" / "redis-url").read_text()) as client:
            assert client.get("kept") == b"yes"
        assert house.rows("SELECT count(*) FROM alembic_version") == [(1,)]


def test_killing_the_keeper_starts_everything_again(house: House, process: subprocess.Popen[bytes]) -> None:
    before = below(process.pid)
    keeper = one_below(process.pid, "daybreak", "up")
    os.kill(keeper.pid, signal.SIGKILL)
    wait_until(lambda: _said(house).count("beat started") == 2, what="a second round of children")
    assert not any(each.lives() for each in before)


def test_killing_it_with_its_keeper_leaves_no_process(house: House, process: subprocess.Popen[bytes]) -> None:
    before = below(process.pid)
    keeper = one_below(process.pid, "daybreak", "up")
    os.kill(process.pid, signal.SIGSTOP)  # so that neither can see the other go
    os.kill(keeper.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    wait_until(lambda: not any(each.lives() for each in before), seconds=20, what="the end of all children")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_in_order(
    house: House, process: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    before = below(process.pid)
    process.send_signal(number)
    assert process.wait(40) == 0
    assert not any(each.lives() for each in before)
    assert _said(house).endswith("Stopping.\nStopped.\n")
    assert not (house.home / "run" / "redis-url").exists()


def test_a_given_redis_is_used_and_none_embedded(tmp_path: Path, valkey_url: str) -> None:
    house = house_at(tmp_path, REDIS_URL=valkey_url)
    with up(house) as process:
        wait_until(lambda: "beat started" in _said(house), what="all children")
        assert not [each for each in below(process.pid) if "valkey-server" in each.command]
        assert not (house.home / "run" / "redis-url").exists()


def test_commands_beside_it_know_its_address(tmp_path: Path) -> None:
    house = house_at(tmp_path)
    del house.environ["BASE_URL"]
    with up(house):
        assert house.base_url in (house.home / "run" / "base-url").read_text()
        assert settings.load(house.environ).base_url == house.base_url
    assert settings.load(house.environ).base_url == "http://127.0.0.1:8000"


def test_a_taken_port_is_named_with_another(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = house.command("up", "--port", port, check=False)
    assert result.returncode == 1
    assert port in result.stderr
    assert "up --port " in result.stderr
    assert not house.home.exists()


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_refused(house: House, port: str) -> None:
    result = house.command("up", "--port", port, check=False)
    assert result.returncode == 2
    assert "0 to 65535" in result.stderr


def test_a_home_that_cannot_be_written_is_named(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", Path("/proc/daybreak")):
        result = house.command("up", "--port", "0", "--home", str(place), check=False)
        assert result.returncode == 1
        assert str(place) in result.stderr
        assert "Traceback" not in result.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    house = house_at(tmp_path, SMTP_URL="mailto:ana@acme.test")
    result = house.command("up", "--port", "0", check=False)
    assert result.returncode == 1
    assert "SMTP_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_out_of_reach_ends_the_start(tmp_path: Path) -> None:
    house = house_at(tmp_path, DATABASE_URL="postgresql://daybreak@127.0.0.1:1/none")
    result = house.command("up", "--port", "0", check=False)
    assert result.returncode == 1
    assert "database" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert using(str(house.home)) == []


def _said(house: House) -> str:
    return (house.home.parent / "up.log").read_text()


def _pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
