"""Styles, script and vendored htmx: whole, in reach of the content-security policy, and readable."""

import hashlib
import re
from contextlib import closing
from pathlib import Path

import pytest

from daybreak.settings import ROOT
from tests.webapp.conftest import Web

STATIC = ROOT / "webapp" / "static"
PAGES = [path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts]
SHEETS = sorted((STATIC / "css").glob("*.css"))


class TestVendored:
    ROW = re.compile(
        r"^\| `(?P<name>[\w.-]+)` .*`(?P<licence>[\w.-]+)` \| `(?P<sum>[0-9a-f]{64})` \|$", re.MULTILINE
    )

    def test_is_what_its_note_says(self) -> None:
        rows = list(self.ROW.finditer((STATIC / "vendor" / "README.md").read_text()))
        assert {row["name"] for row in rows} == {path.name for path in (STATIC / "vendor").glob("*.js")}
        for row in rows:
            assert hashlib.sha256((STATIC / "vendor" / row["name"]).read_bytes()).hexdigest() == row["sum"]
            assert (STATIC / "vendor" / row["licence"]).is_file()

    def test_names_its_version(self) -> None:
        assert 'version="4.0.1"' in (STATIC / "vendor" / "htmx-4.0.1.min.js").read_text()


class TestTemplates:
    """Nothing that the policy forbids, and nothing for which htmx would need eval."""

    FORBIDDEN = re.compile(
        r"""\sstyle=|<style|\son[a-z]+\s*=\s*["']|hx-on\b|["']js:|hx-trigger=["'][^"']*\[|<script(?![^>]*\ssrc=)"""
    )

    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_have_nothing_inline(self, path: Path) -> None:
        assert not self.FORBIDDEN.findall(path.read_text(encoding="utf-8"))

    @pytest.mark.parametrize(
        "markup",
        [
            '<p style="color:red">',
            "<style>p{}</style>",
            '<a onclick="x()">',
            '<a hx-on:click="x()">',
            '<a hx-trigger="click[ctrlKey]">',
            "<a hx-vals='js:{a: 1}'>",
            "<script>x()</script>",
        ],
    )
    def test_the_test_can_fail(self, markup: str) -> None:
        assert self.FORBIDDEN.search(markup)

    def test_name_assets_that_exist(self) -> None:
        named = {
            name
            for path in PAGES
            for name in re.findall(r"asset\(['\"]([^'\"~]+)['\"]\)", path.read_text(encoding="utf-8"))
        }
        assert len(named) >= 5
        assert not [name for name in named if not (STATIC / name).is_file()]


class TestServed:
    def test_an_asset_is_kept_for_good_and_has_an_address_of_its_own(self, web: Web) -> None:
        client = web.client()
        page = client.get("/safety").text
        addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert len(addresses) >= 8
        for address in addresses:
            with closing(client.get(address)) as response:
                assert response.status_code == 200
                assert "immutable" in response.headers["Cache-Control"]
                assert address.endswith(f"?v={hashlib.sha256(response.data).hexdigest()[:10]}")

    def test_a_page_weighs_little(self, web: Web) -> None:
        """The acceptance of every screen: 120 kB without fonts, before compression."""
        client = web.client()
        page = client.get("/safety")
        addresses = set(re.findall(r'(?:href|src|data-due)="(/static/[^"]+)"', page.text))
        weight = len(page.data)
        for address in addresses:
            with closing(client.get(address)) as response:
                weight += len(response.data)
        assert weight < 120_000


class TestScript:
    SOURCE = (STATIC / "js" / "site.js").read_text()

    def test_is_small_and_needs_no_eval(self) -> None:
        assert len(self.SOURCE) < 12_000
        assert not re.search(r"\beval\b|new Function|innerHTML|\.style\b|document\.write", self.SOURCE)

    def test_says_nothing_itself(self) -> None:
        """Words come from the page, so that gettext has them all."""
        strings = re.findall(r'"([^"\n]*)"', re.sub(r"/\*.*?\*/|//[^\n]*", "", self.SOURCE, flags=re.DOTALL))
        assert not [text for text in strings if re.match(r"[A-Z][a-z]+ [a-z]+", text)]


class TestStyles:
    def test_colours_stand_in_the_tokens_alone(self) -> None:
        for sheet in SHEETS:
            if sheet.name != "tokens.css":
                source = re.sub(r"@media print.*", "", sheet.read_text(), flags=re.DOTALL)
                colours = set(re.findall(r"#[0-9a-f]{3,8}\b", source)) - {
                    "#14262a"
                }  # ink on the sun, both schemes
                assert not colours, sheet.name

    def test_load_nothing_from_elsewhere(self) -> None:
        for sheet in SHEETS:
            assert not re.search(r"@import|url\(", sheet.read_text())

    def test_use_tokens_that_exist(self) -> None:
        sheets = {sheet.name: sheet.read_text() for sheet in SHEETS}
        defined = set(re.findall(r"(--[\w-]+):", sheets["tokens.css"]))
        for name, source in sheets.items():
            assert set(re.findall(r"var\((--[\w-]+)", source)) <= defined, name

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(
        ("front", "backs", "least"),
        [
            ("ink", ("paper", "surface", "pine-tint", "h0", "ok-tint", "warn-tint", "danger-tint"), 7.0),
            ("ink2", ("paper", "surface"), 4.5),
            ("pine", ("paper", "surface", "pine-tint"), 4.5),
            ("on-pine", ("pine",), 4.5),
            ("ok", ("surface", "ok-tint"), 4.5),
            ("warn", ("surface", "warn-tint"), 4.5),
            ("danger", ("surface", "danger-tint"), 4.5),
            ("on-h1", ("h1", "h2"), 4.5),
            ("on-h3", ("h3", "h4"), 4.5),
            ("ctl", ("paper", "surface"), 3.0),
            ("ember", ("pine-tint", "surface"), 3.0),
        ],
    )
    def test_contrast(self, scheme: str, front: str, backs: tuple[str, ...], least: float) -> None:
        for back in backs:
            assert contrast(token(front, scheme), token(back, scheme)) >= least, back


def token(name: str, scheme: str) -> str:
    source = (STATIC / "css" / "tokens.css").read_text()
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", source)
    assert found
    return found[1 if scheme == "light" else 2]


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours in hexadecimal."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    pairs = [digit * 2 for digit in digits] if len(digits) == 3 else re.findall("..", digits)
    red, green, blue = (linear(int(pair, 16) / 255) for pair in pairs)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
