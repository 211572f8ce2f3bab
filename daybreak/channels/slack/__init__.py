"""Slack: its webhooks (transport), its messages (form), and what its refusals mean (causes)."""

from daybreak.channels.base import WebhookKind
from daybreak.channels.slack.address import check_address, check_response_address, mask_address
from daybreak.channels.slack.causes import CAUSES
from daybreak.channels.slack.form import personal_post, shared_post
from daybreak.channels.slack.transport import SlackTransport, judge

__all__ = ["SLACK", "SlackTransport", "check_address", "check_response_address", "judge", "mask_address"]

SLACK = WebhookKind(
    name="slack_webhook",
    prefix="slack",
    title="Slack",
    example="https://hooks.slack.com/services/…",
    check_address=check_address,
    mask_address=mask_address,
    transport=SlackTransport,
    personal_post=personal_post,
    shared_post=shared_post,
    causes=CAUSES,
)
