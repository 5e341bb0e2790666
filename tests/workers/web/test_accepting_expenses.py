"""What is out of order is accepted with a reason on the page of its case, and is then quiet."""

import pytest

from tasks.domain.acts import ActKind
from tests.workers.web.conftest import FINANCE, Page
from tests.workers.web.test_case_page import Parsed
from workers.ledger import acts, cases
from workers.ledger.places import Place

JOB = "expense_exceptions"
HERE = Place(JOB, "firm", 1)
# The lunch of the sandbox's firm that has no receipt, and who spent it.
BARE, MARCO = "no-receipt-11-v1", "marco.bianchi@nordwind.example"


@pytest.fixture
def told(page: Page) -> Page:
    page.run(JOB)
    return page


def link(page: Page, person: str = FINANCE, key: str = BARE) -> str:
    return page.links.case(person, HERE, key, page.clock().date())


def standing(page: Page) -> set[str]:
    with page.fleet.ledger.reading() as connection:
        return {each.finding.key for each in cases.open_cases(connection, HERE)}


def test_the_page_offers_to_accept_and_to_return_it_and_speaks_of_no_handoff(told: Page) -> None:
    text = told.http.get(link(told)).text
    offered = [button["value"] for button in Parsed(text).of("button")]
    assert offered == ["accepted", "returned", "acknowledged", "snoozed"]
    assert "It is taken as it is, and quiet until something about it changes." in text
    assert "What is handed over" not in text
    assert "no documents" not in text


def test_it_is_accepted_with_a_reason_alone_and_is_then_quiet(told: Page) -> None:
    refused = told.send(link(told), "accepted", reason=" ")
    assert refused.status_code == 422
    assert "Give a reason, so that others understand." in refused.text
    assert told.send(link(told), "accepted", reason="the till was broken").status_code == 303
    with told.fleet.ledger.reading() as connection:
        (act,) = acts.standing(connection, HERE)
    assert (act.kind, act.reason, act.record_id) == (ActKind.ACCEPTED, "the till was broken", 11)
    assert act.contents["amount"] == "64.50 EUR"
    told.run(JOB)
    assert BARE not in standing(told)
    told.run(JOB)
    assert BARE not in standing(told)


def test_who_spent_it_cannot_accept_it(told: Page) -> None:
    assert told.send(link(told, MARCO), "accepted", reason="mine").status_code == 303
    told.run(JOB)
    assert standing(told) & {BARE, "no-receipt-11-v2"} == {"no-receipt-11-v2"}
