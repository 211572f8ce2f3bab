"""All tables; importing this module fills the metadata that migrations are checked against."""

from daybreak.store.tables.accounts import AuditEntry, Erasure, SignInLink, SignInSession, Try
from daybreak.store.tables.base import Base
from daybreak.store.tables.figures import Publication
from daybreak.store.tables.people import (
    BusyInterval,
    CalendarFeed,
    DayOff,
    Invitation,
    Membership,
    Person,
    Team,
    Workspace,
)
from daybreak.store.tables.policies import Channel, Policy, PolicyMember
from daybreak.store.tables.prompts import AnswerLink, Attempt, BreakTaken, Delivery, Letter, Prompt
from daybreak.store.tables.slack import SlackAccount, SlackConnect, SlackReply, SlackRequest

__all__ = [
    "AnswerLink",
    "Attempt",
    "AuditEntry",
    "Base",
    "BreakTaken",
    "BusyInterval",
    "CalendarFeed",
    "Channel",
    "DayOff",
    "Delivery",
    "Erasure",
    "Invitation",
    "Letter",
    "Membership",
    "Person",
    "Policy",
    "PolicyMember",
    "Prompt",
    "Publication",
    "SignInLink",
    "SignInSession",
    "SlackAccount",
    "SlackConnect",
    "SlackReply",
    "SlackRequest",
    "Team",
    "Try",
    "Workspace",
]
