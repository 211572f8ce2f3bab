"""What a message is told: frozen words, addresses included, already in the reader's clock."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PromptWords:
    """A prompt as a message tells it. `answer_url` is personal; None in a try: there is nothing to answer."""

    clock: str  # "14:00", on the person's wall
    zone: str  # IANA key
    team: str
    title: str
    instructions: str
    seconds: int  # the length the message asks for
    today_url: str
    settings_url: str
    safety_url: str
    answer_url: str | None = None
    snooze_minutes: int | None = None  # None: cannot be snoozed again
    may_skip: bool = True
    number: int = 0  # the n-th of today's; 0: not told
    total: int = 0
    next_clock: str | None = None
    is_nudge: bool = False  # asked again, after a snooze
    is_try: bool = False
    press_key: str | None = field(default=None, repr=False)  # what buttons carry; None: links, no buttons

    @property
    def snooze_url(self) -> str | None:
        """The answer page with Snooze first."""
        return f"{self.answer_url}?do=snooze" if self.answer_url and self.snooze_minutes else None

    @property
    def skip_url(self) -> str | None:
        """The answer page with Skip first."""
        return f"{self.answer_url}?do=skip" if self.answer_url and self.may_skip else None


@dataclass(frozen=True, slots=True)
class SharedWords:
    """A post to a team's channel: nobody's name, no figures, no personal link."""

    policy: str
    title: str
    instructions: str
    seated: str | None  # what those who stay seated can do instead
    seconds: int
    today_url: str
    is_try: bool = False
    press_key: str | None = None  # what buttons carry; None: no buttons
    snooze_minutes: int | None = None
    may_skip: bool = False


@dataclass(frozen=True, slots=True)
class LetterWords:
    """A mail that is no prompt: the link it is about, until when it is good, and who it speaks of."""

    link: str
    until: str  # day and time, or minutes, in words
    workspace: str
    team: str = ""
    inviter: str = ""
    safety_url: str = ""
    channel: str = ""
    cause: str = ""  # what happened and what to do
