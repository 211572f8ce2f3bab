"""Applying a workspace file: idempotent, one transaction, and never over what people set themselves."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.runtime import Runtime
from daybreak.services import policies, setup
from daybreak.services.workspace_file import WorkspaceFileError
from daybreak.store.policies import channels
from daybreak.store.policies import policies as living_policies
from daybreak.store.tables import AuditEntry, Channel, Delivery, Policy, PolicyMember
from tests.support.applied import ANA, BOB, applied, everything, person, product
from tests.support.files import ARGON2ID, GOOD, WEBHOOK
from tests.support.world import MONDAY_0900

PRODUCT = '[[team]]\nslug = "product"\n'


def test_a_file_makes_the_workspace_and_a_second_time_nothing(runtime: Runtime) -> None:
    assert applied(runtime, GOOD) == [
        "~ workspace: name none → Acme, floor 5 → 6",
        "+ team product",
        "+ channel product-breaks",
        "+ person ana@acme.test",
        "+ password of ana@acme.test",
        "+ person bob@acme.test",
        "+ member ana@acme.test of product (accepted by the file)",
        "+ member bob@acme.test of product (invited)",
        "+ owner ana@acme.test",
        "+ policy Hourly reset",
        "~ workspace: set-up open → done",
    ]
    with runtime.reading() as session:
        before = everything(session)
        ana, bob = person(session, ANA), person(session, BOB)
        assert (ana.name, ana.zone, ana.is_owner) == ("Ana", "Europe/Madrid", True)
        assert ana.password_hash == ARGON2ID
        assert [(str(o.first_date), str(o.last_date), o.half) for o in ana.days_off] == [
            ("2026-08-03", "2026-08-14", None), ("2026-12-23", "2026-12-23", "pm")
        ]  # fmt: skip
        policy = session.scalars(select(Policy)).one()
        assert (policy.interval_min, policy.interval_max, policy.for_all) == (45, 45, False)
        assert [row.person_id for row in session.scalars(select(PolicyMember))] == [ana.id]
        assert ana.next_due_at == MONDAY_0900 + timedelta(minutes=30)  # in Madrid nine was an hour ago
        assert bob.next_due_at is None
        assert policy.shared_due_at == MONDAY_0900 + timedelta(minutes=45)
        # One letter is on its way: Bob's invitation, which no worker has to be told of.
        letter = session.scalars(select(Delivery).where(Delivery.kind == "letter")).one()
        assert letter.person_id == bob.id
    assert applied(runtime, GOOD, timedelta(days=9)) == []
    with runtime.reading() as session:
        assert everything(session) == before


def test_what_changed_is_changed_and_printed_without_secrets(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    content = (
        GOOD.replace("interval_min = 45\ninterval_max = 45", "interval_min = 30")
        .replace("Product team", "Products")
        .replace(WEBHOOK, WEBHOOK[:-3] + "b22")
        .replace("Europe/Madrid", "Europe/Rome")
    )
    assert applied(runtime, content) == [
        "~ team product: name Product team → Products",
        "~ channel product-breaks: url hooks.slack.com/…/…a91 → hooks.slack.com/…/…b22",
        "~ person ana@acme.test: zone Europe/Madrid → Europe/Rome",
        "~ policy Hourly reset: interval_min 45 → 30, interval_max 45 → 30",
    ]
    assert applied(runtime, content) == []


def test_what_was_inherited_follows_the_interval_down_and_up(runtime: Runtime) -> None:
    applied(runtime, GOOD.replace("interval_min = 45\ninterval_max = 45", "interval_min = 10"))
    assert applied(runtime, GOOD) == [
        "~ policy Hourly reset: interval_min 10 → 45, interval_max 10 → 45, response_window 10 → 30"
    ]


def test_nothing_is_done_when_anything_is_wrong(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.reading() as session:
        before = everything(session)
    taken = GOOD.replace("owner = true", "owner = false").replace("Product team", "Products")
    with pytest.raises(WorkspaceFileError) as caught:
        applied(runtime, taken)
    assert [(p.path, p.expected) for p in caught.value.problems] == [
        ("person[0].owner",
         "This is the last owner of the workspace: make somebody else owner first.")
    ]  # fmt: skip
    with pytest.raises(WorkspaceFileError) as caught:
        applied(runtime, GOOD.replace('admin_of = ["product"]', "admin_of = []"))
    assert caught.value.problems[0].path == "person[0].admin_of"
    with pytest.raises(WorkspaceFileError) as caught:
        applied(runtime, PRODUCT + '[[team.channel]]\nname = "product-breaks"\nremove = true\n')
    assert "A policy still uses this channel" in caught.value.problems[0].expected
    with runtime.reading() as session:
        assert everything(session) == before


def test_what_the_file_does_not_name_is_left_alone(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.writing() as session:
        policy = session.scalars(select(Policy)).one()
        policies.update(session, policy, None, {"max_prompts_per_day": 3}, None, MONDAY_0900)
        policies.create(session, product(session), "gentle-start", None, MONDAY_0900)
    assert applied(runtime, GOOD) == []
    assert applied(runtime, "") == []
    with runtime.reading() as session:
        assert session.scalars(select(Policy).order_by(Policy.id)).first().max_prompts_per_day == 3  # type: ignore[union-attr]
        assert len(living_policies(session, product(session).id)) == 2


def test_what_a_person_has_set_wins(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.writing() as session:
        ana = person(session, ANA)
        ana.zone, ana.password_hash, ana.own_fields = "Asia/Tokyo", "theirs", ["password", "zone"]
    changed = GOOD.replace("Europe/Madrid", "Europe/Rome").replace('name = "Ana"', 'name = "Anna"')
    assert applied(runtime, changed) == ["~ person ana@acme.test: name Ana → Anna"]
    with runtime.reading() as session:
        ana = person(session, ANA)
        assert (ana.zone, ana.password_hash) == ("Asia/Tokyo", "theirs")


def test_a_hash_made_anew_at_sign_in_is_no_change(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.writing() as session:
        person(session, ANA).password_hash = "made anew with today's parameters"
    assert applied(runtime, GOOD) == []


def test_removals(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    gone = """
[[team]]
slug = "product"
[[team.policy]]
name = "hourly reset"
remove = true
[[team.channel]]
name = "product-breaks"
remove = true
[[person]]
email = "bob@acme.test"
remove = true
"""
    wanted = ["- member bob@acme.test of product", "- policy hourly reset", "- channel product-breaks"]
    assert applied(runtime, gone) == wanted
    assert applied(runtime, gone) == []
    with runtime.reading() as session:
        assert channels(session, product(session).id) == []
        assert session.scalars(select(Channel)).one().secret == b""
    again = applied(runtime, GOOD)
    assert again == [
        "+ channel product-breaks", "+ member bob@acme.test of product (invited)", "+ policy Hourly reset"
    ]  # fmt: skip
    assert applied(runtime, PRODUCT + "remove = true\n") == ["- team product"]
    assert applied(runtime, PRODUCT + "remove = true\n") == []
    with runtime.reading() as session:
        assert person(session, ANA).next_due_at is None


def test_no_secret_and_no_name_reaches_the_audit_log(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    changed = GOOD.replace(WEBHOOK, WEBHOOK[:-3] + "b22").replace('name = "Ana"', 'name = "Anna"')
    applied(runtime, changed)
    with runtime.reading() as session:
        rows = session.scalars(select(AuditEntry)).all()
        told = json.dumps([[r.action, r.old, r.new, r.origin] for r in rows])
    assert {r.actor_id for r in rows} <= {None, 1}
    assert "policy.created" in told
    for secret in ("T000", "xxxx", "argon2", ANA, BOB, "Ana", "Anna"):
        assert secret not in told


def test_an_owner_in_the_file_closes_the_set_up(runtime: Runtime) -> None:
    with runtime.writing() as session:
        code = setup.issue_code(session, MONDAY_0900)
        assert code is not None
        assert setup.check_code(session, code)
    applied(runtime, GOOD)
    with runtime.writing() as session:
        assert setup.is_done(session)
        assert not setup.check_code(session, code)
        assert setup.issue_code(session, MONDAY_0900) is None


def test_without_an_owner_the_set_up_stays_open(runtime: Runtime) -> None:
    applied(runtime, GOOD.replace("owner = true", ""))
    with runtime.reading() as session:
        assert not setup.is_done(session)
