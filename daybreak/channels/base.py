"""What every transport is given and gives back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from daybreak.domain.delivery import Outcome

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
