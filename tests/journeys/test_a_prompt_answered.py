"""The main job, whole: a workspace file, a prompt that comes due, mail, Slack, an answer, the pages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.house import House, house_at, up
from tests.support.letters import answer_address
from tests.support.processes import wait_until
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink

NAMES = ("ana", "ben", "cem", "dua", "eva", "finn")
JUST_BEFORE_TEN = datetime(2026, 3, 2, 9, 59, 50, tzinfo=UTC)  # a Monday; Lisbon is on UTC in winter
A_MINUTE_LATER = datetime(2026, 3, 2, 10, 6, tzinfo=UTC)
THE_FRIDAY_BEFORE = datetime(2026, 2, 27, 18, 0, tzinfo=UTC)

WORKSPACE = """
[workspace]
name = "Acme"

[[team]]
slug = "product"
name = "Product team"
zone = "Europe/Lisbon"
hours = {{ mon = ["09:00-12:00", "13:00-17:00"], tue = ["09:00-12:00", "13:00-17:00"] }}

[[team.channel]]
name = "product-breaks"
kind = "slack_webhook"
url = "{webhook}"

[[team.policy]]
name = "Hourly reset"
preset = "hourly-walk"
channels = ["email", "web", "slack:product-breaks"]
"""

PERSON = """
[[person]]
email = "{name}@acme.test"
name = "{title}"
teams = ["product"]
admin_of = {admin_of}
owner = {owner}
accepted = true
"""


@pytest.fixture
def house(tmp_path: Path, ground: dict[str, str], smtp_sink: SmtpSink, slack_sink: SlackSink) -> House:
    made = house_at(tmp_path, SMTP_URL=smtp_sink.url, WEBHOOK_ALLOW=slack_sink.origin, **ground)
    workspace = WORKSPACE.format(webhook=slack_sink.webhook())
    for name in NAMES:
        first = name == NAMES[0]
        admin_of = '["product"]' if first else "[]"
        workspace += PERSON.format(name=name, title=name.title(), admin_of=admin_of, owner=str(first).lower())
    (tmp_path / "acme.toml").write_text(workspace)
    return made


@pytest.mark.browser
@pytest.mark.journey
def test_a_prompt_is_sent_answered_and_shown(
    house: House, smtp_sink: SmtpSink, slack_sink: SlackSink, page: Page, tmp_path: Path
) -> None:
    house.set_clock(THE_FRIDAY_BEFORE)
    applied = house.command("apply", str(tmp_path / "acme.toml"))
    assert "product" in applied.stdout
    again = house.command("apply", str(tmp_path / "acme.toml"))
    assert "hing to change" in again.stdout

    house.set_clock(JUST_BEFORE_TEN)
    with up(house):
        wait_until(lambda: len(smtp_sink.mails) == len(NAMES), seconds=60, what="six mails")
        wait_until(lambda: slack_sink.posts, seconds=30, what="the post in the team's channel")
        mails = {name: smtp_sink.to(f"{name}@acme.test") for name in NAMES}
        assert all(len(found) == 1 for found in mails.values())
        assert all(mail.message["Subject"].startswith("10:00") for found in mails.values() for mail in found)

        looking_changes_nothing(house, page, answer_address(mails["ana"][0]))
        for name in NAMES[:5]:
            answer(page, answer_address(mails[name][0]), "I moved", "Logged at 10:0")
        answer(page, answer_address(mails["finn"][0]), "Skip", "Skipped")
        assert house.rows("SELECT count(*) FROM break_taken") == [(5,)]
        assert house.rows("SELECT standing, count(*) FROM prompt GROUP BY 1 ORDER BY 1") == [
            ("done", 5),
            ("skipped", 1),
        ]

        today_shows_it(house, page)
        the_team_page_shows_it(house, page)
        assert len(smtp_sink.mails) == len(NAMES)
        assert len(slack_sink.posts) == 1
        post = slack_sink.posts[0].body.decode()
        assert not any(name in post.lower() for name in NAMES)
        assert "/b/" not in post


def looking_changes_nothing(house: House, page: Page, address: str) -> None:
    before = house.rows("SELECT * FROM prompt ORDER BY id")
    for query in ("", "?do=snooze", "?do=skip"):
        page.goto(address + query)
        expect(page.get_by_role("button", name="I moved")).to_be_visible()
    assert page.request.head(address).status == 200
    assert house.rows("SELECT * FROM prompt ORDER BY id") == before
    assert house.rows("SELECT count(*) FROM break_taken") == [(0,)]


def answer(page: Page, address: str, button: str, says: str) -> None:
    page.goto(address)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text(says).first).to_be_visible()


def today_shows_it(house: House, page: Page) -> None:
    page.goto(house.sign_in_link("ana@acme.test"))
    page.get_by_role("button", name="Sign in as").click()
    expect(page.get_by_text("Logged 10:0").first).to_be_visible()


def the_team_page_shows_it(house: House, page: Page) -> None:
    page.goto(f"{house.base_url}/team/product")
    expect(page.get_by_role("heading", name="Product team")).to_be_visible()
    expect(page.get_by_text("85%")).to_have_count(0)
    house.set_clock(A_MINUTE_LATER)  # an answer that can still be undone is in no figure
    expect(page.get_by_text("85%").first).to_be_visible(timeout=60_000)  # 5 of 6, in steps of five points
    assert "83%" not in page.content()  # the exact rate would tell of one person
