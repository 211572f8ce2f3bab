"""Which channel carries a prompt: one, and the next only after a certain failure of the first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.domain.prompt import deadline
from daybreak.store import deliveries as store
from daybreak.store.tables import Delivery, Person, Policy, Prompt

EMAIL = "email"
WEB = "web"


@dataclass(frozen=True, slots=True)
class Route:
    """A way to reach a person: the policy's name for it, and what it needs."""

    name: str  # email | slack | slack:<channel name> | web
    transport: str | None = None  # None: nothing of its own is sent
    channel_id: int | None = None
    shared_delivery_id: int | None = None


def routes(session: Session, person: Person, policy: Policy, due_at: datetime) -> list[Route]:
    """Return the ways a person can be reached now, the wished for first, then in the policy's order.

    A shared channel counts only where the team's plan posts at this very instant. Who wishes for Today
    alone is sent nothing.
    """
    if person.channel == WEB:
        return [Route(WEB)]
    names = list(policy.channels)
    if person.channel in names:
        names.remove(person.channel)
        names.insert(0, person.channel)
    found = (_route(session, person, policy, name, due_at) for name in names)
    return [route for route in found if route is not None]


@dataclass(frozen=True, slots=True)
class Ways:
    """The channels that a person may choose among, and the one that the next break comes by."""

    offered: tuple[str, ...]
    used: str


def ways(session: Session, person: Person, policies: Iterable[Policy]) -> Ways:
    """Return the ways of these policies that exist for a person, in the policies' order; Today is always one.

    E-mail that is off by the person's own wish is offered, to have it again, but not used. A shared channel
    counts as used although it carries only what falls on an instant of the team's plan.
    """
    offered: dict[str, bool] = {}  # name to "would be used"
    for policy in policies:
        for name in policy.channels:
            is_there, is_used = _exists(session, person, policy, name)
            if is_there:
                offered[name] = offered.get(name, False) or is_used
    offered[WEB] = True
    wished = [name for name in (person.channel, *offered) if name is not None and offered.get(name)]
    return Ways(tuple(offered), wished[0])


def send_on(session: Session, prompt: Prompt, person: Person, policy: Policy, now: datetime) -> list[int]:
    """Plan the first delivery of a prompt, or the next after one has failed; return the ids to ring.

    Where no channel is left that pushes, the prompt stays on Today, if the policy has Today at all.
    """
    if not prompt.pushed or prompt.standing != "open":
        return []
    tried = _tried(session, prompt, max(prompt.nudges, 1))
    for route in routes(session, person, policy, prompt.due_at):
        if route.name in tried:
            continue
        if route.name == WEB:
            break
        if route.shared_delivery_id is not None:
            prompt.shared_delivery_id = route.shared_delivery_id
            _catch_up(session, prompt, person, policy)
            return []
        delivery_id = plan(session, prompt, route, now)
        return [] if delivery_id is None else [delivery_id]
    if prompt.first_sent_at is None and (not tried or WEB in policy.channels):
        prompt.pushed = False  # from here on it is Today's alone
    elif prompt.first_sent_at is None:
        close(prompt, "undelivered", "failed", now)
    session.flush()
    return []


def has_another_way(session: Session, prompt: Prompt, person: Person, policy: Policy) -> bool:
    """Whether a channel of the person's own is left on which this nudge has not been tried."""
    tried = _tried(session, prompt, max(prompt.nudges, 1))
    found = routes(session, person, policy, prompt.due_at)
    return any(route.transport is not None and route.name not in tried for route in found)


def nudge_again(session: Session, prompt: Prompt, person: Person, policy: Policy, now: datetime) -> list[int]:
    """Plan one more nudge of a snoozed prompt, on a channel of the person's own, else on Today alone."""
    due_at = prompt.snoozed_until_at or now
    tried = _tried(session, prompt, prompt.nudges)
    for route in routes(session, person, policy, due_at):
        if route.transport is not None and route.name not in tried:
            delivery_id = plan(session, prompt, route, now, due_at=due_at)
            return [] if delivery_id is None else [delivery_id]
    return []


def plan(
    session: Session, prompt: Prompt, route: Route, now: datetime, due_at: datetime | None = None
) -> int | None:
    """Insert the delivery of a prompt's present nudge by a route; None where it exists already."""
    due_at = due_at or prompt.due_at
    values: dict[str, Any] = {
        "key": f"prompt:{prompt.id}:{prompt.nudges}:{route.name}",
        "kind": "prompt",
        "transport": route.transport,
        "prompt_id": prompt.id,
        "person_id": prompt.person_id,
        "team_id": prompt.team_id,
        "policy_id": prompt.policy_id,
        "channel_id": route.channel_id,
        "nudge": prompt.nudges,
        "due_at": due_at,
        "expires_at": due_at + (prompt.expires_at - prompt.due_at),
        "state": DeliveryState.PLANNED.value,
        "next_try_at": now,
    }
    return store.insert_once(session, Delivery, values)


def reached(prompt: Prompt, person: Person, policy: Policy, at: datetime) -> None:
    """Note that a message has reached the person: the response time runs from the first that did."""
    prompt.last_nudge_at = at
    if prompt.first_sent_at is None:
        next_at = person.next_due_at
        if next_at is not None and next_at <= prompt.due_at:
            next_at = None  # not planned anew yet; the tick cuts the deadline once it is
        prompt.first_sent_at = at
        prompt.deadline_at = deadline(at, policy.response_window, prompt.snoozed_minutes, next_at)


def close(prompt: Prompt, standing: str, reason: str | None, now: datetime) -> None:
    """Close an open prompt that nobody answered; closed already, it stays as it is."""
    if prompt.standing == "open":
        prompt.standing, prompt.reason, prompt.closed_at = standing, reason, now


def shared_key(policy_id: int, channel_id: int, due_at: datetime) -> str:
    """What makes a shared post unique: policy, channel and instant of the team plan."""
    return f"shared:{policy_id}:{channel_id}:{due_at:%Y-%m-%dT%H:%M}"


def _exists(session: Session, person: Person, policy: Policy, name: str) -> tuple[bool, bool]:
    """Whether a policy's channel can be chosen by a person, and whether it would carry anything now."""
    if name == EMAIL:
        is_there = bool(person.email) and person.email_blocked_at is None
        return is_there, is_there and person.email_off_at is None
    if name.startswith("slack:"):
        channel = store.channel_named(session, policy.team_id, name.removeprefix("slack:"))
        is_there = channel is not None and channel.off_at is None
    else:
        is_there = name == WEB or store.own_webhook(session, person.id) is not None
    return is_there, is_there


def _route(session: Session, person: Person, policy: Policy, name: str, due_at: datetime) -> Route | None:
    if name == WEB:
        return Route(WEB)
    if name == EMAIL:
        reachable = person.email and person.email_off_at is None and person.email_blocked_at is None
        return Route(EMAIL, EMAIL) if reachable else None
    if name == "slack":
        own = store.own_webhook(session, person.id)
        return Route(name, own.kind, own.id) if own else None
    channel = store.channel_named(session, policy.team_id, name.removeprefix("slack:"))
    if channel is None or channel.off_at is not None:
        return None
    post = store.shared_post(session, shared_key(policy.id, channel.id, due_at))
    return Route(name, None, channel.id, post.id) if post else None


def _tried(session: Session, prompt: Prompt, nudge: int) -> set[str]:
    start = f"prompt:{prompt.id}:{nudge}:"
    tried = {key.removeprefix(start) for key in store.keys_of(session, prompt.id) if key.startswith(start)}
    if prompt.shared_delivery_id is not None:
        post = session.get_one(Delivery, prompt.shared_delivery_id)
        channel = store.channel_of(session, post)
        tried |= {f"slack:{channel.name}"} if channel else set()
    return tried


def _catch_up(session: Session, prompt: Prompt, person: Person, policy: Policy) -> None:
    """A post that went out before this prompt was made has reached its person all the same."""
    session.flush()
    post = session.get_one(Delivery, prompt.shared_delivery_id)
    if post.sent_at is not None:
        reached(prompt, person, policy, post.sent_at)
