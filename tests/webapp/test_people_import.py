"""Importing people in two steps, and taking the list out."""

import re

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from daybreak.store.people import person_by_email
from daybreak.store.tables import AuditEntry, Base, Delivery, Membership, Person
from tests.webapp.conftest import Browser, Web

URL = "/team/product/people/import"


def upload(browser: Browser, text: str | bytes) -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
    return browser.post(
        URL, data=head + data + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
    )


def confirm(browser: Browser, shown: TestResponse, zones: dict[str, str] | None = None) -> TestResponse:
    found = re.search(r'name="rows" value="([^"]*)"', shown.text)
    assert found
    rows = found[1].replace("&#34;", '"').replace("&amp;", "&").replace("&#39;", "'")
    data = {"rows": rows, "zone_was": list(zones or {}), "zone_is": list((zones or {}).values())}
    return browser.post(f"{URL}/confirm", data=data, content_type="multipart/form-data")


@pytest.fixture
def alice(web: Web) -> Browser:
    return web.signed_in(web.world.alice)


def counts(web: Web) -> list[int]:
    """How many rows there are in each table."""
    with web.reading() as session:
        return [session.scalar(select(func.count()).select_from(t)) or 0 for t in Base.metadata.sorted_tables]


def test_checked_then_confirmed(web: Web, alice: Browser) -> None:
    before = counts(web)
    text = (
        "email;name;timezone;work_start;work_end;days;team\r\n"
        "Dana@acme.test;Dana;Europe/Madrid;8:00;16:00;mon-thu;\r\n"
        "eve@acme.test;Eve;;;;;Other team\r\n"
        "dana@acme.test;Twice;;;;;\r\n"
        "bob@acme.test;Bob;;;;;product\r\n"
    )
    shown = upload(alice, text)
    assert shown.status_code == 200
    assert "2 people will be invited" in shown.text
    assert "stands further up already" in shown.text
    assert "in the team already" in shown.text
    assert counts(web) == before, "nothing is written before Confirm"
    assert confirm(alice, shown).location == "/team/product/people"
    with web.reading() as session:
        dana = person_by_email(session, "dana@acme.test")
        assert dana is not None
        assert (dana.name, dana.zone) == ("Dana", "Europe/Madrid")
        assert dana.hours == {day: ["08:00-16:00"] for day in ("mon", "tue", "wed", "thu")}
        assert [(m.role, m.joined_at) for m in dana.memberships] == [("member", None)]
        eve = person_by_email(session, "eve@acme.test")
        assert eve is not None
        assert eve.memberships[0].team_id == web.world.other_team.id
        assert session.scalars(select(Delivery.kind)).all() == ["letter", "letter"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "people.imported")).one()
        assert (entry.new, entry.origin) == ({"invited": 2}, "127.0.0.0/24")


def test_a_zone_that_is_none_is_chosen_once_for_all_its_rows(web: Web, alice: Browser) -> None:
    shown = upload(alice, "email,timezone\nd@acme.test,GMT+1\ne@acme.test,GMT+1\nf@acme.test,Lisbon\n")
    assert "Time zone instead of “GMT+1”" in shown.text
    assert confirm(alice, shown).status_code == 422
    assert confirm(alice, shown, {"GMT+1": "Nowhere/Land", "Lisbon": "Europe/Lisbon"}).status_code == 422
    assert confirm(alice, shown, {"GMT+1": "Europe/Paris", "Lisbon": "Europe/Lisbon"}).status_code == 303
    with web.reading() as session:
        zones = [person_by_email(session, f"{name}@acme.test").zone for name in "def"]  # type: ignore[union-attr]
    assert zones == ["Europe/Paris", "Europe/Paris", "Europe/Lisbon"]


def test_all_or_nothing(web: Web, alice: Browser) -> None:
    before = counts(web)
    shown = upload(alice, "email,work_start,days\ngood@acme.test,,\nno address,,\nx@acme.test,9,someday\n")
    assert "“no address” is not an e-mail address." in shown.text
    assert "Confirm and invite" not in shown.text
    assert confirm(alice, shown).status_code == 422
    assert counts(web) == before


def test_an_admin_imports_to_teams_they_manage_only(web: Web) -> None:
    with web.writing() as session:
        session.scalars(select(Membership).filter_by(person_id=web.world.bob.id)).one().role = "admin"
    bob = web.signed_in(web.world.bob)
    foreign = upload(bob, "email,team\na@acme.test,other\n").text
    missing = upload(bob, "email,team\na@acme.test,nosuch\n").text
    assert "You manage no team called “other”." in foreign
    assert "You manage no team called “nosuch”." in missing


def test_there_is_no_way_to_a_role(web: Web, alice: Browser) -> None:
    shown = upload(alice, "email,role,is_owner\nd@acme.test,admin,true\n")
    assert "Columns that mean nothing here: role, is_owner." in shown.text
    confirm(alice, shown)
    with web.reading() as session:
        dana = person_by_email(session, "d@acme.test")
        assert dana is not None
        assert not dana.is_owner
        assert dana.memberships[0].role == "member"


def test_who_has_an_account_keeps_their_own_zone(web: Web, alice: Browser) -> None:
    confirm(alice, upload(alice, "email,name,timezone\ncharlie@acme.test,Other,Asia/Tokyo\n"))
    with web.reading() as session:
        charlie = session.get_one(Person, web.world.charlie.id)
        assert (charlie.name, charlie.zone) == ("Charlie", None)


@pytest.mark.parametrize("data", [b"", b"name\nx", b"\xff\xfe", b"email\n" + b"x" * 1024 * 1024])
def test_what_is_no_file_of_people(alice: Browser, data: bytes) -> None:
    response = upload(alice, data)
    assert response.status_code == 422
    assert 'id="file-error"' in response.text


def test_five_hundred_rows_with_one_mended_zone(web: Web, alice: Browser) -> None:
    text = "email,name,timezone\n" + "".join(f"p{n}@acme.test,P {n},Europe/Lisbo\n" for n in range(500))
    shown = upload(alice, text)
    assert "Time zone instead of “Europe/Lisbo”" in shown.text
    assert confirm(alice, shown, {"Europe/Lisbo": "Europe/Lisbon"}).status_code == 303


def test_export_is_neutral_and_logged(web: Web, alice: Browser) -> None:
    with web.writing() as session:
        session.get_one(Person, web.world.bob.id).name = '=HYPERLINK("http://evil.test")'
    response = alice.post("/team/product/people/export")
    assert response.headers["Content-Disposition"] == 'attachment; filename="people-product.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    lines = response.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert lines[0] == "email,name,timezone,role,state"
    assert """bob@acme.test,"'=HYPERLINK(""http://evil.test"")",Europe/Lisbon,member,joined""" in lines
    with web.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "people.exported")).one()
    assert (entry.new, entry.actor_id) == ({"rows": 2}, web.world.alice.id)
