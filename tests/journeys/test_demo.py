"""A newcomer opens the demo: three links, a break within a minute, an answer, and a team's figures."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import demo
from tests.support.house import house_at


@pytest.mark.browser
@pytest.mark.journey
def test_a_newcomer_looks_at_the_demo(page: Page, tmp_path: Path) -> None:
    house = house_at(tmp_path)
    with demo(house) as links:
        sign_in(page, links["a member"])
        page.goto(f"{house.base_url}/today")
        button = page.get_by_role("button", name="I moved", exact=True)
        expect(page.locator("#hero")).to_contain_text("in time until", timeout=100_000)
        button.first.click()
        expect(page.get_by_text("Logged").first).to_be_visible()
        answered = "SELECT standing FROM prompt JOIN person ON person.id = person_id WHERE email = '{}' {}"
        newest = "ORDER BY due_at DESC LIMIT 1"
        assert house.rows(answered.format("priya@northlight.example", newest)) == [("done",)]

        page.goto(f"{house.base_url}/team/product")
        expect(page.get_by_role("heading", name="Product", exact=True)).to_be_visible()
        expect(page.locator("#heatmap, table").first).to_be_visible()
        expect(page.get_by_text("%").first).to_be_visible()

        page.context.clear_cookies()
        sign_in(page, links["an admin"])
        page.context.clear_cookies()
        sign_in(page, links["an owner"])
        page.goto(f"{house.base_url}/outbox")
        expect(page.get_by_text("maya@northlight.example").first).to_be_visible()
        page.goto(f"{house.base_url}/team/studio")
        expect(page.get_by_role("heading", name="Studio", exact=True)).to_be_visible()


def sign_in(page: Page, link: str) -> None:
    """Spend a link."""
    page.goto(link)
    page.get_by_role("button", name="Sign in as").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
