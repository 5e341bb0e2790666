"""`fleet outbox`, from the sandbox's real runs."""

from tests.fakes.command import listed
from workers.wiring import Fleet


def test_the_outbox_tells_what_goes_out_next(ran: Fleet) -> None:
    waiting = listed("outbox", "--status", "queued", "--limit", "500")["messages"]
    assert waiting
    assert all(message["due"] and not message["sent"] for message in waiting)
    person = waiting[0]["recipient"]
    assert {m["recipient"] for m in listed("outbox", "--person", person)["messages"]} == {person}
