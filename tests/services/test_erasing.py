"""Erased people: nothing of them stays, and nothing that was shown changes."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from daybreak.channels import outbox
from daybreak.domain.delivery import DeliveryState
from daybreak.runtime import Runtime
from daybreak.services import accounts, channels, erasing, inviting, participation, passwords, people, writing
from daybreak.services.dashboard import board
from daybreak.store import erasing as store
from daybreak.store.tables import (
    Attempt,
    AuditEntry,
    Base,
    CalendarFeed,
    DayOff,
    Delivery,
    Erasure,
    Invitation,
    Membership,
    Person,
    Prompt,
    SlackAccount,
    SlackConnect,
)
from tests.support.asked import MONDAY, ask, ask_fixture, at
from tests.support.prompts import make_link
from tests.support.world import MONDAY_0900, World, make_person, make_world

NOW = MONDAY_0900
FOLDER = "outbox"
CANARY = "canary"
HOOK = "https://hooks.slack.com/services/T00CANARY/B00/xxxxcanary"


def plant(runtime: Runtime, world: World) -> Person:
    """Somebody who left a trace everywhere that there is."""
    with runtime.writing() as session:
        team = session.merge(world.team)
        person = make_person(session, CANARY, NOW, team)
        person.name = "Canary Bird"
        person.own_fields = ["name"]
        person.swapped_movement = "canary-move"
        passwords.set_password(session, person, "canary sings at dawn")
        accounts.open_session(session, person, NOW)
        accounts.ask_for_link(session, person.email or "", "canary-browser", "123456", "/canary", NOW)
        channels.add_slack(session, person, "canary dm", HOOK, runtime.cipher, (), person.id, NOW)
        session.add(DayOff(person_id=person.id, first_date=MONDAY, last_date=MONDAY))
        session.add(
            SlackAccount(person_id=person.id, team_id="T1", user_id="UCANARY", name="canary", linked_at=NOW)
        )
        session.add(
            SlackConnect(token_hash="c", team_id="T1", user_id="UCANARY", name="canary", expires_at=NOW)
        )
        session.add(
            CalendarFeed(
                person_id=person.id,
                address=b"canary-sealed",
                hint="canary.example/…",
                next_fetch_at=NOW,
                failures=0,
            )
        )
        for hour, standing in enumerate(("done", "late", "skipped", "missed", "open"), 10):
            ask(session, person, session.merge(world.policy), MONDAY, hour, standing)
        prompt = session.scalars(select(Prompt).where(Prompt.person_id == person.id)).first()
        assert prompt is not None
        make_link(session, prompt, "canary-token")
        delivery = session.scalars(select(Delivery).where(Delivery.prompt_id == prompt.id)).one()
        refused = Attempt(
            delivery_id=delivery.id, at=NOW, result="failed", code="550", detail="<canary@acme.test> no"
        )
        session.add(refused)
        invited = inviting.invite(session, team, "late@acme.test", "member", session.merge(world.alice), NOW)
        invited.created_by = person.id
        session.flush()
        letter = inviting.send(session, invited, NOW)
        own = writing.write(session, "sign_in", person, None, NOW, NOW + timedelta(hours=1))
        folder = runtime.settings.home / FOLDER
        folder.mkdir(parents=True)
        for number in (letter, own, 999_999):
            (folder / f"20260302T090000000000-{number}.eml").write_text("To: somebody")
    return person


def everything(runtime: Runtime) -> str:
    """All rows of all tables as text."""
    with runtime.reading() as session:
        return "\n".join(
            f"{table.name} {row}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        ).lower()


def files(runtime: Runtime) -> bytes:
    """What stands in the database's files, rows or not."""
    path = Path(str(runtime.engine.url.database))
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))


def erase(runtime: Runtime, person: Person, actor_id: int | None = None) -> None:
    with runtime.writing() as session:
        erasing.erase(
            session, session.get_one(Person, person.id), actor_id, NOW, runtime.settings.home / FOLDER
        )


def test_every_key_to_a_person_has_a_rule() -> None:
    assert set(store.keys_to_persons()) == set(store.RULES)


def test_nothing_of_an_erased_person_is_left(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
    person = plant(runtime, world)
    before = everything(runtime)
    assert all(word in before for word in ("canary", "bird", "$argon2id$"))
    erase(runtime, person, person.id)
    assert erasing.scrub(runtime)
    after = everything(runtime)
    assert "canary" not in after
    assert "bird" not in after
    assert "$argon2id$" not in after
    assert outbox.listed(runtime.settings.home / FOLDER) == ["20260302T090000000000-999999.eml"]
    with runtime.reading() as session:
        shell = session.get_one(Person, person.id)
        assert shell.email is None
        assert not shell.prompts_on
        assert session.scalars(select(Membership).where(Membership.person_id == person.id)).all() == []
        assert erasing.erasures(session) == [(person.id, NOW)]
        assert session.scalars(select(Erasure)).one().scrubbed_at == NOW
        entries = session.scalars(select(AuditEntry).where(AuditEntry.object_id == person.id)).all()
        assert entries[-1].action == "person.erased"


def test_no_byte_is_left_in_the_file(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with runtime.writing() as session:
        world = make_world(session)
    person = plant(runtime, world)
    assert b"canary" in files(runtime)
    erase(runtime, person)
    erasing.scrub(runtime)
    assert b"canary" not in files(runtime)
    assert b"Canary" not in files(runtime)


def test_what_counts_is_kept_as_nobodys(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        team = world.team
        others = [make_person(session, f"p{n}", NOW, team) for n in range(6)]
        ask_fixture(session, others, world.policy, MONDAY)
        participation.publish_due(session, at(MONDAY, 17))
    later = at(MONDAY + timedelta(days=8), 2)
    with runtime.reading() as session:
        shown = board(session, session.merge(team, load=False), MONDAY, at(MONDAY, 17))
    erase(runtime, others[0])
    erase(runtime, others[1])
    with runtime.writing() as session:
        assert board(session, session.merge(team), MONDAY, at(MONDAY, 17)).week == shown.week
        assert participation.publish_due(session, at(MONDAY, 19)) == 0
        participation.freeze_due(session, later)
        frozen = board(session, session.merge(team), MONDAY, later)
        assert frozen.week == shown.week
        ids = set(session.scalars(select(Prompt.person_id)))
        assert len(ids) == 6
        assert not ids & {others[0].id, others[1].id}


def test_open_prompts_and_planned_mail_of_the_erased_are_cancelled(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
    person = plant(runtime, world)
    erase(runtime, person)
    with runtime.reading() as session:
        states = set(session.scalars(select(Delivery.state).where(Delivery.kind == "letter")))
        own = session.scalars(select(Delivery).where(Delivery.person_id == person.id)).all()
    assert own == []
    assert DeliveryState.CANCELLED in states


@pytest.mark.parametrize("kind", ["owner", "admin"])
def test_the_last_owner_and_the_last_admin_hand_over_first(sqlite_runtime: Runtime, kind: str) -> None:
    with sqlite_runtime.writing() as session:
        world = make_world(session)
        if kind == "admin":
            people.set_owner(session, world.bob, True, None, NOW)
    refused = people.LastOwnerError if kind == "owner" else people.LastAdminError
    with pytest.raises(refused):
        erase(sqlite_runtime, world.alice)


class TestTheRemoved:
    """Those whom an admin removed from their last team are erased by a job within a day."""

    def erased(self, runtime: Runtime, now_after: timedelta) -> int:
        with runtime.writing() as session:
            folder = runtime.settings.home / FOLDER
            return erasing.erase_departed(session, NOW + now_after, folder, timedelta(days=90), 10)

    def test_after_twelve_hours(self, runtime: Runtime) -> None:
        with runtime.writing() as session:
            world = make_world(session)
            people.remove_from_team(session, world.team, world.bob, world.alice.id, NOW)
        assert self.erased(runtime, timedelta(hours=11)) == 0
        assert self.erased(runtime, timedelta(hours=13)) == 1
        assert self.erased(runtime, timedelta(hours=14)) == 0
        assert "bob@acme.test" not in everything(runtime)

    def test_not_while_they_belong_to_another_team_or_left_by_themselves(self, runtime: Runtime) -> None:
        with runtime.writing() as session:
            world = make_world(session)
            session.add(Membership(team=world.other_team, person=world.bob, joined_at=NOW))
            session.flush()
            people.remove_from_team(session, world.team, world.bob, world.alice.id, NOW)
            people.remove_from_team(session, world.other_team, world.charlie, world.charlie.id, NOW)
        assert self.erased(runtime, timedelta(days=3)) == 0

    def test_nor_an_address_that_never_came(self, runtime: Runtime) -> None:
        with runtime.writing() as session:
            world = make_world(session)
            inviting.invite(session, world.team, "never@acme.test", "member", world.alice, NOW)
        assert self.erased(runtime, timedelta(days=89)) == 0
        assert self.erased(runtime, timedelta(days=91)) == 1
        text = everything(runtime)
        assert "never@acme.test" not in text
        with runtime.reading() as session:
            assert session.scalars(select(Invitation)).all() == []


def test_a_restored_copy_is_erased_again(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, NOW - timedelta(days=9))
    folder = runtime.settings.home / FOLDER
    erased = [(world.bob.id, NOW), (world.charlie.id, NOW - timedelta(days=10)), (77, NOW)]
    with runtime.writing() as session:
        # Charlie's number was somebody else's when that one was erased; nobody has the number 77.
        assert erasing.repeat(session, erased, NOW, folder) == 1
        assert erasing.repeat(session, erased, NOW, folder) == 0
    assert "bob@acme.test" not in everything(runtime)
    assert "charlie@acme.test" in everything(runtime)
