"""The parts of a workspace file, and what the database holds of the same already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any


@dataclass(frozen=True)
class KnownTeam:
    """What the database holds of a team."""

    channels: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()  # case-folded names
    members: frozenset[str] = frozenset()  # addresses


@dataclass(frozen=True)
class Known:
    """What the database holds already, by slug."""

    teams: Mapping[str, KnownTeam] = field(default_factory=dict)


@dataclass(frozen=True)
class ChannelPart:
    """A `[[team.channel]]`."""

    path: str
    name: str
    url: str | None
    remove: bool


@dataclass(frozen=True)
class PolicyPart:
    """A `[[team.policy]]`: `fields` are only those the file names, as TOML has them."""

    path: str
    name: str
    preset: str | None
    fields: Mapping[str, Any]
    members: tuple[str, ...] | None
    remove: bool


@dataclass(frozen=True)
class TeamPart:
    """A `[[team]]`: `fields` are only those the file names, as they are stored."""

    path: str
    slug: str
    fields: Mapping[str, Any]
    channels: tuple[ChannelPart, ...]
    policies: tuple[PolicyPart, ...]
    remove: bool


@dataclass(frozen=True)
class PersonPart:
    """A `[[person]]`: `fields` are only those the file names, as they are stored."""

    path: str
    email: str
    fields: Mapping[str, Any]
    teams: tuple[str, ...]
    admin_of: tuple[str, ...] | None
    owner: bool | None
    accepted: bool
    password_hash: str | None
    remove: bool


@dataclass(frozen=True)
class WorkspaceFile:
    """A whole file; `workspace` has name and floor where the file names them, `name` is as it was typed."""

    name: str
    workspace: Mapping[str, Any]
    teams: tuple[TeamPart, ...]
    people: tuple[PersonPart, ...]

    @property
    def origin(self) -> str:
        """What the audit log calls the file: not where it lies, which is the operator's business."""
        return PurePath(self.name).name
