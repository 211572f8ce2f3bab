"""Why an occurrence does not become a prompt."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an occurrence was dropped (behaviour, Occurrences, rule 8)."""

    OUTSIDE_HOURS = "outside_hours"  # the window is shorter than the first interval
    QUIET = "quiet"  # a quiet block, or a quiet day of the team
    DAY_OFF = "day_off"
    HOLIDAY = "holiday"
    PAUSED = "paused"
    BUSY = "busy"
    TAIL = "tail"
    MERGED = "merged"
    MIN_GAP = "min_gap"  # too near a prompt that was sent
    BREAK_TAKEN = "break_taken"
    DAILY_LIMIT = "daily_limit"
    BACKED_OFF = "backed_off"  # the one reason on a kept occurrence: it is not pushed any more that day
    SNOOZED = "snoozed"
    NOT_ACCEPTED = "not_accepted"
    OPTED_OUT = "opted_out"  # prompts off, an opt-in not taken, or not the n-th that the person asked for
    INACTIVE = "inactive"  # outside the policy's dates, or before it was in force
    OUTAGE = "outage"  # its expiry passed and it had not been sent
