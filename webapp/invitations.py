"""Handing invitations over: by mail where there is a mail server, else as links that are shown once."""

from collections.abc import Sequence
from dataclasses import dataclass

import tasks
from daybreak.services import inviting
from daybreak.services.inviting import InviteResult
from daybreak.store.tables import Invitation
from webapp.db import after_commit, db, runtime


@dataclass(frozen=True)
class Handed:
    """A line of addresses: its problem, or its link where nothing is mailed ("" where it is)."""

    line: str
    problem: str = ""
    link: str = ""


def hand_over(results: Sequence[InviteResult]) -> list[Handed]:
    """Write a letter for each invitation, rung after the commit; without SMTP make its link instead."""
    return [
        hand_over_one(one.line, one.invitation) if one.invitation else Handed(one.line, _words(one))
        for one in results
    ]


def hand_over_one(line: str, invitation: Invitation) -> Handed:
    """Do so for one invitation."""
    now = runtime().now()
    if runtime().settings.smtp is None:
        return Handed(line, link=runtime().links.join(inviting.make_link(db(), invitation, now)))
    delivery_id = inviting.send(db(), invitation, now)
    after_commit(lambda: tasks.ring([delivery_id]))
    return Handed(line)


def left_to_do(handed: Sequence[Handed]) -> str:
    """Return the lines that could not be invited, to be mended."""
    return "\n".join(one.line for one in handed if one.problem)


def _words(result: InviteResult) -> str:
    problem = result.problem
    return f"{problem} {problem.hint}".strip() if problem else ""
