"""Windows: the stretches of a local date in which a person works, once everything has been cut out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from daybreak.domain.working import DayOff, QuietBlock, Week


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of working time `[start_at, end_at)` that belongs to the date its working range started on.

    What was cut out behind it reaches to `cut_until_at` for `cut_reason` ("quiet" or "day_off"). A window
    that is empty (start_at == end_at) stands for a cut at the very start of a range.
    """

    local_date: date
    start_at: datetime
    end_at: datetime
    start_time: time  # the wall clock at start_at: part of what a drawn interval depends on
    cut_until_at: datetime | None = None
    cut_reason: str | None = None


def windows_of(
    day: date,
    zone: ZoneInfo,
    week: Week,
    quiet_blocks: Sequence[QuietBlock] = (),
    days_off: Sequence[DayOff] = (),
) -> tuple[Window, ...]:
    """The windows of a local date in order of time; whole days off are left to the plan, which names them."""
    raise NotImplementedError
