"""Alice at her desk, with a prompt to answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from daybreak.runtime import Runtime
from daybreak.services import answering
from daybreak.store.tables import BreakTaken, Person, Prompt
from tests.support.world import MONDAY_0900

TEN = MONDAY_0900 + timedelta(hours=1)


@dataclass
class Desk:
    """Alice at her desk, joined weeks ago, with a prompt of ten o'clock."""

    runtime: Runtime
    alice_id: int
    prompt_id: int

    def prompt(self) -> Prompt:
        with self.runtime.reading() as session:
            return session.get_one(Prompt, self.prompt_id)

    def person(self) -> Person:
        with self.runtime.reading() as session:
            return session.get_one(Person, self.alice_id)

    def breaks(self) -> list[BreakTaken]:
        with self.runtime.reading() as session:
            return list(session.scalars(select(BreakTaken).order_by(BreakTaken.id)))

    def answer(self, reply: object, now: datetime) -> answering.Answered:
        with self.runtime.writing() as session:
            return answering.answer(session, self.prompt_id, reply, now)  # type: ignore[arg-type]

    def undo(self, now: datetime) -> answering.Answered:
        with self.runtime.writing() as session:
            return answering.undo(session, self.prompt_id, now)

    def move(self, now: datetime) -> answering.Answered:
        with self.runtime.writing() as session:
            return answering.spontaneous(session, session.get_one(Person, self.alice_id), now)

    def change(self, edit: Callable[[Prompt], None]) -> None:
        with self.runtime.writing() as session:
            edit(session.get_one(Prompt, self.prompt_id))
