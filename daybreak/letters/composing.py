"""From words to messages: subject, text and HTML of a mail from its templates."""

from dataclasses import asdict, dataclass

from daybreak.letters.headers import plain, shorten, unlinked
from daybreak.letters.rendering import length, render
from daybreak.letters.words import LetterWords, PromptWords
from daybreak.wording import gettext as _
from daybreak.wording import locale

LONGEST_SUBJECT = 45
PERSONS_WORDS = frozenset({"workspace", "team", "inviter", "channel", "subject"})
"""What people have written: never a link."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the templates made."""

    subject: str
    text: str
    html: str


def prompt_mail(words: PromptWords, unsubscribe_url: str) -> Written:
    """The mail of a prompt, or of a try."""
    values: dict[str, object] = {
        **asdict(words),
        "team": plain(words.team),
        "snooze_url": words.snooze_url,
        "skip_url": words.skip_url,
        "unsubscribe_url": unsubscribe_url,
        "length": length(words.seconds),
        "lower_title": words.title[:1].lower() + words.title[1:],
    }
    return _written("prompt", values)


def letter(kind: str, words: LetterWords) -> Written:
    """A letter of a kind: a folder of templates/emails."""
    values: dict[str, object] = asdict(words)
    for name in ("workspace", "team", "inviter", "channel"):
        values[name] = plain(str(values[name]))
    return _written(kind, values)


def sender_name(team: str) -> str:
    """Who a prompt's mail comes from, as inboxes show it."""
    return _("%(team)s breaks", team=plain(team)) if team else ""


def _written(kind: str, values: dict[str, object]) -> Written:
    values["locale"] = locale()
    subject = shorten(plain(render(f"emails/{kind}/subject.txt", values)), LONGEST_SUBJECT)
    values["subject"] = subject
    for name in PERSONS_WORDS & values.keys():
        values[name] = unlinked(str(values[name]))
    return Written(
        subject=subject,
        text=render(f"emails/{kind}/body.txt", values),
        html=render(f"emails/{kind}/body.html", values),
    )
