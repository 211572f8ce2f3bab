"""Slack messages: blocks, escaped, with buttons or links, and a sentence for those who see no blocks."""

import json
import re
from typing import Any

from daybreak.letters.headers import plain
from daybreak.letters.rendering import length
from daybreak.letters.words import PromptWords, SharedWords
from daybreak.wording import gettext as _

LONGEST_SECTION = 3000
LONGEST_TEXT = 4000
SEPARATOR = "  ·  "
BROKEN = re.compile(r"(&[a-z]*|<[^>]*)$")


def personal_post(words: PromptWords) -> bytes:
    """A prompt, or a try, to somebody's own direct message: it carries personal links."""
    title = escape(words.title)
    heading = f"*{title}*{SEPARATOR}{length(words.seconds)}\n{escape(words.instructions)}"
    links = [escape(_("A try: it is not counted."))] if words.is_try else _links(words)
    pressed = _buttons(words.press_key, words.snooze_minutes, may_skip=words.may_skip)
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
    return _post(text, [heading, "      ".join(links)], SEPARATOR.join(foot), pressed)


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
    pressed = _buttons(words.press_key, words.snooze_minutes, may_skip=words.may_skip)
    return _post(text, [heading], SEPARATOR.join(foot), pressed)


def answer_post(text: str, link: str = "", words: str = "") -> dict[str, Any]:
    """An answer that whoever pressed or typed sees alone, with a link where there is one to follow."""
    said = f"{escape(text)} {_link(link, words)}" if link else escape(text)
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": _cut(said, LONGEST_TEXT),
        "blocks": [{"type": "section", "text": _mrkdwn(said)}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str) -> str:
    """Text that Slack shows as it is: no mention, no link (delivery, Slack)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _links(words: PromptWords) -> list[str]:
    """The answers as links, for where nobody would hear a button."""
    if words.press_key or not words.answer_url:
        return []
    links = [_link(words.answer_url, _("I moved"), strong=True)]
    if words.snooze_url:
        links.append(_link(words.snooze_url, _("Snooze %(n)s min", n=words.snooze_minutes)))
    if words.skip_url:
        links.append(_link(words.skip_url, _("Skip")))
    return links


def _buttons(key: str | None, snooze_minutes: int | None, *, may_skip: bool) -> list[dict[str, Any]]:
    """The answers as buttons; an interaction tells them apart by their `action_id`."""
    if key is None:
        return []
    buttons = [_button("done", _("I moved"), key) | {"style": "primary"}]
    if snooze_minutes:
        buttons.append(_button("snooze", _("Snooze %(n)s min", n=snooze_minutes), key))
    if may_skip:
        buttons.append(_button("skip", _("Skip"), key))
    return buttons


def _button(action_id: str, words: str, key: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": words, "emoji": False}
    return {"type": "button", "action_id": action_id, "text": text, "value": key}


def _link(url: str, words: str, *, strong: bool = False) -> str:
    shown = escape(words)
    return f"<{escape(url)}|{f'*{shown}*' if strong else shown}>"


def _cut(text: str, longest: int) -> str:
    """The beginning of a text, without half of an entity or of a link at its end."""
    return text if len(text) <= longest else BROKEN.sub("", text[:longest])


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no link or mention of its own from what somebody's name looks like.
    return {"type": "mrkdwn", "text": _cut(text, LONGEST_SECTION), "verbatim": True}


def _post(text: str, sections: list[str], foot: str, buttons: list[dict[str, Any]]) -> bytes:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": _mrkdwn(section)} for section in sections if section
    ]
    if buttons:
        blocks.append({"type": "actions", "block_id": "answer", "elements": buttons})
    blocks.append({"type": "context", "elements": [_mrkdwn(foot)]})
    message = {
        "text": _cut(text, LONGEST_TEXT),
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
