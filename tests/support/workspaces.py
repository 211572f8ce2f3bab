"""Workspace files for tests: one team in Lisbon, and whom they name in it."""

from collections.abc import Sequence

TEAM = """
[workspace]
name = "Acme"

[[team]]
slug = "product"
name = "Product team"
zone = "Europe/Lisbon"
hours = { mon = ["09:00-12:00", "13:00-17:00"], tue = ["09:00-12:00", "13:00-17:00"] }

[[team.policy]]
name = "Reset"
preset = "hourly-walk"
channels = ["email", "web"]
"""

PERSON = """
[[person]]
email = "{name}@acme.test"
name = "{title}"
teams = ["product"]
owner = {owner}
accepted = true
"""


def workspace_of(names: Sequence[str], policy: str = "") -> str:
    """The file for a team of these persons, the first of whom owns the workspace; `policy` adds fields."""
    persons = [
        PERSON.format(name=name, title=name.title(), owner=str(name == names[0]).lower()) for name in names
    ]
    return TEAM + policy + "".join(persons)
