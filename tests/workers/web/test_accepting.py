"""A handoff is accepted or returned on the page of its case, and the next look knows it."""

import pytest

from tasks.domain.acts import ActKind
from tasks.domain.findings import Finding
from tests.workers.web.conftest import FINANCE, Page
from tests.workers.web.test_case_page import Parsed
from workers.ledger import acts, audit, cases, outbox
from workers.ledger.places import Place

HANDOFF = "handoff_gate"
HERE = Place(HANDOFF, "firm", 1)
DELIVERY = "delivery@nordwind.example"
# Of the orders of the sandbox: one of which nothing is missing, and one of which nearly all is.
COMPLETE, LACKING = "handoff-order-901-v1", "handoff-order-902-v1"


@pytest.fixture
def handed(page: Page) -> Page:
    page.run(HANDOFF)
    return page


def link(page: Page, key: str, person: str = DELIVERY) -> str:
    return page.links.case(person, HERE, key, page.clock().date())


def buttons(page: Page, url: str) -> list[str | None]:
    return [button["value"] for button in Parsed(page.http.get(url).text).of("button")]


def standing(page: Page) -> dict[str, Finding]:
    with page.fleet.ledger.reading() as connection:
        return {each.finding.key: each.finding for each in cases.open_cases(connection, HERE)}


def test_the_page_of_a_handoff_offers_to_accept_and_to_return_it_with_its_documents(
    handed: Page,
) -> None:
    url = link(handed, COMPLETE)
    assert buttons(handed, url) == ["accepted", "returned", "acknowledged", "snoozed"]
    text = handed.http.get(url).text
    assert "Statement of work Werft Stralsund.pdf" in text
    assert "nothing is missing" in text.lower()
    lacking = handed.http.get(link(handed, LACKING)).text
    assert "no documents" in lacking
    assert "10 of 11 items are missing" in lacking


def test_a_gap_is_neither_accepted_nor_returned(handed: Page) -> None:
    url = link(handed, "statement_of_work-order-902")
    assert buttons(handed, url) == ["acknowledged", "snoozed"]
    assert handed.send(url, "accepted").status_code == 403
    assert "What is handed over" not in handed.http.get(url).text


def test_what_is_accepted_is_kept_with_its_contents_and_is_nobodys_any_more(handed: Page) -> None:
    contents = standing(handed)[COMPLETE].contents
    assert contents["file Statement of work Werft Stralsund.pdf"] == f"{9010:040x}"
    assert handed.send(link(handed, COMPLETE), "accepted").status_code == 303
    with handed.fleet.ledger.reading() as connection:
        (act,) = acts.standing(connection, HERE)
        entry = next(e for e in audit.entries(connection, 20) if e.event == "case.accepted")
    assert (act.kind, act.person, act.contents) == (ActKind.ACCEPTED, DELIVERY, contents)
    assert (act.model, act.record_id, act.reason) == ("sale.order", 901, "")
    assert entry.detail["contents"] == contents
    assert entry.detail["person"] == DELIVERY
    handed.run(HANDOFF)
    assert COMPLETE not in standing(handed)
    # The case is closed, and what was decided stands all the same.
    with handed.fleet.ledger.reading() as connection:
        assert acts.standing(connection, HERE) == (act,)
    handed.run(HANDOFF)
    assert COMPLETE not in standing(handed)


def test_a_return_needs_a_reason_and_acceptance_may_have_one(handed: Page) -> None:
    url = link(handed, LACKING)
    refused = handed.send(url, "returned", reason="  ")
    assert refused.status_code == 422
    assert "Give a reason, so that others understand." in refused.text
    assert handed.send(url, "accepted", reason="x" * 501).status_code == 422
    assert handed.send(url, "accepted", reason="begun already").status_code == 303
    assert buttons(handed, url) == ["returned", "acknowledged", "snoozed", "lifted"]


def test_what_is_returned_goes_to_sales_with_the_reason(handed: Page) -> None:
    url = link(handed, LACKING)
    assert handed.send(url, "returned", reason="no statement of work").status_code == 303
    assert "returned by delivery@nordwind.example" in handed.http.get(url).text
    handed.run(HANDOFF)
    found = standing(handed)
    (returned,) = (each for each in found.values() if each.kind == "returned-handoff")
    assert f"{DELIVERY}: no statement of work" in returned.reason
    assert returned.owner == "Chiara Conti"
    with handed.fleet.ledger.reading() as connection:
        queued = outbox.find(connection, 50, job=HANDOFF)
    told = {m.recipient for m in queued if returned.key in m.finding_keys}
    assert told == {"chiara.conti@nordwind.example"}
    assert LACKING in found


def test_who_was_not_told_may_not_accept(handed: Page) -> None:
    assert handed.http.get(link(handed, COMPLETE, FINANCE)).status_code == 403
