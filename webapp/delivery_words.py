"""The delivery log in words: where a message went, how it fared, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime

from daybreak.channels import KINDS
from daybreak.channels.smtp import NO_SUCH_ADDRESS
from daybreak.domain.delivery import DeliveryState
from daybreak.store.delivery_log import DROPPED, RETRYING, STATUSES, Line
from daybreak.store.tables import Attempt
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.filters import clock
from webapp.trials import MAIL

NAMES = {
    "sent": _l("sent"),
    RETRYING: _l("retrying"),
    "failed": _l("failed"),
    "unknown": _l("unknown"),
    "expired": _l("expired"),
    DROPPED: _l("not needed any more"),
}
KIND_OF_CHIP = {"sent": "ok", RETRYING: "warn", "failed": "danger", "unknown": "warn", "expired": "warn"}
OF_AN_ADDRESS = NO_SUCH_ADDRESS | {"5.6.7"}
RESULTS = {
    "sent": _l("taken"),
    "retry": _l("to be tried again"),
    "failed": _l("refused"),
    "unknown": _l("no answer"),
}


@dataclass(frozen=True)
class Entry:
    """A line of the log as an admin may see it: no person, no secret."""

    line: Line
    zone: str
    now: datetime
    can_retry: bool

    @property
    def id(self) -> int:
        """The delivery's number."""
        return self.line.delivery.id

    @property
    def status(self) -> str:
        """One of NAMES."""
        return next(name for name, states in STATUSES.items() if self.line.delivery.state in states)

    @property
    def status_words(self) -> str:
        """The status in words."""
        return str(NAMES[self.status])

    @property
    def chip(self) -> str:
        """How its chip is coloured."""
        return KIND_OF_CHIP.get(self.status, "")

    @property
    def lag(self) -> str:
        """How long after its due time it was taken."""
        delivery = self.line.delivery
        if delivery.sent_at is None:
            return ""
        seconds = max(0, round((delivery.sent_at - delivery.due_at).total_seconds()))
        return _("%(n)s s", n=seconds) if seconds < 120 else _("%(n)s min", n=seconds // 60)

    @property
    def way(self) -> str:
        """The channel: a shared one by its name, a member's own by its kind alone."""
        delivery, channel = self.line.delivery, self.line.channel
        if delivery.transport == "email":
            return _("e-mail")
        title = KINDS[delivery.transport].title
        if channel is None or channel.team_id is None:
            return _("%(kind)s, a member's own", kind=title)
        return _("%(kind)s, %(name)s", kind=title, name=channel.name)

    @property
    def what(self) -> str:
        """What it was: the policy's name, or a test."""
        policy = self.line.policy.name if self.line.policy else ""
        return _("test") if self.line.delivery.kind == "try" else policy

    @property
    def is_its_persons(self) -> bool:
        """Whether its fault is one of somebody's own address, which is told to them and nobody else."""
        delivery, channel = self.line.delivery, self.line.channel
        own = delivery.transport != "email" and (channel is None or channel.team_id is None)
        return delivery.state == DeliveryState.FAILED and (own or self.line.last.code in OF_AN_ADDRESS)

    @property
    def code(self) -> str:
        """The other side's last answer."""
        return "" if self.is_its_persons else self.line.last.code

    @property
    def next_step(self) -> str:
        """What happens next, or what to do."""
        if self.is_its_persons:
            return _("The address of a member did not take it. They are told on their own pages.")
        if self.status == RETRYING:
            return self._when_again()
        if self.status == "expired":
            return self._too_late()
        if self.status == "unknown":
            return _("It left, and no answer came. It may have arrived, so it is never sent again.")
        return self._mend() if self.status == "failed" else ""

    def detail(self, attempt: Attempt) -> str:
        """What the other side said besides its code; of mail nothing, since it may name an address."""
        hidden = self.is_its_persons or self.line.delivery.transport == "email"
        return "" if hidden else attempt.detail

    def _when_again(self) -> str:
        delivery, channel = self.line.delivery, self.line.channel
        if delivery.state != DeliveryState.PLANNED:
            return _("It is being sent now.")
        at = delivery.next_try_at
        if channel is not None and channel.wait_until_at is not None:
            at = max(at, channel.wait_until_at)
        words = _("Next try at %(time)s.", time=clock(at, self.zone))
        return f"{self._cause()} {words}".strip()

    def _too_late(self) -> str:
        words = _("Its time had passed: nothing is sent late.")
        return f"{self._cause()} {words}".strip()

    def _mend(self) -> str:
        return self._cause() or _("It could not be sent (%(code)s).", code=self.line.last.code or "?")

    def _cause(self) -> str:
        transport, code = self.line.delivery.transport, self.line.last.code
        causes = MAIL if transport == "email" else KINDS[transport].causes
        if code in causes:
            return str(causes[code])
        if code[:1] in ("4", "5"):
            return _("The other side has trouble of its own (%(code)s).", code=code)
        return ""
