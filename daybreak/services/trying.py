"""Tries: a real message on a real channel, marked as a try and counted nowhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.delivery import TRY_LIFETIME, DeliveryState
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.services import routing
from daybreak.store import deliveries as store
from daybreak.store.policies import policies
from daybreak.store.tables import Channel, Delivery, Person, Policy
from daybreak.tokens import new_token


class NowhereToSendError(DaybreakError):
    """There is no channel that this could go to: give an e-mail address or a webhook of your own first."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a try is doing. `code` is the other side's last answer, such as "no_service" or "5.7.1"."""

    delivery_id: int
    transport: str  # email | slack_webhook
    state: DeliveryState
    asked_at: datetime
    code: str = ""
    detail: str = ""

    @property
    def open(self) -> bool:
        """Whether its end is still to come."""
        return not self.state.ended


def send_try(session: Session, person: Person, now: datetime, channel: Channel | None = None) -> int:
    """Plan a message that is marked as a try and not counted; return its delivery, to be rung.

    It goes to `channel` where one is to be tested, else where the person's prompts would go. Raises
    NowhereToSendError where nothing is pushed to the person.
    """
    team_id, policy = _first_policy(person, session) if channel is None else (channel.team_id, None)
    if channel is None:
        names = routing.routes(session, person, policy, now) if policy else _own(person)
        pushed = [route for route in names if route.transport is not None]
        if not pushed:
            raise NowhereToSendError
        transport, channel_id = pushed[0].transport, pushed[0].channel_id
    else:
        transport, channel_id = routing.SLACK, channel.id
    delivery = Delivery(
        key=f"try:{new_token()}",
        kind="try",
        transport=transport,
        person_id=person.id,
        team_id=team_id,
        policy_id=policy.id if policy else None,
        channel_id=channel_id,
        due_at=now,
        expires_at=now + TRY_LIFETIME,
        state=DeliveryState.PLANNED.value,
        next_try_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery.id


def _first_policy(person: Person, session: Session) -> tuple[int | None, Policy | None]:
    for membership in person.memberships:
        if membership.joined_at is not None and membership.left_at is None:
            for policy in policies(session, membership.team_id):
                return membership.team_id, policy
            return membership.team_id, None
    return None, None


def _own(person: Person) -> list[routing.Route]:
    return [routing.Route(routing.EMAIL, routing.EMAIL)] if person.email else []


def try_of(session: Session, person: Person, delivery_id: int) -> Trial:
    """Return how a person's own try is doing. Raises NotFoundError for anybody else's."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.kind != "try" or delivery.person_id != person.id:
        raise NotFoundError
    last = store.last_attempt(session, delivery_id)
    return Trial(
        delivery_id=delivery_id,
        transport=delivery.transport,
        state=DeliveryState(delivery.state),
        asked_at=delivery.due_at,
        code=(last.code if last else "") or (delivery.reason or ""),
        detail=last.detail if last else "",
    )
