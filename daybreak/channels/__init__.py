"""How to speak: one module or folder a transport. They know no database and never try again."""

from collections.abc import Mapping

from daybreak.channels.base import WebhookKind
from daybreak.channels.slack import SLACK

KINDS: Mapping[str, WebhookKind] = {kind.name: kind for kind in (SLACK,)}
"""The kinds of webhooks there are; a further one is a line here (docs/adding-a-channel.md)."""
