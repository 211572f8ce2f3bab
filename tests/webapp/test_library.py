"""Movements, Safety and Privacy: for everybody, in words that promise nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from daybreak.data import catalogue
from daybreak.domain.catalogue import Grade
from daybreak.settings import ROOT
from tests.webapp.conftest import Web

SAFETY = catalogue().safety


class Text(HTMLParser):
    """The words of a page, and the tags that were left open."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "path", "circle", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def text_of(html: str) -> str:
    parsed = Text(html)
    assert not parsed.open
    return " ".join(parsed.words.split())


def cards(html: str) -> list[str]:
    return re.findall(r'<li class="card" id="([\w-]+)">', html)


class TestMovements:
    def test_shows_every_movement_with_figure_how_to_caution_and_origin(self, web: Web) -> None:
        response = web.client().get("/movements")
        assert response.status_code == 200
        assert sorted(cards(response.text)) == sorted(movement.id for movement in catalogue().movements)
        words = text_of(response.text)
        for movement in catalogue().movements:
            assert movement.title in words
            assert movement.instructions in words
            assert movement.caution in words
            assert f'aria-label="Line drawing: {movement.title}"' in response.text
        from_articles = [m for m in catalogue().movements if m.grade is Grade.ARTICLE]
        assert words.count("How-to from an article:") == len(from_articles)
        assert "Never sent, never stored, never counted." in words

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("place=stairs", {"stairs-trip", "stairs-not-lift", "one-leg-feel"}),
            ("place=walk&seated=1", set()),
            ("place=floor&difficulty=2", {"glute-bridge", "clamshell", "donkey-kick"}),
            ("place=standing&seated=1", {"side-reach", "hamstring-hinge"}),
        ],
    )
    def test_filters_without_javascript(self, web: Web, query: str, expected: set[str]) -> None:
        assert set(cards(web.client().get(f"/movements?{query}").text)) == expected

    def test_remembers_the_filter_in_the_form(self, web: Web) -> None:
        page = web.client().get("/movements?place=desk&discreet=1").text
        assert '<option value="desk" selected>' in page
        assert re.search(r'name="discreet" value="1" checked', page)
        assert not re.search(r'name="seated" value="1" checked', page)

    def test_values_that_mean_nothing_narrow_nothing(self, web: Web) -> None:
        page = web.client().get("/movements?place=moon&difficulty=-1%27").text
        assert len(cards(page)) == len(catalogue().movements)

    def test_says_that_nothing_passes_and_leads_back(self, web: Web) -> None:
        page = web.client().get("/movements?place=walk&seated=1").text
        assert "No movement passes all of these filters." in page
        assert '<a class="btn" href="/movements">Show all</a>' in page

    def test_htmx_gets_the_list_alone_and_a_sentence(self, web: Web) -> None:
        response = web.client().get("/movements?place=stairs", hx=True)
        assert response.text.lstrip().startswith('<div id="movement-list"')
        assert "<html" not in response.text
        assert '<p id="say" hx-swap-oob="innerHTML">3 movements of 43</p>' in response.text
        assert "HX-Request" in response.vary


class TestSafety:
    def test_stands_signed_out_with_the_warning_signs_first(self, web: Web) -> None:
        response = web.client().get("/safety")
        assert response.status_code == 200
        words = text_of(response.text)
        order = [
            SAFETY.stop_now,
            SAFETY.emergency_intro,
            SAFETY.see_doctor_intro,
            SAFETY.before_you_start,
            SAFETY.while_moving,
            SAFETY.condition_note,
            "What the articles say",
            "Who has checked this",
        ]
        assert [words.index(part) for part in order] == sorted(words.index(part) for part in order)
        for statement in (*SAFETY.emergency, *SAFETY.see_doctor, *catalogue().articles):
            assert statement.text in words

    def test_admits_that_no_clinician_has_looked(self, web: Web) -> None:
        assert "No clinician has reviewed these pages" in web.client().get("/safety").text

    def test_sources_with_a_page_are_links(self, web: Web) -> None:
        page = web.client().get("/safety").text
        for source in catalogue().sources.values():
            assert source.about in page
            assert not source.url or f'href="{source.url}"' in page

    def test_the_privacy_note_stands_signed_out(self, web: Web) -> None:
        response = web.client().get("/privacy")
        assert response.status_code == 200
        assert "at least five people" in text_of(response.text)


@pytest.mark.parametrize("path", ["/movements", "/safety", "/privacy"])
def test_pages_greet_those_who_are_signed_in(web: Web, path: str) -> None:
    page = web.signed_in(web.world.bob).get(path).text
    text_of(page)
    assert f'<span class="name">{web.world.bob.name}</span>' in page
    assert 'aria-label="Main"' in page


class TestBar:
    def test_leads_only_to_pages_that_are_there(self, web: Web) -> None:
        client = web.signed_in(web.world.alice)
        page = client.get("/safety").text
        links = [
            link for link in re.findall(r'<a [^>]*href="(/[^"]*)"', page) if not link.startswith("/static")
        ]
        assert "/today" in links
        assert f"/team/{web.world.team.slug}" in links
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)

    def test_signs_out(self, web: Web) -> None:
        client = web.signed_in(web.world.bob)
        assert 'action="/signout"' in client.get("/safety").text
        client.post("/signout")
        assert 'href="/signin"' in client.get("/safety").text


class TestClaims:
    """What is written keeps to safety.claims_allowed: nowhere any of what is forbidden."""

    NAMED = re.compile(r"['\"‘“]Dead butt syndrome['\"’”]", re.IGNORECASE)

    def forbidden_in(self, text: str) -> list[str]:
        text = self.NAMED.sub("", text)
        claims = [claim.split(" (unless")[0] for claim in SAFETY.claims_forbidden]
        return [claim for claim in claims if re.search(rf"\b{re.escape(claim)}\b", text, re.IGNORECASE)]

    @pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda path: path.name)
    def test_in_templates(self, path: Path) -> None:
        assert not self.forbidden_in(path.read_text(encoding="utf-8"))

    def test_in_the_data(self) -> None:
        data = ROOT / "daybreak" / "data"
        for path in data.glob("*.toml"):
            lines = path.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line for line in lines if not line.startswith("claims_forbidden"))
            assert not self.forbidden_in(text)

    def test_the_test_can_fail(self) -> None:
        assert self.forbidden_in("This treats your dead butt.") == ["treats", "dead butt"]
        assert not self.forbidden_in("'Dead butt syndrome' is a popular name. Reverse the direction.")
