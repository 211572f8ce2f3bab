"""The data that travels with the code: movements, poses, presets."""

from functools import cache
from importlib.resources import files

from daybreak.domain.catalogue import Catalogue, parse_catalogue
from daybreak.domain.figure import Figures, parse_figures


def read_text(name: str) -> str:
    """The text of a data file such as `presets.toml`. Raises FileNotFoundError for an unknown name."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def figures() -> Figures:
    """The line figures of all poses."""
    return parse_figures(read_text("poses.toml"))


@cache
def catalogue() -> Catalogue:
    """The movements with their safety copy, articles and sources."""
    return parse_catalogue(read_text("movements.toml"), figures().poses)
