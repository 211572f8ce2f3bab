"""Slack messages: blocks with text links, escaped, and with a sentence for those who see no blocks."""

import json
from typing import Any

from daybreak.letters.headers import plain
from daybreak.letters.rendering import length
from daybreak.letters.words import PromptWords, SharedWords
from daybreak.wording import gettext as _

LONGEST_SECTION = 3000
LONGEST_TEXT = 4000
SEPARATOR = "  ·  "


def personal_post(words: PromptWords) -> bytes:
    """A prompt, or a try, to somebody's own direct message: it carries personal links."""
    title = escape(words.title)
    heading = f"*{title}*{SEPARATOR}{length(words.seconds)}\n{escape(words.instructions)}"
    links = []
    if words.answer_url:
        links.append(_link(words.answer_url, _("I moved"), strong=True))
    if words.snooze_url:
        links.append(_link(words.snooze_url, _("Snooze %(n)s min", n=words.snooze_minutes)))
    if words.skip_url:
        links.append(_link(words.skip_url, _("Skip")))
    if words.is_try:
        links.append(escape(_("A try: it is not counted.")))
    foot = []
    if words.number:
        foot.append(_("%(n)s of %(total)s today", n=words.number, total=words.total))
    if words.next_clock:
        foot.append(_("next about %(time)s", time=words.next_clock))
    foot += [
        _link(words.today_url, _("Today")),
        _link(f"{words.settings_url}#pause", _("Pause")),
        _link(words.safety_url, _("Optional, not medical advice")),
    ]
    text = _("Time to move: %(movement)s.", movement=title)
    if words.answer_url:
        text += " " + _("I moved: %(url)s", url=words.answer_url)
    return _post(text, [heading, "      ".join(links)], SEPARATOR.join(foot))


def shared_post(words: SharedWords) -> bytes:
    """A policy's break to a team's channel."""
    name = escape(plain(words.policy))
    body = escape(words.instructions)
    if words.seated:
        body += " " + escape(_("Staying seated? %(movement)s.", movement=words.seated))
    heading = f"*{name}*{SEPARATOR}{length(words.seconds)}\n*{escape(words.title)}.* {body}"
    foot = [_link(words.today_url, _("Log it on Today")), escape(_("Optional, not medical advice"))]
    if words.is_try:
        foot.insert(0, escape(_("A test: this channel works.")))
    text = _(
        "%(policy)s: %(movement)s. Open Today to log it: %(url)s",
        policy=name,
        movement=escape(words.title),
        url=words.today_url,
    )
    return _post(text, [heading], SEPARATOR.join(foot))


def escape(text: str) -> str:
    """Text that Slack shows as it is: no mention, no link (delivery, Slack)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(url: str, words: str, *, strong: bool = False) -> str:
    shown = escape(words)
    return f"<{escape(url)}|{f'*{shown}*' if strong else shown}>"


def _post(text: str, sections: list[str], foot: str) -> bytes:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": section[:LONGEST_SECTION]}}
        for section in sections
        if section
    ]
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": foot[:LONGEST_SECTION]}]})
    message = {
        "text": text[:LONGEST_TEXT],
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }
    return json.dumps(message, ensure_ascii=False).encode()
