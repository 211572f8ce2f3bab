"""A courier: hands each message of its batch to a transport, and writes down what became of it."""

import logging
import random
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from sqlalchemy.exc import SQLAlchemyError

from daybreak.channels import KINDS
from daybreak.channels.base import Parcel, Transport
from daybreak.channels.outbox import OutboxTransport
from daybreak.channels.smtp import SmtpTransport
from daybreak.domain.delivery import Blame, Outcome, Result
from daybreak.letters.mail import sender_of
from daybreak.runtime import Runtime
from daybreak.services import delivering
from daybreak.services.delivering import Outgoing
from daybreak.services.routing import EMAIL
from tasks.turns import Turns

UNRECORDED = 20  # at most so many outcomes are known to this process alone
BUDGET_S = 25.0  # then the rest goes back, so that the task ends well before its time limit
log = logging.getLogger(__name__)


class Courier:
    """Carries a batch that was claimed under a lease, all of one transport and, of webhooks, to one channel.

    No transaction is open while a transport speaks.
    """

    def __init__(self, runtime: Runtime, lease_key: str) -> None:
        self.runtime = runtime
        self.lease_key = lease_key
        self.held: dict[int, Outgoing] = {}
        self.unrecorded: list[Outcome] = []
        self.to_ring: list[int] = []

    def deliver(self, batch: Sequence[Outgoing]) -> list[int]:
        """Deliver the batch, and give back what there was no time for; return the deliveries to ring."""
        stop_at = time.monotonic() + BUDGET_S
        self.held = {one.delivery_id: one for one in batch}
        transport, parcels = self._way(batch)
        for outcome in transport.send(parcels, self.hand_off):
            self.unrecorded.append(outcome)
            if len(self.unrecorded) >= UNRECORDED:
                self._record()
            if time.monotonic() >= stop_at:
                break
        self._record()
        with self.runtime.writing() as session:
            self.to_ring += delivering.release(session, list(self.held), self.lease_key, self.runtime.now())
        return list(dict.fromkeys(self.to_ring))

    def hand_off(self, delivery_id: int) -> bytes | None:
        """Write down what is known so far and that this message leaves now; return its content."""
        known, now = list(self.unrecorded), self.runtime.now()
        try:
            with self.runtime.writing() as session:
                ring = delivering.record(session, known, self.lease_key, now, random.random)
                content, more = delivering.hand_off(
                    session, self.runtime, self.held[delivery_id], self.lease_key, now
                )
        except SQLAlchemyError:
            raise  # the lease lapses, and another worker takes over
        except Exception:  # a fault in making this one message; the others must go on
            log.exception("a message could not be made", extra={"delivery": delivery_id})
            with self.runtime.writing() as session:
                self.to_ring += delivering.fail(session, delivery_id, "internal", self.lease_key, now)
            return None
        self.unrecorded = self.unrecorded[len(known) :]
        self.to_ring += ring + more
        return content

    def _record(self) -> None:
        with self.runtime.writing() as session:
            self.to_ring += delivering.record(
                session, self.unrecorded, self.lease_key, self.runtime.now(), random.random
            )
        self.unrecorded = []

    def _way(self, batch: Sequence[Outgoing]) -> tuple[Transport, list[Parcel]]:
        if batch[0].transport == EMAIL:
            return self._mail(), [Parcel(one.delivery_id, one.email or "") for one in batch]
        channels = {one.delivery_id: one.channel_id for one in batch if one.channel_id is not None}
        turns = Turns(self.runtime, channels)
        kind = KINDS[batch[0].transport]
        posts = [self._post(one) for one in batch]
        transport = kind.transport(self.runtime.settings.webhook_allow, turns.take)
        return transport, [post for post in posts if post]

    def _mail(self) -> Transport:
        settings = self.runtime.settings
        if settings.smtp is None:
            return OutboxTransport(settings.home / "outbox", self.runtime.now)
        name = urlsplit(settings.base_url).hostname or "localhost"
        return SmtpTransport(settings.smtp, sender_of(settings.mail_from).address, name)

    def _post(self, one: Outgoing) -> Parcel | None:
        """Unseal a webhook's address, now that it is needed."""
        try:
            return Parcel(one.delivery_id, self.runtime.cipher.open(one.sealed or b""))
        except InvalidToken:
            no_key = Outcome(
                one.delivery_id, Result.FAILED, "no_key", "No ENCRYPTION_KEYS fits.", Blame.CHANNEL
            )
            self.unrecorded.append(no_key)
            return None
