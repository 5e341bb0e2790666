"""Whether a customer's open tickets stand in the way of an invoice."""

from collections.abc import Sequence

import pytest

from tasks.domain.checklists import Owner, Result
from tasks.reads.invoicing.owned import shares_of
from tasks.reads.invoicing.tickets import Priority, Ticket, open_tickets

URL = "http://odoo.example/1"
BROKEN = Ticket("HT00007 Login broken", "http://odoo.example/7", Owner("Ann", 101))
SLOW = Ticket("HT00008 Slow", "http://odoo.example/8")


@pytest.mark.parametrize(
    ("tickets", "blocking", "result"),
    [
        (None, None, Result.NOT_APPLICABLE),
        ([BROKEN], None, Result.NOT_APPLICABLE),
        (None, "2", Result.NOT_VERIFIABLE),
        ([], "2", Result.PASS),
        ([BROKEN], "2", Result.FAIL),
    ],
)
def test_only_tickets_that_the_policy_asks_for_block(
    tickets: Sequence[Ticket] | None, blocking: Priority | None, result: Result
) -> None:
    assert open_tickets(tickets, blocking, URL).result is result


def test_the_first_ticket_is_named_and_linked() -> None:
    check = open_tickets([BROKEN, SLOW], "2", URL)
    assert "2 open tickets" in check.reason
    assert "HT00007 Login broken" in check.reason
    assert (check.owner, check.url) == ("Ann, nobody: assign the ticket", BROKEN.url)
    assert [share.reason for share in shares_of(check)] == [
        "open: HT00007 Login broken",
        "open: HT00008 Slow",
    ]
