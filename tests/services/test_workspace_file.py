"""A workspace file that is wrong says where, what stands there and what was expected; all at once."""

from pathlib import Path

import pytest

from daybreak.services.workspace_file import Known, KnownTeam, WorkspaceFileError, parse, read
from tests.support.files import ARGON2ID, GOOD, WEBHOOK

TEAM = '[[team]]\nslug = "product"\nname = "Product"\nzone = "Europe/Lisbon"\n'
POLICY = '[[team.policy]]\nname = "P"\npreset = "hourly-walk"\n'
CHANNEL = f'[[team.channel]]\nname = "breaks"\nkind = "slack_webhook"\nurl = "{WEBHOOK}"\n'
PERSON = '[[person]]\nemail = "ana@acme.test"\n'

BROKEN = [
    # the file, the path, the value as it is shown, a part of what was expected
    (TEAM.replace("Lisbon", "Lisbonn"), "team[0].zone", '"Europe/Lisbonn"', "Did you mean Europe/Lisbon?"),
    (TEAM.replace("Europe/Lisbon", "lisbon"), "team[0].zone", '"lisbon"', "Did you mean Europe/Lisbon?"),
    (TEAM.replace('"Europe/Lisbon"', "1"), "team[0].zone", "1", "no time zone"),
    ('[[team]]\nslug = "x"\nname = "X"\n', "team[0].zone", None, "no time zone"),
    (TEAM.replace('"product"', '"Product Team"'), "team[0].slug", '"Product Team"', "Small letters"),
    (TEAM + 'nmae = "X"\n', "team[0].nmae", None, "Did you mean name?"),
    (TEAM + 'country = "Portugal"\n', "team[0].country", '"Portugal"', "two-letter"),
    (TEAM + 'country = "DE"\nsubdivision = "Bayern"\n', "team[0].subdivision", '"Bayern"', "BY"),
    (TEAM + 'subdivision = "BY"\n', "team[0].subdivision", '"BY"', "needs its country"),
    (TEAM + 'quiet_days = ["24.12.2026"]\n', "team[0].quiet_days[0]", '"24.12.2026"', "2026-12-24"),
    (TEAM + 'hours = { mon = ["9 to 5"] }\n', "team[0].hours.mon", '["9 to 5"]', "09:00-12:00"),
    (TEAM + 'hours = { mno = ["09:00-17:00"] }\n', "team[0].hours.mno", '["09:00-17:00"]', "mno"),
    (TEAM + TEAM, "team[1].slug", '"product"', "team[0] already"),
    (TEAM + CHANNEL.replace("hooks.slack.com", "evil.test"), "team[0].channel[0].url",
     '"https://evil.test/…"', "not a Slack webhook"),
    (TEAM + CHANNEL.replace("slack_webhook", "irc"), "team[0].channel[0].kind", '"irc"', "slack_webhook"),
    (TEAM + CHANNEL + CHANNEL, "team[0].channel[1].name", '"breaks"', "already"),
    (TEAM + '[[team.channel]]\nname = "breaks"\n', "team[0].channel[0].url", None, "webhook's address"),
    (TEAM + POLICY + "interval_min = 4\n", "team[0].policy[0].interval_min", "4", "between 5 and 240"),
    (TEAM + POLICY + 'interval_min = "45"\n', "team[0].policy[0].interval_min", '"45"', "whole number"),
    (TEAM + POLICY + "response_window = 90\n", "team[0].policy[0].response_window", "90", "between 1 and 60"),
    (TEAM + POLICY + "intervall_min = 45\n", "team[0].policy[0].intervall_min", None, "interval_min?"),
    (TEAM + POLICY.replace("hourly-walk", "hourly-wlak"), "team[0].policy[0].preset",
     '"hourly-wlak"', "Did you mean hourly-walk?"),
    (TEAM + '[[team.policy]]\nname = "P"\n', "team[0].policy[0].preset", None, "There are: hourly-walk"),
    (TEAM + POLICY + 'movements = ["fly"]\n', "team[0].policy[0].movements", '["fly"]', "no movement “fly”"),
    (TEAM + POLICY + 'channels = ["slack:breks"]\n' + CHANNEL, "team[0].policy[0].channels",
     '["slack:breks"]', "Did you mean slack:breaks?"),
    (TEAM + CHANNEL + POLICY + 'rhythm = "personal"\nchannels = ["slack:breaks"]\n',
     "team[0].policy[0].rhythm", '"personal"', "A shared channel needs one moment"),
    (TEAM + CHANNEL + POLICY + 'spread = 5\nchannels = ["slack:breaks"]\n',
     "team[0].policy[0].spread", "5", "A shared channel needs one moment"),
    (TEAM + POLICY + POLICY, "team[0].policy[1].name", '"p"', "team[0].policy[0] already"),
    (TEAM + POLICY + 'members = ["bob@acme.test"]\n', "team[0].policy[0].members[0]",
     '"bob@acme.test"', "not in the team"),
    (PERSON + PERSON.replace("ana", "Ana"), "person[1].email", '"ana@acme.test"', "person[0] already"),
    (PERSON.replace("@", " at "), "person[0].email", '"ana at acme.test"', "not an e-mail address"),
    (TEAM + PERSON + 'teams = ["prodcut"]\n', "person[0].teams[0]", '"prodcut"', "Did you mean product?"),
    (PERSON + 'teams = "product"\n', "person[0].teams", '"product"', "list of texts"),
    (PERSON + 'owner = "yes"\n', "person[0].owner", '"yes"', "true or false"),
    (PERSON + 'days_off = ["2026-08-14..2026-08-03"]\n', "person[0].days_off[0]",
     '"2026-08-14..2026-08-03"', "2026-08-03..2026-08-14"),
    (PERSON + 'password_hash = "hunter22"\n', "person[0].password_hash", '"…"', "not an argon2id hash"),
    (PERSON + f'password_hash = "{ARGON2ID.replace("m=19456", "m=8")}"\n', "person[0].password_hash",
     '"…"', "outside our limits"),
    ("[workspace]\nfloor = 4\n", "workspace.floor", "4", "from 5 to 100"),
    ('[workspace]\nname = ""\n', "workspace.name", '""', "needs a name"),
    ("workspace = 1\n", "workspace", "1", "Expected a table"),
    ('[team]\nslug = "x"\n', "team", '{ slug = "x" }', "Expected tables, [[team]]"),
    ("[[perosn]]\n", "perosn", None, "Did you mean person?"),
    ("a = [\n", "the file", None, "This is not TOML"),
    ('[workspace]\nname = "Acme"\nname = "B"\n', "the file", None, "line 3"),
    ("a = " + "[" * 5000 + "]" * 5000, "the file", None, "nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "value", "expected"), BROKEN)
def test_a_broken_file_is_told_with_path_value_and_expectation(
    text: str, path: str, value: str | None, expected: str
) -> None:
    with pytest.raises(WorkspaceFileError) as caught:
        parse(text, "acme.toml")
    assert [p.path for p in caught.value.problems] == [path], caught.value
    problem = caught.value.problems[0]
    assert problem.value == value
    assert expected in problem.expected
    assert "acme.toml has a problem; nothing was changed." in str(caught.value)


def test_all_problems_are_told_together() -> None:
    text = TEAM.replace("Lisbon", "Lisbonn") + POLICY + "interval_min = 4\nsnooze = 7\n" + PERSON + "x = 1\n"
    with pytest.raises(WorkspaceFileError) as caught:
        parse(text, "acme.toml")
    assert [p.path for p in caught.value.problems] == [
        "person[0].x", "team[0].zone", "team[0].policy[0].interval_min", "team[0].policy[0].snooze"
    ]  # fmt: skip
    assert "acme.toml has 4 problems" in str(caught.value)


def test_no_message_holds_a_secret() -> None:
    text = TEAM + CHANNEL.replace("https://hooks.slack.com", "ftp://u:sesame@h") + PERSON
    with pytest.raises(WorkspaceFileError) as caught:
        parse(text + f'password_hash = "{ARGON2ID}x$"\n', "acme.toml")
    assert "sesame" not in str(caught.value)
    assert "T000" not in str(caught.value)
    assert ARGON2ID not in str(caught.value)


def test_a_good_file_becomes_frozen_parts() -> None:
    file = parse(GOOD, "acme.toml")
    assert file.workspace == {"name": "Acme", "floor": 6}
    team = file.teams[0]
    assert (team.slug, team.fields["zone"], team.fields["quiet_days"]) == (
        "product", "Europe/Lisbon", ["2026-12-24"]
    )  # fmt: skip
    assert team.policies[0].members == ("ana@acme.test",)
    assert file.people[0].owner is True
    assert file.people[1].admin_of is None


def test_what_the_database_holds_may_be_referred_to() -> None:
    held = KnownTeam(frozenset({"breaks"}), frozenset({"p"}), frozenset({"bob@acme.test"}))
    known = Known({"product": held})
    text = '[[team]]\nslug = "product"\n[[team.policy]]\nname = "P"\nmembers = ["bob@acme.test"]\n' + PERSON
    file = parse(text + 'teams = ["product"]\n', "acme.toml", known=known)
    assert dict(file.teams[0].fields) == {}
    assert file.teams[0].policies[0].preset is None


def test_the_example_is_good() -> None:
    path = Path(__file__).resolve().parents[2] / "examples" / "acme.toml"
    assert len(parse(read(path), path.name).people) == 3


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[workspace]\nname = "Café"\n'.encode("latin-1"))
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    for path, why in (
        (tmp_path, "This is a folder"),
        (tmp_path / "nowhere.toml", "There is no such file"),
        (latin, "Line 2 is not UTF-8"),
        (large, "larger than 4 MiB"),
        (Path("/dev/null"), "not a file"),
    ):
        with pytest.raises(WorkspaceFileError, match=why):
            read(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b'\xef\xbb\xbf[workspace]\r\nname = "Acme"\r\n')
    assert parse(read(path), path.name).workspace == {"name": "Acme"}
