"""The set-up: guarded by a one-time code, five steps saved one by one, closed for good once done."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.cipher import Cipher
from daybreak.domain.errors import DaybreakError, InvalidValueError, InvalidValuesError
from daybreak.services import auditing, channels, inviting, passwords, planning, policies, policy_rules, teams
from daybreak.services.inviting import InviteResult
from daybreak.services.people import normalised_email, set_owner
from daybreak.services.teams import checked_name
from daybreak.store import people as people_store
from daybreak.store import policies as policy_store
from daybreak.store import teams as store
from daybreak.store.tables import Channel, Membership, Person, Policy, Team, Workspace
from daybreak.tokens import hash_token, new_token
from daybreak.wording import gettext as _

OWNER, TEAM, RHYTHM, CHANNEL, INVITE = 1, 2, 3, 4, 5
"""The steps, in order; `step` may also be 6: only `finish` is left."""
CHANNEL_NAME = "breaks"
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that looks like another


class SetupDoneError(DaybreakError):
    """The set-up is done already: sign in instead."""


def issue_code(session: Session, now: datetime) -> str | None:  # noqa: ARG001 - as all services
    """Return a fresh set-up code, of which only the hash is kept, or None once set up."""
    workspace = _workspace(session)
    if workspace.setup_done_at is not None:
        return None
    letters = "".join(secrets.choice(_LETTERS) for _letter in range(16))
    workspace.setup_code_hash = hash_token(letters)
    session.flush()
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def check_code(session: Session, code: str) -> bool:
    """Whether a code is the last one issued, however its letters are grouped; never once set up."""
    workspace = store.workspace(session)
    if workspace is None or workspace.setup_done_at is not None or workspace.setup_code_hash is None:
        return False
    given = hash_token("".join(c for c in code.upper() if c.isalnum()))
    return hmac.compare_digest(given, workspace.setup_code_hash)


def is_done(session: Session) -> bool:
    """Whether the workspace is set up."""
    workspace = store.workspace(session)
    return workspace is not None and workspace.setup_done_at is not None


def step(session: Session) -> int:
    """Return the first step that has not been saved, from 1; 6 when only `finish` is left."""
    workspace = store.workspace(session)
    return workspace.setup_step if workspace else OWNER


def owner(session: Session) -> Person | None:
    """Return the owner that step 1 made."""
    return next(iter(people_store.owners(session)), None)


def first_team(session: Session) -> Team | None:
    """Return the team that step 2 made."""
    return next(iter(store.teams(session)), None)


def first_policy(session: Session) -> Policy | None:
    """Return the policy that step 3 made."""
    team = first_team(session)
    return next(iter(policy_store.policies(session, team.id)), None) if team else None


def create_workspace_and_owner(
    session: Session, name: str, owner_name: str, email: str, password: str, now: datetime
) -> Person:
    """Step 1: name the workspace and make its owner; again, it changes both. An empty password keeps the old.

    Raises InvalidValueError whose `problems` name "name", "owner_name", "email", "password"; SetupDoneError.
    """
    workspace = _open(session)
    person = owner(session)
    fields: dict[str, str] = {}
    problems: list[InvalidValueError] = []
    for field, value in (("name", name), ("owner_name", owner_name), ("email", email)):
        try:
            fields[field] = normalised_email(value) if field == "email" else checked_name(value, field)
        except InvalidValueError as problem:
            problems.append(problem)
    known = people_store.person_by_email(session, fields["email"]) if "email" in fields else None
    if known is not None and person is not None and known.id != person.id:
        problems.append(InvalidValueError("email", _("This address belongs to somebody else.")))
    made = person is None and known is None
    person = person or known or Person(name="", created_at=now, unsubscribe_key=new_token())
    if not problems:
        person.email, person.name = fields["email"], fields["owner_name"]
        person.own_fields = sorted({*(person.own_fields or ()), "name"})
    try:
        if password or person.password_hash is None:
            passwords.set_password(session, person, password)
    except InvalidValueError as problem:
        problems.append(problem)
    if problems:
        raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)
    session.add(person)
    session.flush()
    if made:
        auditing.record(
            session, person.id, "person.created", "person", person.id, None, None, None, now
        )
    set_owner(session, person, True, person.id, now)
    teams.update_workspace(session, {"name": fields["name"]}, person.id, now)
    _reach(workspace, TEAM)
    session.flush()
    return person


def save_first_team(
    session: Session, person: Person, name: str, zone: str, now: datetime, **values: Any
) -> Team:
    """Step 2: make the first team, which its owner joins as admin; again, it changes what is given.

    `values` are any further fields of a team, such as hours and quiet_blocks. Raises InvalidValueError whose
    `problems` name each field; SetupDoneError.
    """
    workspace = _open(session)
    team = first_team(session)
    if team is None:
        team = teams.create_team(session, name, zone, person.id, now, **values)
    else:
        teams.update_team(session, team, {**values, "name": name, "zone": zone}, person.id, now)
    if people_store.membership(session, team.id, person.id) is None:
        session.add(
            Membership(team_id=team.id, person_id=person.id, role="admin", invited_at=now, joined_at=now)
        )
        session.flush()
        new = {"role": "admin"}
        auditing.record(
            session, person.id, "membership.joined", "person", person.id, team.id, None, new, now
        )
        session.refresh(person, ["memberships"])
    planning.replan(session, [person], now)
    _reach(workspace, RHYTHM)
    return team


def choose_rhythm(session: Session, person: Person, preset_id: str, now: datetime) -> Policy:
    """Step 3: make the team's policy from a preset; again, it starts from the other preset.

    Raises InvalidValueError at "preset"; SetupDoneError.
    """
    workspace = _open(session)
    team = _team(session)
    policy = first_policy(session)
    if policy is None:
        policy = policies.create(session, team, preset_id, person.id, now)
    elif policy.preset != preset_id:
        name = policy_rules.preset_of(preset_id).name
        policies.update(session, policy, None, {"name": name}, person.id, now, preset_id=preset_id)
        _share(session, policy, person, now)
    _reach(workspace, CHANNEL)
    return policy


def save_channel(
    session: Session,
    person: Person,
    url: str | None,
    cipher: Cipher,
    allow: Sequence[str],
    now: datetime,
    *,
    go_on: bool = True,
) -> Channel | None:
    """Step 4: the team's Slack webhook, which the policy then uses first; "" keeps what is there, None none.

    Without `go_on` the step stays open: the webhook is to be tested first. Raises InvalidValueError at "url";
    SetupDoneError.
    """
    workspace = _open(session)
    team, policy = _team(session), first_policy(session)
    channel = None
    found = policy_store.channel(session, team.id, CHANNEL_NAME)
    if found is not None and found.off_reason == policy_store.REMOVED:
        found = None
    if url:
        if found is None:
            channel = channels.add_slack(session, team, CHANNEL_NAME, url, cipher, allow, person.id, now)
        else:
            channel = found
            channels.replace_address(session, channel, url, cipher, allow, person.id, now)
        if policy is not None:
            _share(session, policy, person, now)
    elif url is None and found is not None:
        _unshare(session, policy, person, now)
        channels.remove(session, found, person.id, now)
    if go_on:
        _reach(workspace, INVITE)
    return channel


def invite_people(session: Session, person: Person, text: str, now: datetime) -> list[InviteResult]:
    """Step 5: invite the addresses of a text, one a line (commas do too); a result for each, in order.

    The shell writes a letter for each invitation. Raises InvalidValueError at "emails" beyond 200;
    SetupDoneError.
    """
    workspace = _open(session)
    team = _team(session)
    results = inviting.invite_lines(session, team, text, person, now)
    if all(result.problem is None for result in results):
        _reach(workspace, INVITE + 1)
    return results


def finish(session: Session, now: datetime) -> None:
    """Close the set-up for good. Raises InvalidValueError at "step" while a step before 5 is open."""
    workspace = _workspace(session)
    if workspace.setup_done_at is not None:
        return
    if workspace.setup_step < INVITE:
        raise InvalidValueError("step", _("Some steps are still to do."))
    close(session, now)


def close(session: Session, now: datetime) -> None:
    """Mark the set-up done, whoever made the workspace: from now on there is no code."""
    workspace = _workspace(session)
    workspace.setup_done_at = workspace.setup_done_at or now
    workspace.setup_code_hash = None
    person = owner(session)
    session.flush()
    auditing.record(
        session, person.id if person else None, "workspace.set_up", "workspace", 1, None, None, None, now
    )


def _share(session: Session, policy: Policy, person: Person, now: datetime) -> None:
    """Let the policy post to the team's channel, if there is one: where the preset would go to Slack."""
    key = f"slack:{CHANNEL_NAME}"
    channel = policy_store.channel(session, policy.team_id, CHANNEL_NAME)
    if channel is None or channel.off_reason == policy_store.REMOVED or key in policy.channels:
        return
    names = list(policy.channels)
    names.insert(names.index("slack") + 1 if "slack" in names else 0, key)
    policies.update(session, policy, None, {"channels": names}, person.id, now)


def _unshare(session: Session, policy: Policy | None, person: Person, now: datetime) -> None:
    """Take the team's channel out of the policy: what a policy uses cannot be removed."""
    key = f"slack:{CHANNEL_NAME}"
    if policy is not None and key in policy.channels:
        names = [name for name in policy.channels if name != key]
        policies.update(session, policy, None, {"channels": names}, person.id, now)


def _team(session: Session) -> Team:
    team = first_team(session)
    if team is None:
        raise InvalidValueError("step", _("Make the first team before this step."))
    return team


def _open(session: Session) -> Workspace:
    workspace = _workspace(session)
    if workspace.setup_done_at is not None:
        raise SetupDoneError
    return workspace


def _workspace(session: Session) -> Workspace:
    workspace = store.workspace(session)
    if workspace is None:
        workspace = Workspace(id=1, name="", floor=teams.FLOOR_MIN, setup_step=OWNER)
        session.add(workspace)
        session.flush()
    return workspace


def _reach(workspace: Workspace, number: int) -> None:
    workspace.setup_step = max(workspace.setup_step, number)
