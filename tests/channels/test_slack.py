"""Slack's webhooks against a server that answers like Slack."""

import json
import socket
import threading

import pytest

from daybreak.channels.base import Parcel
from daybreak.channels.slack import SlackTransport, check_address, judge, mask_address
from daybreak.domain.delivery import Blame, Result
from daybreak.domain.errors import InvalidValueError
from tests.support.slack import HANG_UP, SlackSink

GOOD = "https://hooks.slack.com/services/T000/B000/xxxxxxxxxxxx"
BODY = json.dumps({"text": "hello"}).encode()


def post(sink: SlackSink, *names: str, transport: SlackTransport | None = None) -> list[tuple[str, str]]:
    """Post to webhooks of these names; result and code of each."""
    parcels = [Parcel(number, sink.webhook(name)) for number, name in enumerate(names, 1)]
    transport = transport or SlackTransport([sink.origin])
    return [(str(one.result), one.code) for one in transport.send(parcels, lambda _id: BODY)]


def test_posts_share_a_connection_and_arrive_as_they_are(slack_sink: SlackSink) -> None:
    assert post(slack_sink, "T/B/1", "T/B/2") == [("sent", "200")] * 2
    assert [one.body for one in slack_sink.posts] == [BODY, BODY]
    assert slack_sink.posts[0].path == "/services/T/B/1"


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        ("invalid_payload", "failed", "invalid_payload"),
        ("action_prohibited", "failed", "action_prohibited"),
        ("invalid_token", "failed", "invalid_token"),
        ("no_service", "failed", "no_service"),
        ("channel_not_found", "failed", "channel_not_found"),
        ("no_team", "failed", "no_team"),
        ("channel_is_archived", "failed", "channel_is_archived"),
        ("server_error", "retry", "server_error"),
        ("unavailable", "retry", "unavailable"),
        (HANG_UP, "unknown", "lost"),
    ],
)
def test_what_an_answer_means(slack_sink: SlackSink, answer: str, result: str, code: str) -> None:
    slack_sink.reply(answer, path="/services/T/B/1")
    assert post(slack_sink, "T/B/1", "T/B/2") == [(result, code), ("sent", "200")]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_dead_webhook_is_blamed(status: int) -> None:
    assert judge(1, status, b"no_service", None).blame is Blame.CHANNEL


def test_what_is_our_fault_blames_nobody() -> None:
    assert judge(1, 400, b"invalid_payload", None).blame is None


def test_a_busy_webhook_is_not_asked_again_in_the_same_round(slack_sink: SlackSink) -> None:
    slack_sink.reply("rate_limited", retry_after=7)
    transport = SlackTransport([slack_sink.origin])
    parcels = [Parcel(number, slack_sink.webhook("T/B/1")) for number in (1, 2)]
    outcomes = list(transport.send(parcels, lambda _id: BODY))
    assert [one.retry_after and one.retry_after.total_seconds() for one in outcomes] == [7, 7]
    assert [one.delivery_id for one in outcomes] == [1, 2]
    assert len(slack_sink.requests) == 1


@pytest.mark.parametrize("text", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "9" * 400])
def test_an_odd_retry_after_is_still_a_wait(text: str) -> None:
    wait = judge(1, 429, b"", text).retry_after
    assert wait is not None
    assert 1 <= wait.total_seconds() <= 3600


def test_redirects_are_not_followed() -> None:
    assert judge(1, 302, b"", None).result is Result.FAILED


def test_nobody_there_is_a_retry_and_nothing_was_handed_off() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{probe.getsockname()[1]}"
    handed: list[int] = []

    def hand_off(delivery_id: int) -> bytes:
        handed.append(delivery_id)
        return BODY

    (outcome,) = SlackTransport([origin]).send([Parcel(1, f"{origin}/services/T/B/x")], hand_off)
    assert (outcome.result, outcome.code) == (Result.RETRY, "no_connection")
    assert handed == []


def test_silence_after_the_request_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(server.accept()[0]))
        thread.start()
        transport = SlackTransport([origin], timeout_s=0.3)
        (outcome,) = transport.send([Parcel(1, f"{origin}/services/T/B/x")], lambda _id: BODY)
        thread.join()
        held[0].close()
    assert outcome.result is Result.UNKNOWN


def test_who_has_not_its_turn_waits(slack_sink: SlackSink) -> None:
    transport = SlackTransport([slack_sink.origin], turn=lambda parcel: parcel.delivery_id == 2)
    assert post(slack_sink, "T/B/1", "T/B/2", transport=transport) == [("retry", "busy"), ("sent", "200")]


def test_an_address_that_is_not_allowed_any_more_gets_nothing(slack_sink: SlackSink) -> None:
    assert post(slack_sink, "T/B/1", transport=SlackTransport()) == [("failed", "not_allowed")]
    assert slack_sink.requests == []


def test_good_addresses_are_kept_as_they_are() -> None:
    assert check_address(f"  {GOOD}\n") == GOOD
    allowed = "https://chat.acme.test:8443"
    assert check_address(f"{allowed}/hooks/x", [allowed]) == f"{allowed}/hooks/x"
    assert mask_address(GOOD) == "hooks.slack.com/…/…xxx"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hello",
        "http://hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com/services/T/B",
        "https://hooks.slack.com/services/T/B/",
        "https://hooks.slack.com/services/T/B/x/y",
        "https://hooks.slack.com/services/../B/x",
        "https://hooks.slack.com/services/T/B/x?a=b",
        "https://hooks.slack.com/services/T/B/x#y",
        "https://hooks.slack.com.evil.test/services/T/B/x",
        "https://hooks.slack.com@evil.test/services/T/B/x",
        "https://hooks.slack.com:8443/services/T/B/x",
        "https://hooks.slack.com\\@evil.test/services/T/B/x",
        "https://hooks.slack.com/services/T/B/x y",
        "https://hooks.slack.com/services/T/B/x\r\nHost: evil.test",
        "https://[::1/services/T/B/x",
        "https://chat.acme.test:8443.evil.test/hooks/x",
        "https://chat.acme.test:8443",
        "https://chat.acme.test/hooks/x",
    ],
)
def test_other_addresses_are_refused_with_the_mend(url: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        check_address(url, ["https://chat.acme.test:8443"])
    assert refused.value.field == "url"
    assert "Incoming Webhooks" in refused.value.hint
