"""Reading a workspace file: strictly, into frozen parts, with every problem told at once.

Its form is described in docs/workspace-file.md. Nothing here knows the database: what it holds already is
given as `Known`, so that a name can be checked where it stands.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daybreak.channels.slack import check_address
from daybreak.domain.reading import READERS, read_field
from daybreak.services import policy_rules, profile, teams
from daybreak.services.channels import SLACK, checked_channel_name
from daybreak.services.people import normalised_email
from daybreak.services.workspace_file.checks import checked_hash
from daybreak.services.workspace_file.parts import (
    ChannelPart,
    Known,
    KnownTeam,
    PersonPart,
    PolicyPart,
    TeamPart,
    WorkspaceFile,
)
from daybreak.services.workspace_file.problems import Problem, Problems, WorkspaceFileError
from daybreak.wording import gettext as _

LARGEST = 4 * 1024 * 1024
TEAM_KEYS = ["slug", *teams.FIELDS, "channel", "policy", "remove"]
CHANNEL_KEYS = ["name", "kind", "url", "remove"]
POLICY_KEYS = ["name", "preset", *(key for key in READERS if key != "name"), "members", "remove"]
PERSON_KEYS = ["email", *profile.FIELDS, "teams", "admin_of", "owner", "accepted", "password_hash", "remove"]


def read(path: Path) -> str:
    """Return the text of a file. Raises WorkspaceFileError: missing, a folder, too large, not UTF-8."""

    def refuse(why: str) -> WorkspaceFileError:
        return WorkspaceFileError(str(path), [Problem(_("the file"), None, why)])

    try:
        if path.is_dir():
            raise refuse(_("This is a folder; name a TOML file in it."))
        if not path.exists():
            raise refuse(_("There is no such file."))
        if not path.is_file():
            raise refuse(_("This is not a file."))
        if path.stat().st_size > LARGEST:
            raise refuse(_("It is larger than 4 MiB."))
        content = path.read_bytes()
    except (OSError, ValueError) as problem:
        raise refuse(_("It cannot be read: %(why)s.", why=getattr(problem, "strerror", problem))) from problem
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise refuse(_("Line %(line)s is not UTF-8. Save it as UTF-8.", line=line)) from problem


def parse(
    text: str, name: str, allow: Sequence[str] = (), known: Known | None = None
) -> WorkspaceFile:
    """Read a file's text. Raises WorkspaceFileError with every problem: path, value, what was expected.

    `name` is the file's, for messages; `allow` the setting WEBHOOK_ALLOW.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        why = str(problem) if isinstance(problem, ValueError) else _("nested too deeply")
        found = Problem(_("the file"), None, _("This is not TOML: %(why)s.", why=why))
        raise WorkspaceFileError(name, [found]) from None
    reader = _Reader(allow, known or Known(), Problems())
    file = reader.file(table, name)
    if reader.problems.found:
        raise WorkspaceFileError(name, reader.problems.found)
    return file


@dataclass
class _Reader:
    """One reading: the parts it makes are only good where no problem was found."""

    allow: Sequence[str]
    known: Known
    problems: Problems

    def file(self, table: Mapping[str, Any], name: str) -> WorkspaceFile:
        self._keys("", table, ["workspace", "team", "person"])
        workspace = self._workspace(table.get("workspace", {}))
        people = tuple(self._person(path, t) for path, t in self._tables("person", table.get("person", [])))
        members: dict[str, set[str]] = {}
        for person in people:
            for slug in () if person.remove else (*person.teams, *(person.admin_of or ())):
                members.setdefault(slug, set()).add(person.email)
        parts = [
            self._team(path, t, members) for path, t in self._tables("team", table.get("team", []))
        ]
        self._once("slug", [(t.path, t.slug) for t in parts])
        self._once("email", [(p.path, p.email) for p in people])
        self._team_names(people, {t.slug: not t.remove for t in parts})
        return WorkspaceFile(name, workspace, tuple(parts), people)

    def _workspace(self, table: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if not isinstance(table, Mapping):
            self.problems.add("workspace", _("Expected a table, [workspace]."), table)
            return fields
        self._keys("workspace", table, ["name", "floor"])
        with self.problems.at("workspace", table):
            if "name" in table:
                fields["name"] = teams.checked_name(table["name"], "name")
        with self.problems.at("workspace", table):
            if "floor" in table:
                fields["floor"] = teams.checked_floor(table["floor"])
        return fields

    def _team(self, path: str, table: Mapping[str, Any], members: Mapping[str, set[str]]) -> TeamPart:
        self._keys(path, table, TEAM_KEYS)
        slug, remove = "", self._flag(path, table, "remove")
        with self.problems.at(path, table):
            slug = teams.checked_slug(table.get("slug"))
        known = self.known.teams.get(slug)
        fields: dict[str, Any] = {}
        wanted = {key for key in teams.FIELDS if key in table}
        if known is None and not remove:
            wanted |= {"name", "zone"}
        if "country" in wanted or "subdivision" in wanted:
            wanted |= {"country", "subdivision"} & (table.keys() | {"country"})
        with self.problems.at(path, table):
            fields = teams.checked(table, wanted)
        known = known or KnownTeam()
        channels = tuple(
            self._channel(p, t, known) for p, t in self._tables(f"{path}.channel", table.get("channel", []))
        )
        self._once("name", [(c.path, c.name) for c in channels])
        names = known.channels - {c.name for c in channels if c.remove}
        names |= {c.name for c in channels if not c.remove}
        people = known.members | members.get(slug, set())
        parts = tuple(
            self._policy(p, t, known, names, people)
            for p, t in self._tables(f"{path}.policy", table.get("policy", []))
        )
        self._once("name", [(p.path, p.name.casefold()) for p in parts])
        return TeamPart(path, slug, fields, channels, parts, remove)

    def _channel(self, path: str, table: Mapping[str, Any], known: KnownTeam) -> ChannelPart:
        self._keys(path, table, CHANNEL_KEYS)
        name, url, remove = "", None, self._flag(path, table, "remove")
        with self.problems.at(path, table):
            name = checked_channel_name(table.get("name"))
        if table.get("kind", SLACK) != SLACK:
            self.problems.add(f"{path}.kind", _('Expected "slack_webhook".'), table["kind"])
        if isinstance(table.get("url"), str):
            with self.problems.at(path, table):
                url = check_address(table["url"], self.allow)
        elif "url" in table or (name not in known.channels and not remove):
            text = _("A Slack channel needs its webhook's address.")
            self.problems.add(f"{path}.url", text, table.get("url"))
        return ChannelPart(path, name, url, remove)

    def _policy(
        self,
        path: str,
        table: Mapping[str, Any],
        known: KnownTeam,
        channels: frozenset[str],
        people: frozenset[str] | set[str],
    ) -> PolicyPart:
        self._keys(path, table, POLICY_KEYS)
        remove = self._flag(path, table, "remove")
        name, preset = table.get("name"), table.get("preset")
        with self.problems.at(path, table):
            name = teams.checked_name(name, "name")
        if preset is not None or (str(name).casefold() not in known.policies and not remove):
            with self.problems.at(path, table):
                policy_rules.preset_of(preset if isinstance(preset, str) else "")
        fields = {key: table[key] for key in READERS if key in table and key != "name"}
        good = True
        for key, value in fields.items():
            before = len(self.problems.found)
            with self.problems.at(path, table):
                read_field(key, value)
            good = good and len(self.problems.found) == before
        if good and isinstance(preset, str) and isinstance(name, str):
            with self.problems.at(path, table, field="preset"):
                rules = policy_rules.rules_from(preset, name=name, overrides=fields)
                found = policy_rules.problems_of(rules, channels)
                follows = "interval_max" not in fields and any(p.field == "interval_min" for p in found)
                for problem in found:
                    if follows and problem.field == "interval_max":
                        continue  # it was set by interval_min: one mistake, told once
                    with self.problems.at(path, table):
                        raise problem
        members = self._emails(path, table, people)
        return PolicyPart(path, str(name), preset, fields, members, remove)

    def _person(self, path: str, table: Mapping[str, Any]) -> PersonPart:
        self._keys(path, table, PERSON_KEYS)
        email, hashed = "", None
        with self.problems.at(path, table):
            email = normalised_email(table.get("email"))
        with self.problems.at(path, table):
            if "password_hash" in table:
                hashed = checked_hash(table["password_hash"])
        return PersonPart(
            path=path,
            email=email,
            fields=dict(self._person_fields(path, table)),
            teams=self._texts(path, table, "teams") or (),
            admin_of=self._texts(path, table, "admin_of"),
            owner=self._flag(path, table, "owner") if "owner" in table else None,
            accepted=self._flag(path, table, "accepted"),
            password_hash=hashed,
            remove=self._flag(path, table, "remove"),
        )

    def _person_fields(self, path: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key in profile.FIELDS:
            if key in table:
                with self.problems.at(path, table):
                    yield key, profile.checked(key, table[key])

    def _team_names(self, people: Sequence[PersonPart], in_file: Mapping[str, bool]) -> None:
        slugs = {slug for slug in self.known.teams if in_file.get(slug, True)}
        slugs |= {slug for slug, stays in in_file.items() if stays}
        for person in people:
            for key, names in (("teams", person.teams), ("admin_of", person.admin_of or ())):
                for i, slug in enumerate(names):
                    if slug not in slugs and not person.remove:
                        self._no_such(f"{person.path}.{key}[{i}]", _("There is no such team."), slug, slugs)

    def _emails(
        self, path: str, table: Mapping[str, Any], people: frozenset[str] | set[str]
    ) -> tuple[str, ...] | None:
        texts = self._texts(path, table, "members")
        if texts is None:
            return None
        members = []
        for i, text in enumerate(texts):
            with self.problems.at(f"{path}.members[{i}]", None, field=""):
                members.append(normalised_email(text))
                if members[-1] not in people:
                    self._no_such(f"{path}.members[{i}]", _("This person is not in the team."), text, people)
        return tuple(members)

    def _no_such(self, path: str, expected: str, value: str, known: set[str] | frozenset[str]) -> None:
        near = policy_rules.nearest(value, known)
        self.problems.add(path, expected, value, hint=_("Did you mean %(key)s?", key=near) if near else "")

    def _tables(self, path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if not isinstance(value, list):
            name = re.sub(r"\[\d+\]", "", path)
            self.problems.add(path, _("Expected tables, [[%(name)s]].", name=name), value)
            return
        for i, table in enumerate(value):
            if isinstance(table, Mapping):
                yield f"{path}[{i}]", table
            else:
                self.problems.add(f"{path}[{i}]", _("Expected a table."), table)

    def _keys(self, path: str, table: Mapping[str, Any], known: list[str]) -> None:
        for key in table:
            if key not in known:
                self.problems.unknown_key(path, key, known)

    def _flag(self, path: str, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.problems.add(f"{path}.{key}", _("Expected true or false."), value)
        return value is True

    def _texts(self, path: str, table: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.problems.add(f"{path}.{key}", _('Expected a list of texts, such as ["one", "two"].'), value)
            return None
        return tuple(value)

    def _once(self, key: str, names: Sequence[tuple[str, str]]) -> None:
        seen: dict[str, str] = {}
        for path, name in names:
            if name and name in seen:
                text = _("This stands at %(path)s already.", path=seen[name])
                self.problems.add(f"{path}.{key}", text, name)
            seen.setdefault(name, path)
