"""What Slack's refusals mean for people: the cause, and the mend."""

from collections.abc import Mapping

from daybreak.channels.base import Words
from daybreak.wording import lazy_gettext as _l

_REMOVED = _l("Webhook removed in Slack. Paste a new one.")
_UNKNOWN = _l("Slack does not know this webhook. Copy its address once more, whole.")
_ARCHIVED = _l("The channel is archived. Unarchive it in Slack, or choose another channel.")
_FORBIDDEN = _l("A Slack admin has forbidden posts to this channel. Ask them, or choose another.")
_GONE = _l("The Slack workspace of this webhook is gone. Make a webhook in another one.")
_WAIT = _l("Slack asks to wait: too many messages. Try again in a minute.")
_OURS = _l("Slack did not understand our message. That is a fault of Daybreak: please report it.")

CAUSES: Mapping[str, Words] = {
    "no_service": _REMOVED,
    "no_service_id": _REMOVED,
    "no_active_hooks": _REMOVED,
    "no_team": _GONE,
    "team_disabled": _GONE,
    "invalid_token": _UNKNOWN,
    "404": _UNKNOWN,
    "403": _l("Slack refuses this webhook. Make a new one there and paste it here."),
    "action_prohibited": _FORBIDDEN,
    "posting_to_general_channel_denied": _FORBIDDEN,
    "channel_not_found": _l("The channel of this webhook was deleted. Make a webhook for another channel."),
    "channel_is_archived": _ARCHIVED,
    "410": _ARCHIVED,
    "invalid_payload": _OURS,
    "400": _OURS,
    "429": _WAIT,
    "rate_limited": _WAIT,
    "no_connection": _l("Slack could not be reached. Check this machine's network, proxy and firewall."),
    "tls": _l("The connection to Slack is not secure. Check this machine's clock and its certificates."),
    "not_allowed": _l("This address is not allowed any more. Paste a Slack webhook."),
    "channel_off": _l("This channel is switched off. Switch it on, or paste its webhook again."),
    "no_key": _l("The webhook's address cannot be decrypted with ENCRYPTION_KEYS. Paste it again."),
    "failing": _l("It failed 40 times in a row. When Slack works again, switch the channel on."),
}
