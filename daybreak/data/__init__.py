"""The data that travels with the code: movements, poses, presets."""

from importlib.resources import files


def read_text(name: str) -> str:
    """The text of a data file such as `presets.toml`. Raises FileNotFoundError for an unknown name."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
