"""Conservation, by one query: nothing planned is missing, and the query sees it where something is."""

from datetime import timedelta

from sqlalchemy import delete, update

from daybreak.store.books import Books, books
from daybreak.store.tables import Delivery
from tests.support.post_office import TEN, PostOffice
from tests.support.smtp import HANG_UP, SmtpSink


def look(office: PostOffice) -> Books:
    """The books as they stand."""
    with office.runtime.reading() as session:
        return books(session, office.runtime.now())


def test_the_books_balance_at_every_step_and_after_faults(office: PostOffice, smtp_sink: SmtpSink) -> None:
    assert look(office) == Books(0, 0, 0, 0, 0)
    smtp_sink.reply("DATA", HANG_UP)
    smtp_sink.reply("MAIL", "451 4.7.1 slow down")
    office.at(TEN)
    office.tick()
    assert look(office) == Books(2, 2, 0, 0, 0)
    for minutes in (0, 1, 2, 61, 62):
        office.run(TEN + timedelta(minutes=minutes))
        assert look(office).balance
    assert (look(office).planned, look(office).open) == (4, 0)


def test_what_is_lost_or_torn_is_seen(office: PostOffice) -> None:
    office.run(TEN)
    first, second = office.deliveries()
    with office.runtime.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == first.id).values(state="strange"))
    assert not look(office).balance
    with office.runtime.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == first.id).values(state="failed"))
    assert look(office).torn == 1  # failed, and yet with a moment of sending
    with office.runtime.writing() as session:
        session.execute(
            update(Delivery).where(Delivery.id == first.id).values(state="sent", sent_at=TEN, closed_at=TEN)
        )
        session.query(type(office.attempts()[0])).filter_by(delivery_id=second.id).delete()
        session.execute(delete(Delivery).where(Delivery.id == second.id))
    assert look(office) == Books(1, 0, 1, 0, 1)
