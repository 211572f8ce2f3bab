"""The workspace file: TOML in, frozen parts out; its form is described in docs/workspace-file.md."""

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
from daybreak.services.workspace_file.reading import parse, read

__all__ = [
    "ChannelPart",
    "Known",
    "KnownTeam",
    "PersonPart",
    "PolicyPart",
    "Problem",
    "Problems",
    "TeamPart",
    "WorkspaceFile",
    "WorkspaceFileError",
    "parse",
    "read",
]
