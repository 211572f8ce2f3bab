"""The books of deliveries: what was planned is, at all times and after every fault, what ended or is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.domain.reason import Reason
from daybreak.store.deliveries import OPEN_STATES
from daybreak.store.tables import Delivery, Prompt

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Books:
    """How many deliveries were planned, and where they stand."""

    planned: int
    open: int
    ended: int
    torn: int  # a state that contradicts its own instants, such as sent without a moment of sending
    lost: int  # prompts of the last day that were to be pushed and have no delivery at all

    @property
    def balance(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return self.planned == self.open + self.ended and not self.torn and not self.lost


def books(session: Session, now: datetime) -> Books:
    """Return the books, in one query (delivery, States: conservation)."""
    has_ended = Delivery.state.in_([state.value for state in DeliveryState if state.ended])
    is_open = Delivery.state.in_(OPEN_STATES)
    is_sent = Delivery.state == DeliveryState.SENT
    is_torn = (
        (has_ended & (Delivery.closed_at.is_(None) | Delivery.lease_until_at.is_not(None)))
        | (is_open & Delivery.closed_at.is_not(None))
        | (is_sent != Delivery.sent_at.is_not(None))
    )
    lost = select(func.count()).where(
        Prompt.due_at > now - A_DAY,
        Prompt.pushed,
        Prompt.reason.is_distinct_from(Reason.OUTAGE.value),
        Prompt.shared_delivery_id.is_(None),
        ~exists().where(Delivery.prompt_id == Prompt.id),
    )
    query = select(
        func.count(Delivery.id),
        _number(is_open),
        _number(has_ended),
        _number(is_torn),
        lost.scalar_subquery(),
    )
    return Books(*session.execute(query).one())


def _number(wanted: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((wanted, 1), else_=0)), 0)
