"""Where somebody may be sent after signing in."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.destinations import local_path

OURS = "http://daybreak.test/signin"
NASTY = st.text(alphabet=list("/\\.:@?#%&\t\r\n\0 evil;htpsj\x7f\u2028\uff0f"), max_size=20)


def as_browsers_read(text: str) -> str:
    """The host a browser ends at: it strips and drops controls, and reads `\\` as `/`."""
    seen = text.strip("".join(map(chr, range(33))))
    for dropped in "\t\r\n":
        seen = seen.replace(dropped, "")
    head, mark, tail = seen.partition("?")
    return urlsplit(urljoin(OURS, head.replace("\\", "/") + mark + tail)).netloc


@given(NASTY | NASTY.map(lambda tail: "/" + tail))
def test_whatever_is_let_through_stays_here(text: str) -> None:
    kept = local_path(text)
    assert kept in (None, text)
    if kept is not None:
        assert as_browsers_read(kept) == "daybreak.test"


AWAY = (
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
)
HIDDEN = ("/\t/evil.test", "\t//evil.test", "/\n/evil.test", " //evil.test", "/a\0b", "/x\\y")
NO_PATHS = (None, "", "today", "javascript:alert(1)", "http:///evil.test", "?x", "#x", "/" + "a" * 300)


@pytest.mark.parametrize("text", [*AWAY, *HIDDEN, *NO_PATHS])
def test_refused(text: str | None) -> None:
    assert local_path(text) is None


@pytest.mark.parametrize(
    "text", ["/today", "/team/product?week=2026-W10", "/", "/a//b", "/b#list", "/x?u=https://a.test"]
)
def test_kept(text: str) -> None:
    assert local_path(text) == text
