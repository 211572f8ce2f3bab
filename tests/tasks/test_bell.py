"""The doorbell and the turns: what Redis is for, and how little is lost without it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tasks
from daybreak.channels.base import Parcel
from tasks.configuration import PLAN, SEND, TASK_TIME_LIMIT, VISIBILITY_TIMEOUT, configuration
from tasks.turns import Turns
from tests.support.post_office import NOBODY, PostOffice, post_office
from tests.support.runtimes import runtime_for
from tests.support.slack import SlackSink

HOOK = "https://hooks.slack.com/services/T/B/{}"


@pytest.fixture
def redis_office(sqlite_database_url: str, tmp_path: Path, valkey_url: str) -> Iterator[PostOffice]:
    """An office with a real Valkey."""
    with post_office(sqlite_database_url, tmp_path / "home", REDIS_URL=valkey_url) as office:
        yield office


def test_nobody_at_the_door_costs_less_than_two_seconds(
    sqlite_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with post_office(sqlite_database_url, tmp_path / "home", REDIS_URL=NOBODY):
        started = time.monotonic()
        tasks.ring(list(range(1000)))
        assert time.monotonic() - started < 2
    assert "the sweep rings again" in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_without_a_redis_address_nothing_is_tried(sqlite_database_url: str, tmp_path: Path) -> None:
    with runtime_for(sqlite_database_url, tmp_path / "home") as runtime:
        tasks.use(runtime)
        tasks.ring([1, 2, 3])


def test_ids_travel_in_batches_and_nothing_else_does(redis_office: PostOffice, valkey_url: str) -> None:
    import base64
    import json

    import redis

    server = redis.Redis.from_url(valkey_url)
    server.delete(SEND)
    tasks.ring(list(range(1, 451)))
    waiting = server.lrange(SEND, 0, -1)
    server.delete(SEND)
    server.close()
    assert isinstance(waiting, list)
    bodies = [json.loads(base64.b64decode(json.loads(raw)["body"])) for raw in waiting]
    batches = sorted(body[0][0] for body in bodies)
    assert [len(batch) for batch in batches] == [200, 200, 50]
    assert all(body[1] == {} for body in bodies)


def test_a_webhook_has_one_turn_a_second_over_all_processes(redis_office: PostOffice) -> None:
    first, second = Turns(redis_office.runtime, {1: 1}), Turns(redis_office.runtime, {1: 1})
    hook = HOOK.format("pace" + str(time.monotonic_ns()))
    started = time.monotonic()
    assert first.take(Parcel(1, hook))
    assert time.monotonic() - started < 0.9
    assert second.take(Parcel(1, hook))
    assert time.monotonic() - started > 0.9
    assert first.take(Parcel(1, hook + "other"))


def test_without_redis_the_database_keeps_the_pace(
    sqlite_database_url: str, tmp_path: Path, slack_sink: SlackSink
) -> None:
    with post_office(sqlite_database_url, tmp_path / "home") as office:
        channel = office.webhook(slack_sink.webhook())
        turns = Turns(office.runtime, {1: channel.id})
        assert turns.take(Parcel(1, slack_sink.webhook()))
        assert not turns.take(Parcel(1, slack_sink.webhook()))  # the office's clock stands still
        assert office.channel(channel).wait_until_at is not None


def test_the_settings_are_those_that_were_measured(redis_office: PostOffice) -> None:
    made = configuration(redis_office.runtime.settings)
    assert made["task_acks_late"]
    assert made["task_reject_on_worker_lost"]
    assert made["worker_prefetch_multiplier"] == 1
    assert made["broker_connection_max_retries"] is None
    assert made["broker_transport_options"]["visibility_timeout"] == VISIBILITY_TIMEOUT.total_seconds()
    assert made["task_time_limit"] == TASK_TIME_LIMIT.total_seconds()
    expires = {name: entry["options"]["expires"] for name, entry in made["beat_schedule"].items()}
    assert expires["tick"] == expires["sweep"] == 10
    assert made["task_routes"]["tasks.tick"]["queue"] == PLAN
    assert made["accept_content"] == ["json"]
    assert tasks.tick.acks_late is False
    assert tasks.sweep.acks_late is False
