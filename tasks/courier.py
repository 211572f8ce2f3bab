"""One round of a courier: claim a batch, speak on each transport, write down what became of it."""

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
from daybreak.tokens import new_token
from tasks.turns import Turns

UNRECORDED = 20  # at most so many outcomes are known to this process alone
BUDGET_S = 25.0  # then the rest goes back, so that the task ends well before its time limit
log = logging.getLogger(__name__)


class Courier:
    """Delivers one batch under one lease. No transaction is open while a transport speaks."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.lease_key = new_token()
        self.held: dict[int, Outgoing] = {}
        self.unrecorded: list[Outcome] = []
        self.to_ring: list[int] = []

    def deliver(self, ids: Sequence[int]) -> list[int]:
        """Deliver what can be claimed of the ids; return the deliveries to ring afterwards."""
        stop_at = time.monotonic() + BUDGET_S
        with self.runtime.writing() as session:
            claimed = delivering.claim(session, ids, self.runtime.now(), self.lease_key)
        self.held = {one.delivery_id: one for one in claimed.outgoing}
        self.to_ring += claimed.ring
        for transport, batch in self._rounds(claimed.outgoing):
            for outcome in transport.send(batch, self.hand_off):
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

    def _rounds(self, outgoing: Sequence[Outgoing]) -> list[tuple[Transport, list[Parcel]]]:
        """The batch by transport: mail first, since a webhook may have to wait for its turn."""
        mails = [Parcel(o.delivery_id, o.email or "") for o in outgoing if o.transport == EMAIL]
        rounds: list[tuple[Transport, list[Parcel]]] = []
        if mails:
            rounds.append((self._mail(), mails))
        channels = {one.delivery_id: one.channel_id for one in outgoing if one.channel_id is not None}
        for name, kind in KINDS.items():
            posts = [self._post(one) for one in outgoing if one.transport == name]
            if posts:
                transport = kind.transport(
                    self.runtime.settings.webhook_allow, Turns(self.runtime, channels).take
                )
                rounds.append((transport, [post for post in posts if post]))
        return rounds

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
