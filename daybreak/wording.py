"""Words through gettext, in the language of whoever reads: pages, mail, Slack and commands alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from babel.support import LazyProxy, NullTranslations, Translations

from daybreak.settings import ROOT

LANGUAGES = ("en",)
_locale: ContextVar[str] = ContextVar("locale", default="en")


def locale() -> str:
    """Return the language words are now rendered in, as a BCP 47 tag."""
    return _locale.get()


@contextmanager
def speaking(tag: str | None) -> Iterator[None]:
    """Render words in the language `tag` while the context lasts; unknown ones fall back to English."""
    token = _locale.set(tag if tag in LANGUAGES else LANGUAGES[0])
    try:
        yield
    finally:
        _locale.reset(token)


def set_locale(tag: str | None) -> None:
    """Render words in the language `tag` for the rest of this request or task."""
    _locale.set(tag if tag in LANGUAGES else LANGUAGES[0])


def gettext(message: str, **values: Any) -> str:
    """Translate a message and fill its %(name)s placeholders."""
    text = _catalogue(locale()).ugettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """Translate the singular or plural by n, which fills %(n)s and %(num)s."""
    return choose(one, many, n) % {"n": n, "num": n, **values}


def choose(one: str, many: str, n: int) -> str:
    """Translate the singular or plural by n without filling it in, for templates, which escape first."""
    return _catalogue(locale()).ungettext(one, many, n)


def lazy_gettext(message: str) -> LazyProxy:
    """Translate when shown, not when imported: for form labels and tables of words."""
    return LazyProxy(gettext, message, enable_cache=False)


@cache
def _catalogue(tag: str) -> NullTranslations:
    return Translations.load(ROOT / "translations", [tag])
