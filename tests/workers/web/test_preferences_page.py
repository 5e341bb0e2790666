"""Opting out: where the policy allows it, by the reader alone, and back again."""

import re
from datetime import date

import pytest

from tasks.domain.acts import ActKind
from workers.ledger import acts, outbox
from workers.ledger.places import Place
from workers.links import Link

from .conftest import FINANCE, READINESS, REMINDERS, Page


@pytest.fixture
def person(page: Page) -> str:
    """Somebody who was reminded."""
    page.run(REMINDERS)
    with page.fleet.ledger.reading() as connection:
        return next(m.recipient for m in outbox.find(connection, 50) if m.job == REMINDERS)


def link(page: Page, person: str, job: str = REMINDERS) -> str:
    return page.links.preferences(person, Place(job, "firm", 1), page.clock().date())


def out(page: Page) -> list[str]:
    with page.fleet.ledger.reading() as connection:
        standing = acts.standing(connection, Place(REMINDERS, "firm", 1))
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


def listing(page: Page, person: str, *jobs: str, language: str = "") -> str:
    day = page.clock().date()
    return page.links.mails([Link(person, job, "firm", 1, "", day, language) for job in jobs])


def test_mails_that_came_as_one_are_listed_and_opted_out_of_one_by_one(
    page: Page, person: str
) -> None:
    answer = page.http.get(listing(page, person, REMINDERS, READINESS, language="de"))
    # Nobody ever wrote to them about readiness, so there is nothing to choose.
    assert re.findall("<h2>(.*) ·", answer.text) == ["Zeiterfassung: Erinnerung"]
    assert '<html lang="de">' in answer.text
    (action,) = re.findall(r'action="\.\./([^"]+)"', answer.text)
    (form,) = re.findall(r'name="form" value="([^"]+)"', answer.text)
    assert page.send(f"/{action}", "opted_out", form).status_code == 303
    assert out(page) == [person]
    again = page.http.get(listing(page, person, REMINDERS)).text
    assert "Get these mails again" in again


def test_looking_at_the_list_changes_nothing_and_nothing_is_posted_to_it(
    page: Page, person: str
) -> None:
    url = listing(page, person, REMINDERS)
    assert page.http.get(url).status_code == 200
    one_click = {"List-Unsubscribe": "One-Click"}
    assert page.http.post(url, data=one_click).status_code == 405
    assert out(page) == []


def test_a_list_without_anything_of_the_reader_is_refused(page: Page) -> None:
    assert page.http.get(listing(page, "nobody@elsewhere.example", READINESS)).status_code == 403
    assert page.http.get(listing(page, FINANCE, READINESS)[:-3]).status_code == 403
    old = page.links.mails([Link(FINANCE, READINESS, "firm", 1, "", date(2026, 1, 2), "de")])
    assert "Dieser Link ist zu alt" in page.http.get(old).text
