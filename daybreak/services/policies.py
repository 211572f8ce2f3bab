"""Policies: made from a preset, changed without overwriting anybody, archived; checked as a whole."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError, InvalidValueError, InvalidValuesError
from daybreak.domain.rhythm import PolicyRules
from daybreak.services import auditing, planning
from daybreak.services.plan_inputs import rules_of
from daybreak.services.policy_rules import changed_rules, columns_of, problems_of, rules_from
from daybreak.store import people as people_store
from daybreak.store import policies as store
from daybreak.store.tables import Person, Policy, PolicyMember, Team
from daybreak.wording import gettext as _

GONE = "inactive"
"""The reason on prompts that an archived policy leaves behind."""


class ChangedMeanwhileError(DaybreakError):
    """Somebody else changed this policy meanwhile: `changed_by` and `changed_at` say who and when."""

    def __init__(self, policy: Policy, who: Person | None, zone: ZoneInfo) -> None:
        name = (who.name or who.email or "") if who else ""
        at = f"{policy.changed_at.astimezone(zone):%H:%M}"
        super().__init__(
            _("Changed by %(name)s at %(time)s.", name=name or _("the workspace file"), time=at),
            hint=_("See the differences, then save again."),
        )
        self.policy = policy
        self.changed_by = who
        self.changed_at = policy.changed_at


def create(
    session: Session,
    team: Team,
    preset_id: str,
    actor_id: int | None,
    now: datetime,
    *,
    name: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    channels: Iterable[str] | None = None,
    members: Iterable[Person] | None = None,
    origin: str | None = None,
) -> Policy:
    """Create a policy from a preset; `members` are whom it is chosen for (all).

    `overrides` are any of `policy_rules.FIELDS`. Raises InvalidValueError whose `problems` name each field.
    """
    rules = rules_from(preset_id, name=name, overrides=overrides, channels=channels)
    _check(session, team, rules, None)
    columns = columns_of(rules)
    policy = Policy(team_id=team.id, preset=preset_id, created_at=now, changed_at=now, **columns)
    policy.changed_by = actor_id
    policy.for_all = members is None
    session.add(policy)
    session.flush()
    _choose(session, policy, members)
    new = {"preset": preset_id, **columns}
    auditing.record(
        session, actor_id, "policy.created", "policy", policy.id, team.id, None, new, now, origin
    )
    planning.replan_team(session, team.id, now)
    return policy


def update(
    session: Session,
    policy: Policy,
    version: int | None,
    changes: Mapping[str, Any],
    actor_id: int | None,
    now: datetime,
    *,
    preset_id: str | None = None,
    members: Iterable[Person] | None = None,
    for_all: bool | None = None,
    origin: str | None = None,
) -> dict[str, tuple[Any, Any]]:
    """Change some of a policy's `policy_rules.FIELDS`; what changed, as field -> (old, new).

    `version` is the one that was read (None: do not ask). Another `preset_id` starts again from that preset.
    `members` chooses whom it is for; `for_all=True` is everybody. What was inherited from the preset and
    clamped follows the interval. Raises ChangedMeanwhileError; InvalidValueError whose `problems` name each
    field.
    """
    team = session.get_one(Team, policy.team_id)
    if version is not None and version != policy.version:
        who = session.get(Person, policy.changed_by) if policy.changed_by else None
        raise ChangedMeanwhileError(policy, who, ZoneInfo(team.zone))
    preset_id = preset_id or policy.preset
    rules = changed_rules(policy, changes, preset_id)
    _check(session, team, rules, policy)
    before = {"preset": policy.preset, **columns_of(rules_of(policy))}
    old, new = auditing.differences(before, {"preset": preset_id, **columns_of(rules)})
    for key, value in new.items():
        setattr(policy, key, value)
    if for_all or members is not None:
        chosen_before = _chosen(session, policy)
        _choose(session, policy, None if for_all else members)
        chosen = _chosen(session, policy)
        if chosen != chosen_before:
            old["members"], new["members"] = chosen_before, chosen
    if not new:
        return {}
    policy.version += 1
    policy.changed_at, policy.changed_by = now, actor_id
    session.flush()
    auditing.record(
        session, actor_id, "policy.changed", "policy", policy.id, team.id, old, new, now, origin
    )
    planning.replan_team(session, team.id, now)
    return {key: (old[key], value) for key, value in new.items()}


def archive(
    session: Session, policy: Policy, actor_id: int | None, now: datetime, *, origin: str | None = None
) -> None:
    """End a policy: its open prompts are cancelled, its figures stay."""
    if policy.archived_at is not None:
        return
    policy.archived_at = policy.changed_at = now
    policy.changed_by = actor_id
    policy.version += 1
    session.flush()
    people_store.cancel_open(session, now, GONE, policy_id=policy.id)
    old = {"name": policy.name}
    auditing.record(
        session, actor_id, "policy.archived", "policy", policy.id, policy.team_id, old, None, now, origin
    )
    planning.replan_team(session, policy.team_id, now)


def opt_in(session: Session, policy: Policy, person: Person, on: bool, now: datetime) -> None:
    """Switch an opt-in policy on or off for oneself; nobody else learns of it, not even from the log."""
    row = store.policy_member(session, policy.id, person.id)
    if row is None:
        row = PolicyMember(policy_id=policy.id, person_id=person.id, chosen=False)
        session.add(row)
    row.opted_in_at = (row.opted_in_at or now) if on else None
    session.flush()
    planning.replan(session, [person], now)


def _check(session: Session, team: Team, rules: PolicyRules, policy: Policy | None) -> None:
    problems = problems_of(rules, [c.name for c in store.channels(session, team.id)])
    others = [p for p in store.policies(session, team.id) if policy is None or p.id != policy.id]
    if any(p.name.casefold() == rules.name.casefold() for p in others):
        problems.append(InvalidValueError("name", _("The team has a policy of this name already.")))
    if problems:
        raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)


def _chosen(session: Session, policy: Policy) -> list[int] | None:
    if policy.for_all:
        return None
    return sorted(row.person_id for row in store.policy_members(session, policy.id) if row.chosen)


def _choose(session: Session, policy: Policy, members: Iterable[Person] | None) -> None:
    policy.for_all = members is None
    wanted = {person.id for person in members or ()}
    rows = {row.person_id: row for row in store.policy_members(session, policy.id)}
    for person_id, row in rows.items():
        row.chosen = person_id in wanted
    session.add_all(
        PolicyMember(policy_id=policy.id, person_id=person_id, chosen=True)
        for person_id in sorted(wanted - rows.keys())
    )
    session.flush()
