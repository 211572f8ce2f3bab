"""What every transport is given and gives back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from daybreak.domain.delivery import Outcome
from daybreak.letters.words import PromptWords, SharedWords

COMMAND_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to hand off: which delivery, and where to. The content is made at the hand-off."""

    delivery_id: int
    address: str = field(repr=False)  # an e-mail address, or a webhook's secret address


HandOff = Callable[[int], bytes | None]
"""Called with a delivery's id when everything is ready and before any of its content leaves: records that,
and returns the content. None: not wanted any more; the transport sends nothing and yields nothing for it."""


class Transport(Protocol):
    """Sends a batch over one connection where that can be, and says of each message what is certain."""

    def send(self, parcels: Sequence[Parcel], hand_off: HandOff) -> Iterator[Outcome]:
        """Yield one Outcome a parcel, in order, as soon as it is known; none where the hand-off said no."""
        ...


class Words(Protocol):
    """A sentence that is translated when it is shown."""

    def __str__(self) -> str:
        """The sentence in the language now spoken."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookKind:
    """Everything Daybreak knows of a kind of webhook: transport, form and wording.

    See docs/adding-a-channel.md; the kinds there are stand in `daybreak.channels.KINDS`.
    """

    name: str  # as rows and workspace files call it: slack_webhook
    prefix: str  # as policies call it: "slack" is a person's own, "slack:<name>" a team's channel
    title: str  # as people call it
    example: str  # what an address looks like
    check_address: Callable[[str, Sequence[str]], str]  # raises InvalidValueError; second: WEBHOOK_ALLOW
    mask_address: Callable[[str], str]
    transport: Callable[[Sequence[str], Callable[[Parcel], bool]], Transport]
    personal_post: Callable[[PromptWords], bytes]
    shared_post: Callable[[SharedWords], bytes]
    causes: Mapping[str, Words]  # by the other side's code: what happened and what to do
