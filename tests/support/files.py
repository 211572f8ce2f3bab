"""Workspace files for tests."""

from argon2 import PasswordHasher

WEBHOOK = "https://hooks.slack.com/services/T000/B000/" + "x" * 21 + "a91"
ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash("correct horse battery")

GOOD = f"""
[workspace]
name = "Acme"
floor = 6

[[team]]
slug = "product"
name = "Product team"
zone = "Europe/Lisbon"
country = "PT"
quiet_days = ["2026-12-24"]
hours = {{ mon = ["09:00-12:00", "13:00-17:00"], tue = ["09:00-12:00"] }}

[[team.channel]]
name = "product-breaks"
kind = "slack_webhook"
url = "{WEBHOOK}"

[[team.policy]]
name = "Hourly reset"
preset = "hourly-walk"
interval_min = 45
interval_max = 45
channels = ["email", "web", "slack:product-breaks"]
members = ["ana@acme.test"]

[[person]]
email = "Ana@Acme.test"
name = "Ana"
zone = "Europe/Madrid"
days_off = ["2026-08-03..2026-08-14", "2026-12-23 pm"]
teams = ["product"]
admin_of = ["product"]
owner = true
accepted = true
password_hash = "{ARGON2ID}"

[[person]]
email = "bob@acme.test"
teams = ["product"]
"""
