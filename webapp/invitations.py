"""Handing invitations over: by mail where there is a mail server, else as links that are shown once.

While lines are still to be mended, what was handed over before stays on the page: the form carries it,
signed, so that the server need not keep links.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer

import tasks
from daybreak.services import inviting
from daybreak.services.inviting import InviteResult
from daybreak.services.pasted import pasted_addresses
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


def kept(handed: Sequence[Handed]) -> str:
    """Return what was handed over as the text that the form carries to the next press; "" for nothing."""
    good = [astuple(one) for one in handed if not one.problem]
    return str(_signer().dumps(good)) if good else ""


def with_earlier(handed: Sequence[Handed] = ()) -> list[Handed]:
    """Return what this page has handed over before, and now; of an address invited again only the last."""
    try:
        earlier = [Handed(*one) for one in _signer().loads(request.form.get("handed", ""))]
    except BadData:
        earlier = []
    again = {_address(one.line) for one in handed if not one.problem}
    return [*(one for one in earlier if _address(one.line) not in again), *handed]


def left_to_do(handed: Sequence[Handed]) -> str:
    """Return the lines that could not be invited, to be mended."""
    return "\n".join(one.line for one in handed if one.problem)


def _address(line: str) -> str:
    """Return the address that a line means, as it is compared."""
    return next(iter(pasted_addresses(line).values()), line).casefold()


def _signer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="daybreak.handed")


def _words(result: InviteResult) -> str:
    problem = result.problem
    return f"{problem} {problem.hint}".strip() if problem else ""
