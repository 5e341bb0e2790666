"""Opting out: where the policy allows it, by the reader alone, and back again."""

import pytest

from tasks.domain.acts import ActKind
from workers.ledger import acts, outbox

from .conftest import FINANCE, READINESS, REMINDERS, Page


@pytest.fixture
def person(page: Page) -> str:
    """Somebody who was reminded."""
    page.run(REMINDERS)
    with page.fleet.ledger.reading() as connection:
        return next(m.recipient for m in outbox.find(connection, 50) if m.job == REMINDERS)


def link(page: Page, person: str, job: str = REMINDERS) -> str:
    return page.links.preferences(person, job, "firm", 1, page.clock().date())


def out(page: Page) -> list[str]:
    with page.fleet.ledger.reading() as connection:
        standing = acts.standing(connection, REMINDERS, "firm", 1)
    return [act.person for act in standing if act.kind is ActKind.OPTED_OUT]


def test_a_reader_opts_out_and_in_again(page: Page, person: str) -> None:
    url = link(page, person)
    assert page.send(url, "opted_out").status_code == 303
    assert out(page) == [person]
    assert "Get these mails again" in page.http.get(f"{url}?done=opted_out").text
    assert page.send(url, "opted_in").status_code == 303
    assert out(page) == []


def test_a_form_is_used_once(page: Page, person: str) -> None:
    url = link(page, person)
    form = page.form(url)
    assert page.send(url, "opted_out", form).status_code == 303
    assert page.send(url, "opted_in", form).status_code == 409
    assert out(page) == [person]


def test_where_the_policy_forbids_it_there_is_no_form_and_no_way_round(page: Page) -> None:
    url = link(page, FINANCE, READINESS)
    text = page.http.get(url).text
    assert "does not allow to opt out" in text
    assert "<form" not in text
    from workers.web.forms import Forms

    form = Forms(page.links.secrets, page.clock).sign(url.rpartition("/")[2])
    assert page.send(url, "opted_out", form).status_code == 403


def test_no_case_is_acknowledged_here(page: Page, person: str) -> None:
    assert page.send(link(page, person), "acknowledged").status_code == 403


def test_who_gets_no_such_mails_is_refused(page: Page, person: str) -> None:
    assert page.http.get(link(page, "stranger@elsewhere.example")).status_code == 403
