"""`fleet audit`, from the sandbox's real runs."""

from tests.fakes.command import listed
from workers.wiring import Fleet


def test_the_audit_is_found_by_event_and_person(ran: Fleet) -> None:
    opened = listed("audit", "--event", "case.", "--limit", "500")["audit"]
    assert {entry["event"] for entry in opened} == {"case.opened"}
    assert listed("audit", "--person", "nobody@nowhere.example")["audit"] == []
