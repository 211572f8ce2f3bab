"""How the demo's people answer: drawn from the seed and the prompt, the same in every run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from statistics import NormalDist

from daybreak.domain.occurrence import Occurrence
from daybreak.domain.prompt import Standing
from daybreak.domain.slots import draw

FIRST_RATE, LAST_RATE = 0.34, 0.58  # participation at first and after the weeks it takes to settle
BY_HOUR = {8: -0.02, 9: 0.03, 10: 0.1, 11: 0.09, 13: -0.07, 14: -0.02, 15: 0.0, 16: -0.11, 17: -0.16}
LATER = -0.2
FRIDAY, FRIDAY_AFTERNOON_FROM = 4, 13
WEARY = -0.1
LATE, SKIPPED = 0.14, 0.3  # of the prompts that were not done in time
OWN_ACCORD = 0.06
SEEN_ON_TODAY = 0.6  # of prompts that were not pushed
TYPICAL_REPLY_SECONDS, REPLY_SPREAD = 235.0, 0.85
LATEST_SHARE = 0.95  # of the response time: who has not answered by then will not in time
AFTERTHOUGHT = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a person makes of a prompt. `at` is when they answer, None where they do not."""

    standing: Standing
    at: datetime | None = None
    own_break_at: datetime | None = None  # a break of their own accord, before the next is due


@dataclass(frozen=True, slots=True)
class Habit:
    """A person's ways: `bonus` is added to how often they move when asked."""

    seed: int
    email: str
    bonus: float = 0.0

    def sees(self, occurrence: Occurrence, sent_at: datetime) -> datetime | None:
        """When a prompt that was not pushed was first seen on Today, if at all."""
        if self._chance("seen", occurrence) > SEEN_ON_TODAY:
            return None
        return sent_at + timedelta(seconds=int(30 + 270 * self._chance("glance", occurrence)))

    def react(
        self,
        occurrence: Occurrence,
        progress: float,
        sent_at: datetime,
        deadline_at: datetime,
        free_until_at: datetime,
    ) -> Reaction:
        """What becomes of a prompt handed off at `sent_at`.

        `progress` is how far the weeks have come, 0 to 1; what happens after the deadline happens before
        `free_until_at`, when the next prompt is near.
        """
        own_at = deadline_at + AFTERTHOUGHT
        own = own_at if own_at < free_until_at and self._chance("own", occurrence) < OWN_ACCORD else None
        if self._chance("done", occurrence) < self._rate(occurrence, progress):
            return Reaction(Standing.DONE, sent_at + self._reply(occurrence, deadline_at - sent_at), own)
        fate = self._chance("else", occurrence)
        if fate < LATE and deadline_at < free_until_at:
            spare = free_until_at - deadline_at
            return Reaction(Standing.LATE, deadline_at + _seconds(spare * self._chance("late", occurrence)))
        if LATE <= fate < LATE + SKIPPED:
            return Reaction(Standing.SKIPPED, sent_at + self._reply(occurrence, deadline_at - sent_at), own)
        return Reaction(Standing.MISSED, None, own)

    def _rate(self, occurrence: Occurrence, progress: float) -> float:
        local = occurrence.local
        rate = FIRST_RATE + (LAST_RATE - FIRST_RATE) * min(progress, 1.0) + BY_HOUR.get(local.hour, LATER)
        if local.weekday() == FRIDAY and local.hour >= FRIDAY_AFTERNOON_FROM:
            rate += WEARY
        temper = 0.24 * (draw("demo", self.seed, self.email) / 2**64 - 0.5)
        return rate + temper + self.bonus

    def _reply(self, occurrence: Occurrence, allowed: timedelta) -> timedelta:
        """A reply time: most are short, a few long, all within the response time."""
        turn = NormalDist().inv_cdf(min(max(self._chance("reply", occurrence), 0.001), 0.999))
        reply = timedelta(seconds=TYPICAL_REPLY_SECONDS * exp(REPLY_SPREAD * turn))
        latest = allowed * LATEST_SHARE
        return _seconds(reply if reply < latest else latest * self._chance("hurry", occurrence))

    def _chance(self, what: str, occurrence: Occurrence) -> float:
        """A number from 0 to 1 that belongs to a person, a moment and a question."""
        return draw("demo", self.seed, self.email, f"{occurrence.due_at:%Y-%m-%dT%H:%M}", what) / 2**64


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=max(1, int(span.total_seconds())))
