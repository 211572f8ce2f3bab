"""Three beats, four workers, every task delivered three times: one mail a person.

600 deliveries; DAYBREAK_DOUBLED=10000 runs it in full.
"""

import os
from contextlib import ExitStack

import pytest

from tests.support.works import Works

pytestmark = pytest.mark.journey

PERSONS = int(os.environ.get("DAYBREAK_DOUBLED", "600"))
TASK = 200
SECONDS = 60 + PERSONS / 10


def test_one_delivery_a_key_whatever_is_repeated(postgres_site: Works) -> None:
    site = postgres_site
    site.people(PERSONS)
    site.without_alice_and_bob()
    with ExitStack() as crew:
        for number in range(4):
            crew.enter_context(site.worker(f"send{number}", "send,plan"))
        for number in range(3):
            crew.enter_context(site.beat(f"beat{number}"))
        site.due()
        ids = [one.id for one in site.office.deliveries()]
        assert len(ids) == PERSONS
        for start in range(0, len(ids), TASK):
            site.send("deliver", ids[start : start + TASK], times=2)
        site.send("tick", times=3)
        site.send("sweep", times=3)
        site.wait_for_the_end(seconds=SECONDS)
    assert site.states() == {"sent": PERSONS}
    assert set(site.copies().values()) == {1}
    assert len(site.copies()) == PERSONS
