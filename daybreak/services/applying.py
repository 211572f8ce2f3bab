"""Applying a workspace file: the workspace becomes what the file says, and what it does not name stays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.cipher import Cipher
from daybreak.services import applying_people, channels, policies, setup, teams
from daybreak.services.changes import Change, Changes
from daybreak.services.people import remove_from_team
from daybreak.services.workspace_file import (
    ChannelPart,
    Known,
    KnownTeam,
    PolicyPart,
    Problems,
    TeamPart,
    WorkspaceFile,
    WorkspaceFileError,
)
from daybreak.store import people as people_store
from daybreak.store import policies as policy_store
from daybreak.store import teams as store
from daybreak.store.tables import Person, Policy, Team
from daybreak.wording import gettext as _

__all__ = ["Change", "apply", "known"]


def known(session: Session) -> Known:
    """Return what the database holds already: what a file may refer to without naming it."""
    found = {}
    for team in store.teams(session):
        members = [m.person.email for m in store.members(session, team.id)]
        found[team.slug] = KnownTeam(
            channels=frozenset(c.name for c in policy_store.channels(session, team.id)),
            policies=frozenset(p.name.casefold() for p in policy_store.policies(session, team.id)),
            members=frozenset(email for email in members if email),
        )
    return Known(found)


def apply(
    session: Session, file: WorkspaceFile, cipher: Cipher, allow: Sequence[str], now: datetime
) -> list[Change]:
    """Make the workspace what the file says and return what changed; nothing if it was so already.

    What the file does not name is left alone, and so is what a person has set since. The shell commits, or
    rolls back for a rehearsal. Raises WorkspaceFileError with every problem: roll back then.
    """
    run = _Run(session, file, cipher, allow, now)
    run.everything()
    if run.problems.found:
        raise WorkspaceFileError(file.name, run.problems.found)
    return run.changes.made


@dataclass
class _Run:
    """One application. Additions come before removals, so that a last admin can be replaced."""

    session: Session
    file: WorkspaceFile
    cipher: Cipher
    allow: Sequence[str]
    now: datetime
    problems: Problems = field(default_factory=Problems)
    changes: Changes = field(default_factory=Changes)

    def everything(self) -> None:
        with self.problems.at("workspace"):
            wanted, origin = self.file.workspace, self.file.origin
            changed = teams.update_workspace(self.session, wanted, None, self.now, origin=origin)
            self.changes.changed(_("workspace"), changed)
        staying = [part for part in self.file.teams if not part.remove]
        for part in staying:
            with self.problems.at(part.path):
                self._team(part)
        for part in staying:
            for channel in part.channels:
                if not channel.remove:
                    with self.problems.at(channel.path):
                        self._channel(part, channel)
        applying_people.apply_people(self.session, self.file, self.problems, self.changes, self.now)
        for part in staying:
            for policy in sorted(part.policies, key=lambda p: not p.remove):  # a name may pass to another
                with self.problems.at(policy.path):
                    self._policy(part, policy)
        for part in staying:
            for channel in part.channels:
                if channel.remove:
                    with self.problems.at(channel.path, field="remove"):
                        self._remove_channel(part, channel)
        for part in self.file.teams:
            if part.remove:
                with self.problems.at(part.path, field="remove"):
                    self._remove_team(part)
        self._close_setup()

    def _team(self, part: TeamPart) -> None:
        team = store.team_by_slug(self.session, part.slug)
        if team is None:
            values = dict(part.fields)
            name, zone = values.pop("name"), values.pop("zone")
            origin = self.file.origin
            teams.create_team(
                self.session, name, zone, None, self.now, slug=part.slug, origin=origin, **values
            )
            self.changes.added(_("team %(name)s", name=part.slug))
            return
        changed = teams.update_team(self.session, team, part.fields, None, self.now, origin=self.file.origin)
        self.changes.changed(_("team %(name)s", name=part.slug), changed)

    def _channel(self, part: TeamPart, entry: ChannelPart) -> None:
        team = self._find(part)
        channel = policy_store.channel(self.session, team.id, entry.name) if team else None
        title = _("channel %(name)s", name=entry.name)
        if team is None or entry.url is None:
            return
        if channel is None or channel.off_reason == policy_store.REMOVED:
            channels.add_slack(
                self.session, team, entry.name, entry.url, self.cipher, self.allow, None, self.now,
                origin=self.file.origin,
            )  # fmt: skip
            self.changes.added(title)
            return
        before = channel.hint
        if channels.replace_address(
            self.session, channel, entry.url, self.cipher, self.allow, None, self.now, origin=self.file.origin
        ):
            self.changes.changed(title, {"url": (before, channel.hint)})

    def _policy(self, part: TeamPart, entry: PolicyPart) -> None:
        team = self._find(part)
        if team is None:
            return
        name = entry.name.casefold()
        policy = next(
            (p for p in policy_store.policies(self.session, team.id) if p.name.casefold() == name), None
        )
        title = _("policy %(name)s", name=entry.name)
        if entry.remove:
            if policy is not None:
                policies.archive(self.session, policy, None, self.now, origin=self.file.origin)
                self.changes.removed(title)
        elif policy is None:
            policies.create(
                self.session, team, entry.preset or "", None, self.now,
                name=entry.name, overrides=entry.fields, members=self._members(entry),
                origin=self.file.origin,
            )  # fmt: skip
            self.changes.added(title)
        else:
            changed = policies.update(
                self.session, policy, None, {"name": entry.name, **entry.fields}, None, self.now,
                preset_id=entry.preset, members=self._wanted(policy, entry), origin=self.file.origin,
            )  # fmt: skip
            self.changes.changed(title, changed)

    def _members(self, entry: PolicyPart) -> list[Person] | None:
        if entry.members is None:
            return None
        found = (people_store.person_by_email(self.session, email) for email in entry.members)
        return [person for person in found if person is not None]

    def _wanted(self, policy: Policy, entry: PolicyPart) -> list[Person] | None:
        """Whom a policy is chosen for, or None where that is so already."""
        members = self._members(entry)
        if members is None or policy.for_all:
            return members
        rows = policy_store.policy_members(self.session, policy.id)
        chosen = {row.person_id for row in rows if row.chosen}
        return None if chosen == {p.id for p in members} else members

    def _remove_channel(self, part: TeamPart, entry: ChannelPart) -> None:
        team = self._find(part)
        channel = policy_store.channel(self.session, team.id, entry.name) if team else None
        if channel is not None and channel.off_reason != policy_store.REMOVED:
            channels.remove(self.session, channel, None, self.now, origin=self.file.origin)
            self.changes.removed(_("channel %(name)s", name=entry.name))

    def _remove_team(self, part: TeamPart) -> None:
        """End all a team has; the row itself stays for its frozen figures."""
        team = self._find(part)
        if team is None:
            return
        living = policy_store.policies(self.session, team.id)
        members, held = store.members(self.session, team.id), policy_store.channels(self.session, team.id)
        for policy in living:
            policies.archive(self.session, policy, None, self.now, origin=self.file.origin)
        for channel in held:
            channels.remove(self.session, channel, None, self.now, origin=self.file.origin)
        for member in members:
            remove_from_team(
                self.session, team, member.person, None, self.now, whole_team=True, origin=self.file.origin
            )
        if living or members or held:
            self.changes.removed(_("team %(name)s", name=part.slug))

    def _close_setup(self) -> None:
        if not self.problems.found and setup.owner(self.session) and not setup.is_done(self.session):
            setup.close(self.session, self.now)
            self.changes.changed(_("workspace"), {_("set-up"): (_("open"), _("done"))})

    def _find(self, part: TeamPart) -> Team | None:
        return store.team_by_slug(self.session, part.slug)
