"""The persons of a workspace file: what they have set themselves wins, and their yes stays theirs."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError
from daybreak.services import auditing, inviting, people, planning, profile
from daybreak.services.changes import Changes
from daybreak.services.workspace_file import PersonPart, Problems, WorkspaceFile
from daybreak.store import audit as audit_store
from daybreak.store import people as store
from daybreak.store import teams as team_store
from daybreak.store.tables import Membership, Person, Team
from daybreak.wording import gettext as _

ACCEPTED = "membership.accepted_by_file"
PASSWORD = "person.password_set_by_file"  # noqa: S105 - the name of an action
PRIVATE = frozenset({"name"})
"""What names a person stays out of the audit log."""


def apply_people(
    session: Session, file: WorkspaceFile, problems: Problems, changes: Changes, now: datetime
) -> None:
    """Make the persons what the file says: fields, memberships, then roles, so that nobody is the last."""
    touched: dict[int, Person] = {}
    steps: list[Callable[[_Entry], None]] = [_Entry.person, _Entry.memberships, _Entry.more, _Entry.less]
    entries = [_Entry(session, part, file.origin, problems, changes, now, touched) for part in file.people]
    for step in steps:
        for entry in entries:
            step(entry)
    planning.replan(session, touched.values(), now)


def said_yes_for(session: Session, person: Person) -> list[tuple[Team, datetime]]:
    """Return the teams for which the operator's file said a person's yes, and when: to be shown to them."""
    found = audit_store.entries_of(session, "person", person.id, ACCEPTED)
    teams = ((session.get(Team, entry.team_id), entry.at) for entry in found if entry.team_id)
    return [(team, at) for team, at in teams if team is not None]


class _Entry:
    """One `[[person]]` on its way into the database."""

    def __init__(
        self,
        session: Session,
        part: PersonPart,
        origin: str,
        problems: Problems,
        changes: Changes,
        now: datetime,
        touched: dict[int, Person],
    ) -> None:
        self.session = session
        self.part = part
        self.origin = origin
        self.problems = problems
        self.changes = changes
        self.now = now
        self.touched = touched
        self.slugs = tuple(dict.fromkeys((*part.teams, *(part.admin_of or ()))))

    def person(self) -> None:
        """Make the person and set the fields that the person has not set."""
        if self.part.remove:
            return
        person = store.person_by_email(self.session, self.part.email)
        if person is None:
            person = people.find_or_create(
                self.session, self.part.email, None, self.now, origin=self.origin
            )
            self._fields(person)
            self.changes.added(_("person %(email)s", email=self.part.email))
        else:
            self.changes.changed(_("person %(email)s", email=self.part.email), self._fields(person))
        self._password(person)

    def _fields(self, person: Person) -> dict[str, tuple[Any, Any]]:
        wanted = {k: v for k, v in self.part.fields.items() if k not in person.own_fields}
        present = {key: profile.get(person, key) for key in wanted}
        old, new = auditing.differences(present, wanted)
        if not new:
            return {}
        for key, value in new.items():
            profile.put(person, key, value)
        self.touched[person.id] = person
        self.session.flush()
        before, after = ({k: "…" if k in PRIVATE else v for k, v in side.items()} for side in (old, new))
        auditing.record(
            self.session, None, "person.changed", "person", person.id, None,
            before, after, self.now, self.origin,
        )  # fmt: skip
        return {key: (old[key], value) for key, value in new.items()}

    def _password(self, person: Person) -> None:
        """Set the password once for each hash: later ones of the person's own win over the file's."""
        given = self.part.password_hash
        if given is None or "password" in person.own_fields:
            return
        mark = hashlib.sha256(given.encode()).hexdigest()[:12]
        last = audit_store.last_of(self.session, "person", person.id, PASSWORD)
        if last is not None and last.new == {"mark": mark}:
            return
        person.password_hash = given
        auditing.record(
            self.session, None, PASSWORD, "person", person.id, None,
            None, {"mark": mark}, self.now, self.origin,
        )  # fmt: skip
        self.changes.added(_("password of %(email)s", email=self.part.email))

    def memberships(self) -> None:
        """Invite to the teams, or join where the operator says that the person has said yes."""
        person = store.person_by_email(self.session, self.part.email)
        if self.part.remove or person is None:
            return
        for slug in self.slugs:
            team = team_store.team_by_slug(self.session, slug)
            if team is not None:
                with self.problems.at(self.part.path, field="teams"):
                    self._membership(team, person)

    def _membership(self, team: Team, person: Person) -> None:
        membership = store.membership(self.session, team.id, person.id)
        title = _("member %(email)s of %(team)s", email=self.part.email, team=team.slug)
        accepts = self.part.accepted and self._may_accept(membership, team, person)
        if membership is None or self._ended_by_file(membership):
            role = "admin" if team.slug in (self.part.admin_of or ()) else "member"
            if accepts:
                self._accept(self._begun(membership, team, person, role), team, person)
                self.changes.added(f"{title} ({_('accepted by the file')})")
            else:
                invitation = inviting.invite(
                    self.session, team, self.part.email, role, None, self.now, origin=self.origin
                )
                inviting.send(self.session, invitation, self.now)
                self.changes.added(f"{title} ({_('invited')})")
        elif accepts and membership.left_at is None:
            self._accept(membership, team, person)
            self.changes.added(f"{title} ({_('accepted by the file')})")

    def _begun(self, membership: Membership | None, team: Team, person: Person, role: str) -> Membership:
        if membership is None:
            membership = Membership(team_id=team.id, person_id=person.id)
            self.session.add(membership)
        membership.role, membership.invited_at, membership.left_at = role, self.now, None
        return membership

    def _ended_by_file(self, membership: Membership) -> bool:
        """Whether the file itself ended a membership: then it may begin again, else it stays ended."""
        if membership.left_at is None:
            return False
        last = audit_store.last_of(
            self.session, "person", membership.person_id, "membership.ended", membership.team_id
        )
        return last is not None and last.actor_id is None

    def _may_accept(self, membership: Membership | None, team: Team, person: Person) -> bool:
        """Once, and never after the person has said no or stopped."""
        if membership is not None and (membership.joined_at or membership.refused_at):
            return False
        stopped = not person.prompts_on
        acted = audit_store.last_of(self.session, "person", person.id, ACCEPTED, team.id)
        return not stopped and acted is None

    def _accept(self, membership: Membership, team: Team, person: Person) -> None:
        membership.joined_at = self.now
        for invitation in store.open_invitations(self.session, membership.id, self.now):
            invitation.expires_at = self.now
        self.session.flush()
        new = {"role": membership.role}
        auditing.record(
            self.session, None, ACCEPTED, "person", person.id, team.id, None, new, self.now, self.origin
        )
        self.touched[person.id] = person

    def more(self) -> None:
        """Give what the file gives: owner and admin."""
        person = store.person_by_email(self.session, self.part.email)
        if self.part.remove or person is None:
            return
        given = self.part.owner is True
        if given and people.set_owner(self.session, person, True, None, self.now, origin=self.origin):
            self.changes.added(_("owner %(email)s", email=self.part.email))
        for slug in self.part.admin_of or ():
            self._role(person, slug, "admin", "admin_of")

    def less(self) -> None:
        """Take what the file takes: owner, admin, membership."""
        person = store.person_by_email(self.session, self.part.email)
        if person is None:
            return
        path = self.part.path
        if person.is_owner and (self.part.owner is False or (self.part.remove and not self.part.teams)):
            with self.problems.at(path, field="remove" if self.part.remove else "owner"):
                people.set_owner(self.session, person, False, None, self.now, origin=self.origin)
                self.changes.removed(_("owner %(email)s", email=self.part.email))
        if self.part.admin_of is not None and not self.part.remove:
            for slug in self.part.teams:
                if slug not in self.part.admin_of:
                    self._role(person, slug, "member", "admin_of")
        if self.part.remove:
            self._leave(person)

    def _leave(self, person: Person) -> None:
        for membership in store.memberships_of(self.session, person.id):
            team = membership.team
            if self.part.teams and team.slug not in self.part.teams:
                continue
            with self.problems.at(self.part.path, field="remove"):
                people.remove_from_team(self.session, team, person, None, self.now, origin=self.origin)
                self.changes.removed(
                    _("member %(email)s of %(team)s", email=self.part.email, team=team.slug)
                )

    def _role(self, person: Person, slug: str, role: str, key: str) -> None:
        team = team_store.team_by_slug(self.session, slug)
        membership = store.membership(self.session, team.id, person.id) if team else None
        if team is None or membership is None or membership.left_at is not None:
            return
        before = membership.role
        try:
            if people.set_role(self.session, team, person, role, None, self.now, origin=self.origin):
                title = _("member %(email)s of %(team)s", email=self.part.email, team=slug)
                self.changes.changed(title, {"role": (before, role)})
        except DaybreakError as problem:
            self.problems.add(f"{self.part.path}.{key}", str(problem), list(self.part.admin_of or ()))
