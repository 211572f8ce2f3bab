"""A policy in words: in one line, and as a list of what it asks of a person."""

from collections.abc import Mapping
from typing import Any

from babel.dates import format_date

from daybreak import wording
from daybreak.data import catalogue
from daybreak.domain.catalogue import Place
from daybreak.domain.rhythm import PolicyRules, RampStep
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from daybreak.wording import ngettext
from webapp.views.library import DIFFICULTIES
from webapp.views.library import PLACES as PLACE_NAMES

CHANNELS = {
    "email": _l("e-mail"),
    "slack": _l("each person's own Slack webhook"),
    "web": _l("Today"),
}
LABELS = {
    "name": _l("Name"),
    "preset": _l("Preset"),
    "interval_min": _l("Shortest interval"),
    "interval_max": _l("Longest interval"),
    "break_seconds": _l("Length of a break in seconds"),
    "response_window": _l("Response time allowed"),
    "rhythm": _l("Rhythm"),
    "tail_guard": _l("Nothing at the end of working time"),
    "min_gap": _l("Least time between two breaks"),
    "spread": _l("Spread"),
    "max_prompts_per_day": _l("Most breaks a day"),
    "push_every": _l("Send every n-th as a message"),
    "backoff_after_ignored": _l("Fall silent after"),
    "snooze": _l("A snooze lasts"),
    "max_snoozes": _l("Most snoozes of a break"),
    "allow_skip": _l("People may skip a break"),
    "opt_in": _l("Only for those who switch it on"),
    "movement_filter": _l("Movements"),
    "movements": _l("Only these movements"),
    "channels": _l("Channels"),
    "ramp": _l("Start gently"),
    "active_from": _l("First day"),
    "active_until": _l("Last day"),
}


def sentence(rules: PolicyRules) -> str:
    """Return a policy in one line: how often, how long, by which way, at most how many."""
    parts = {
        "every": every(rules.interval_min, rules.interval_max),
        "length": length(rules.break_seconds),
        "ways": ways(rules.channels),
        "most": ngettext("%(n)s a day", "%(n)s a day", rules.max_prompts_per_day),
    }
    return _("%(every)s, about %(length)s, by %(ways)s; at most %(most)s.", **parts)


def every(low: int, high: int) -> str:
    """Return an interval in words."""
    if low == high:
        return ngettext("Every minute", "Every %(n)s minutes", low)
    return _("Every %(low)s to %(high)s minutes", low=low, high=high)


def length(seconds: int) -> str:
    """Return the length of a break in words."""
    if seconds < 60 or seconds % 30:
        return ngettext("%(n)s second", "%(n)s seconds", seconds)
    if seconds % 60:
        return _("%(n)s minutes", n=f"{seconds // 60}½")
    return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60)


def way(channel: str) -> str:
    """Return a channel in words."""
    known = CHANNELS.get(channel)
    return str(known) if known else _("Slack channel %(name)s", name=channel.removeprefix("slack:"))


def ways(channels: tuple[str, ...]) -> str:
    """Return channels in the order in which they are tried."""
    return _(", then ").join(way(channel) for channel in channels)


def ramp(steps: tuple[RampStep, ...]) -> str:
    """Return how a policy grows with the weeks since a person joined."""
    said = [
        _(
            "from week %(week)s every %(n)s minutes, at most %(most)s a day",
            week=step.week,
            n=step.interval,
            most=step.max_prompts_per_day,
        )
        for step in steps
    ]
    return "; ".join(said)


def asked(rules: PolicyRules) -> list[tuple[str, str]]:
    """Return what a policy asks of a person, as (what, how)."""
    rhythm = _("Everybody at the same moment of their working day.")
    if rules.rhythm == "personal":
        rhythm = _("One interval after your last break.")
    rows = [
        (_("How often"), f"{every(rules.interval_min, rules.interval_max)}. {rhythm}"),
        (_("How long"), _("About %(length)s.", length=length(rules.break_seconds))),
        (_("Where"), _filter(rules)),
        (_("You are told by"), ways(rules.channels)),
        (_("At most"), ngettext("%(n)s break a day.", "%(n)s breaks a day.", rules.max_prompts_per_day)),
        (_("Time to reply"), ngettext("%(n)s minute.", "%(n)s minutes.", rules.response_window)),
        (_("Not now?"), _not_now(rules)),
    ]
    if rules.ramp:
        rows.append((_("At the start"), ramp(rules.ramp)))
    if rules.backoff_after_ignored:
        silent = ngettext(
            "After %(n)s message without a reply nothing more is sent that day.",
            "After %(n)s messages in a row without a reply nothing more is sent that day.",
            rules.backoff_after_ignored,
        )
        rows.append((_("If you do not reply"), silent))
    if rules.active_from or rules.active_until:
        rows.append((_("When"), _active(rules)))
    return rows


def shown(key: str, value: Any) -> str:
    """Return the value of a policy's column as an admin reads it."""
    if value is None or value == "" or value == []:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "channels":
        return ways(tuple(value))
    if key == "movements":
        return ", ".join(_(catalogue().get(one).title) for one in value if one in catalogue())
    if key == "movement_filter":
        return _places(value)
    if key == "ramp":
        return ramp(tuple(RampStep(s["week"], s["interval"], s["max_prompts_per_day"]) for s in value))
    return str(value)


def _places(chosen: Mapping[str, Any]) -> str:
    places = ", ".join(str(PLACE_NAMES[Place(one)]) for one in chosen["places"])
    words = [places, str(DIFFICULTIES[chosen["max_difficulty"]])]
    return "; ".join([*words, _("discreet ones only")] if chosen["discreet_only"] else words)


def _filter(rules: PolicyRules) -> str:
    if rules.movements:
        return ", ".join(_(catalogue().get(one).title) for one in rules.movements if one in catalogue())
    chosen = rules.movement_filter
    places = ", ".join(str(PLACE_NAMES[Place(one)]) for one in chosen.places)
    return _("%(places)s. Discreet movements only.", places=places) if chosen.discreet_only else f"{places}."


def _not_now(rules: PolicyRules) -> str:
    said = []
    if rules.max_snoozes:
        words = ngettext(
            "Snooze %(minutes)s minutes, once.",
            "Snooze %(minutes)s minutes, up to %(n)s times.",
            rules.max_snoozes,
            minutes=rules.snooze,
        )
        said.append(words)
    if rules.allow_skip:
        said.append(_("Skip, without a reason."))
    return " ".join(said) or _("Let it pass.")


def _active(rules: PolicyRules) -> str:
    first, last = (
        format_date(day, "long", locale=wording.locale()) if day else None
        for day in (rules.active_from, rules.active_until)
    )
    if first and last:
        return _("From %(first)s until %(last)s.", first=first, last=last)
    return _("From %(first)s on.", first=first) if first else _("Until %(last)s.", last=last)
