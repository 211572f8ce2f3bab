"""Templates of messages: Jinja with our words, HTML escaped, nothing missing without a complaint."""

import textwrap
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from daybreak import wording
from daybreak.settings import ROOT


def render(name: str, values: dict[str, object]) -> str:
    """Render a template of `templates/`, such as emails/prompt/body.txt, in the language now spoken."""
    return _environment().get_template(name).render(values)


def length(seconds: int) -> str:
    """A length in words: whole minutes from two on, else seconds."""
    if seconds >= 120 and seconds % 60 == 0:
        return wording.ngettext("%(n)s minute", "%(n)s minutes", seconds // 60)
    return wording.ngettext("%(n)s second", "%(n)s seconds", seconds)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        wording.gettext, wording.choose, newstyle=True
    )
    environment.filters["length"] = length
    environment.filters["wrap"] = lambda text: textwrap.fill(text, 76, break_long_words=False)
    return environment
