"""Pushing: which kept occurrences leave the browser, and when a day of missed ones ends that."""

from collections.abc import Iterable

from daybreak.domain.occurrence import SentPrompt
from daybreak.domain.rhythm import PolicyRules


def missed_in_a_row(sent: Iterable[SentPrompt]) -> int:
    """The longest run of a local date's pushed prompts that were missed one after the other.

    Open, cancelled and undelivered prompts say nothing about the person: they neither lengthen a run nor
    end it.
    """
    run = longest = 0
    for one in sorted((one for one in sent if one.pushed), key=lambda one: one.due_at):
        if one.standing == "missed":
            run += 1
            longest = max(longest, run)
        elif one.standing in ("done", "late", "skipped"):
            run = 0
    return longest


def has_backed_off(rules: PolicyRules, missed: int) -> bool:
    """Whether so many pushed prompts missed in a row end a policy's pushes for the day."""
    return 0 < rules.backoff_after_ignored <= missed


def is_turn(rules: PolicyRules, position: int) -> bool:
    """Whether the position-th kept prompt of a local date (from 1, over all policies) is one to push."""
    return rules.push_every > 0 and position % rules.push_every == 0
