"""Posts answers to Slack's response_url: outside of the request, through the same guard as webhooks."""

import logging
from collections.abc import Sequence

from cryptography.fernet import InvalidToken

from daybreak.channels.base import Parcel
from daybreak.channels.slack import SlackTransport, check_response_address
from daybreak.domain.delivery import Result
from daybreak.runtime import Runtime
from daybreak.services import whispering

log = logging.getLogger(__name__)


def whisper(runtime: Runtime, ids: Sequence[int]) -> None:
    """Say what waits to be said; what could not even be begun is tried again by the sweep."""
    transport = SlackTransport(runtime.settings.webhook_allow, check=check_response_address)

    def hand_off(reply_id: int) -> bytes | None:
        with runtime.writing() as session:
            return whispering.hand_off(session, runtime, reply_id, runtime.now())

    for outcome in transport.send(_parcels(runtime, ids), hand_off):
        if outcome.result is not Result.SENT:
            log.warning("an answer did not reach Slack", extra={"code": outcome.code})


def _parcels(runtime: Runtime, ids: Sequence[int]) -> list[Parcel]:
    parcels = []
    with runtime.reading() as session:
        for reply_id in ids:
            try:
                address = whispering.address_of(session, runtime, reply_id, runtime.now())
            except InvalidToken:  # another key's: it goes with its half hour
                continue
            if address is not None:
                parcels.append(Parcel(reply_id, address))
    return parcels
