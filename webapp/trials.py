"""What became of a test message, in words: the cause of each failure and its mend."""

from dataclasses import dataclass
from datetime import timedelta

from daybreak.domain.delivery import DeliveryState
from daybreak.store.deliveries import last_attempt
from daybreak.store.tables import Delivery
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.db import db, runtime

POLLS_FOR = timedelta(seconds=30)

SLACK = {
    "no_service": _l("The webhook was removed in Slack. Make a new one there and paste it here."),
    "no_team": _l("The Slack workspace of this webhook is gone. Make a webhook in another one."),
    "invalid_token": _l("Slack does not know this webhook. Copy its address once more, whole."),
    "404": _l("Slack does not know this webhook. Copy its address once more, whole."),
    "403": _l("Slack refuses this webhook. Make a new one there and paste it here."),
    "action_prohibited": _l("A Slack admin forbids posts to this channel. Ask them, or choose another."),
    "channel_not_found": _l("The channel of this webhook was deleted. Make a webhook for another channel."),
    "channel_is_archived": _l("The channel is archived. Unarchive it in Slack, or choose another channel."),
    "410": _l("The channel is archived. Unarchive it in Slack, or choose another channel."),
    "invalid_payload": _l("Slack did not understand the message. That is our fault: please report it."),
    "429": _l("Slack asks to wait: too many messages. Try again in a minute."),
    "rate_limited": _l("Slack asks to wait: too many messages. Try again in a minute."),
    "no_connection": _l("Slack could not be reached. Check this machine's network, proxy and firewall."),
    "tls": _l("The connection to Slack is not secure. Check this machine's clock and its certificates."),
    "not_allowed": _l("This address is not allowed any more. Paste a Slack webhook."),
    "channel_off": _l("This channel is switched off. Paste its webhook again."),
    "no_key": _l("The webhook's address cannot be decrypted with ENCRYPTION_KEYS. Paste it again."),
}
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
    words = (MAIL if delivery.transport == "email" else SLACK).get(code)
    said = attempt.detail if attempt else ""
    if words is not None:
        return f"{words} ({said})" if said else str(words)
    if code[:1] in ("4", "5"):
        return _("The other side has trouble of its own (%(code)s). Try again later.", code=said or code)
    return _("It could not be sent (%(code)s). Try again in a minute.", code=said or code or delivery.state)
