"""What became of a test message, in words: the cause of each failure and its mend."""

from dataclasses import dataclass
from datetime import timedelta

from daybreak.channels import KINDS
from daybreak.domain.delivery import DeliveryState
from daybreak.store.deliveries import last_attempt
from daybreak.store.tables import Delivery
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.db import db, runtime

POLLS_FOR = timedelta(seconds=30)

MAIL = {
    "no_connection": _l("The mail server does not answer. Check host, port and firewall."),
    "tls": _l("The connection is not secure. Check the mail server's certificate and this machine's clock."),
    "not_offered": _l("The mail server does not offer the TLS or the login that SMTP_URL asks for."),
    "535": _l("The mail server refused user or password. Check them in SMTP_URL."),
    "5.7.8": _l("The mail server refused user or password. Check them in SMTP_URL."),
    "5.7.1": _l("The mail server refuses this sender. Check MAIL_FROM, and whether it must log in."),
    "5.1.1": _l("The mail server does not know your address. Change it in step 1."),
    "550": _l("The mail server refused the message. Check MAIL_FROM and your own address."),
}
LOST = _l("It left here, but the connection broke before the answer came. Look whether it has arrived.")
WAITING = _l("No worker has picked it up yet. Look at the output of `up`, or run `daybreak doctor`.")


@dataclass(frozen=True)
class Trial:
    """How a test is doing: `state` is sending, sent or failed; `cause` says why and what to do."""

    delivery_id: int
    state: str
    cause: str = ""
    polls: bool = False


def trial_of(delivery: Delivery) -> Trial:
    """Return how a test is doing; the page asks again until it is known, for 30 seconds at most."""
    state = DeliveryState(delivery.state)
    if state is DeliveryState.SENT:
        return Trial(delivery.id, "sent")
    if state.ended:
        return Trial(delivery.id, "failed", _cause(delivery))
    polls = runtime().now() - delivery.due_at < POLLS_FOR
    tried = last_attempt(db(), delivery.id) is not None
    cause = _cause(delivery) if tried and state is DeliveryState.PLANNED else ""
    if not polls:
        return Trial(delivery.id, "failed", cause or str(WAITING))
    return Trial(delivery.id, "sending", cause, polls=True)


def _cause(delivery: Delivery) -> str:
    attempt = last_attempt(db(), delivery.id)
    code = (attempt.code if attempt else "") or delivery.reason or ""
    if delivery.state == DeliveryState.UNKNOWN or code == "lost":
        return str(LOST)
    causes = MAIL if delivery.transport == "email" else KINDS[delivery.transport].causes
    words = causes.get(code)
    said = attempt.detail if attempt else ""
    if words is not None:
        return f"{words} ({said})" if said else str(words)
    if code[:1] in ("4", "5"):
        return _("The other side has trouble of its own (%(code)s). Try again later.", code=said or code)
    return _("It could not be sent (%(code)s). Try again in a minute.", code=said or code or delivery.state)
