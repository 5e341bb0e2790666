"""What is wrong with an opportunity, and with a quotation beside its prices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.fakes.pipeline import (
    IN_USD,
    LEAD,
    NEW,
    PROPOSED,
    WON,
    day,
    judged,
    keys,
    lead,
    line,
    only,
    passed,
    quote,
    result,
    snapshot,
)

CRM, ORDER = "crm.lead", "sale.order"
NOTES = "<p>In scope: tide tables of three harbours, with alarms. Not: hardware.</p>"


def of(opportunity: Any, *quotes: Any, **policy: Any) -> Any:
    return judged(snapshot([opportunity], quotes), **policy)


@pytest.mark.parametrize(
    ("values", "lacking"),
    [
        ({"date_deadline": None}, "expected close"),
        ({"partner_id": None}, "customer"),
        ({"user_id": None, "expected_revenue": Decimal(0)}, "salesperson, expected revenue"),
    ],
)
def test_fields_are_due_once_there_is_a_quotation(values: dict[str, Any], lacking: str) -> None:
    found = only(judged(snapshot([lead(**values)])))
    assert found.key == "qualification-lead-3"
    assert found.reason == f"it lacks: {lacking}"
    assert keys(of(lead(**values))) == set()
    cancelled = quote(state="cancel")
    assert keys(of(lead(**values), cancelled)) == set()


def test_fields_are_due_from_a_stage_on() -> None:
    asked: Any = {"qualification": [{"stage": PROPOSED, "fields": ["phone", "description"]}]}
    found = only(of(lead(description="<p><br></p>"), **asked))
    assert found.reason == "it lacks: phone number, notes"
    assert keys(of(lead(stage_id=NEW), **asked)) == set()
    assert keys(of(lead(stage_id=None), **asked)) == set()
    gone: Any = {"qualification": [{"stage": 99, "fields": ["phone"]}]}
    assert keys(of(lead(), **gone)) == set()


def test_a_field_of_ones_own_that_is_hidden_is_not_verifiable() -> None:
    asked: Any = {"qualification": [{"stage": NEW, "fields": ["x_budget", "user_id"]}]}
    hidden = replace(snapshot([LEAD], []), hidden=frozenset({"x_budget"}))
    report = judged(hidden, **asked)
    assert result(report, CRM, "qualification") == "not_verifiable"
    assert report.not_verifiable[0].reason == ("the fleet's user sees no x_budget of opportunities")
    lacking = replace(hidden, opportunities={3: lead(user_id=None)})
    assert only(judged(lacking, **asked)).reason == "it lacks: salesperson"


@pytest.mark.parametrize(
    ("close", "wrong"), [(date(2026, 11, 24), True), (date(2026, 11, 25), False), (None, False)]
)
def test_an_expected_close_that_has_passed_is_told(close: date | None, *, wrong: bool) -> None:
    assert ("close-date-lead-3" in keys(of(lead(date_deadline=close)))) is wrong


def test_an_opportunity_of_which_nothing_is_planned_is_told() -> None:
    bare = snapshot(planned=frozenset({99}))
    assert only(judged(bare)).key == "activity-lead-3"
    assert keys(judged(bare, activity_required=False)) == set()
    hidden = judged(snapshot(planned=None))
    assert result(hidden, CRM, "activity") == "not_verifiable"
    assert hidden.unseen == {"activity"}


def stood(*days: float, **values: Any) -> Any:
    """In the stage of the proposition, since 20 November."""
    history = [passed(100 + n, {PROPOSED: each}) for n, each in enumerate(days)]
    return snapshot(passed=history, **values)


def test_an_opportunity_that_stands_longer_than_nine_in_ten_did_is_told() -> None:
    # Five days by now.
    usual = [1.0] * 18 + [4.9, 80.0]
    found = only(judged(stood(*usual)))
    assert found.key == "days-in-stage-lead-3"
    assert found.reason == "it has been in this stage for 5 days; 1 are the most"
    assert keys(judged(stood(*usual), usual_percentile=95)) == {"days-in-stage-lead-3"}
    assert keys(judged(stood(*usual), usual_percentile=100)) == set()


def test_what_is_usual_is_not_known_of_few_or_of_those_that_still_stand_there() -> None:
    assert keys(judged(stood(*[1.0] * 19))) == set()
    assert keys(judged(stood(*[1.0] * 19), least_history=19)) == {"days-in-stage-lead-3"}
    still = [passed(n, {PROPOSED: 1.0}, stage_id=PROPOSED) for n in range(100, 130)]
    assert keys(judged(snapshot(passed=still))) == set()
    odd = [passed(n, {}, duration_tracking={"": 5.0, "2": 0.0, "x": 1.0}) for n in range(30)]
    assert keys(judged(snapshot(passed=odd))) == set()


@pytest.mark.parametrize(("days", "known"), [(400, True), (300, False)])
def test_what_was_made_before_the_history_says_nothing_though_it_was_closed_of_late(
    days: int, *, known: bool
) -> None:
    closed = {"date_closed": day("2026-11-20 09:00"), "create_date": day("2026-01-05 09:00")}
    old = [passed(100 + n, {PROPOSED: 1.0}, **closed) for n in range(20)]
    found = keys(judged(snapshot(passed=old), history_days=days))
    assert ("days-in-stage-lead-3" in found) is known


def test_the_policy_may_say_how_long_is_too_long_in_a_stage() -> None:
    assert keys(judged(days_in_stage={PROPOSED: 4})) == {"days-in-stage-lead-3"}
    assert keys(judged(days_in_stage={PROPOSED: 5})) == set()
    unmoved = snapshot([lead(date_last_stage_update=None)])
    assert keys(judged(unmoved, days_in_stage={PROPOSED: 12})) == {"days-in-stage-lead-3"}


def test_an_odoo_that_tells_no_days_in_stages_says_so() -> None:
    report = judged(snapshot(tells_stages=False))
    assert result(report, CRM, "days-in-stage") == "not_verifiable"
    assert "days_in_stage of the policy" in report.not_verifiable[0].reason
    by_hand = judged(snapshot(tells_stages=False), days_in_stage={PROPOSED: 4})
    assert keys(by_hand) == {"days-in-stage-lead-3"}
    assert result(of(lead(stage_id=None)), CRM, "days-in-stage") == "not_applicable"


@pytest.mark.parametrize(
    ("began", "wrong"), [("2026-11-11 22:59", False), ("2026-11-10 09:00", True)]
)
def test_an_opportunity_that_is_not_quoted_in_time_is_told(began: str, *, wrong: bool) -> None:
    late = lead(create_date=day(began))
    assert ("days-to-quotation-lead-3" in keys(of(late))) is wrong
    assert keys(of(late, quote())) == set()
    assert ("days-to-quotation-lead-3" in keys(of(late, quote(state="cancel")))) is wrong
    converted = lead(create_date=day("2026-01-05 09:00"), date_conversion=day(began))
    assert ("days-to-quotation-lead-3" in keys(of(converted))) is wrong


def test_a_quotation_may_be_expected_from_a_stage_on() -> None:
    late = lead(create_date=day("2026-01-05 09:00"))
    assert keys(of(late, quote_from_stage=PROPOSED)) == {"days-to-quotation-lead-3"}
    assert keys(of(late, quote_from_stage=WON)) == set()


@pytest.mark.parametrize(
    ("quotes", "wrong"),
    [
        ([quote(amount_untaxed=Decimal(13111))], False),
        ([quote(amount_untaxed=Decimal(13112))], True),
        ([quote(amount_untaxed=Decimal(5000)), quote(id=8)], False),
        ([quote(amount_untaxed=Decimal(5000), state="sale")], False),
        ([quote(amount_untaxed=Decimal(0))], True),
    ],
)
def test_an_expected_revenue_unlike_every_open_quotation_is_told(
    quotes: list[Any], *, wrong: bool
) -> None:
    assert ("expected-revenue-lead-3" in keys(of(LEAD, *quotes))) is wrong


def test_amounts_are_named_and_of_other_currencies_not_compared() -> None:
    found = only(of(LEAD, quote(amount_untaxed=Decimal(9000))))
    assert found.reason == "11800.00 EUR are expected, and quoted are: S00007: 9000.00 EUR"
    dollars = of(LEAD, quote(currency_id=IN_USD))
    assert result(dollars, CRM, "expected-revenue") == "not_verifiable"


def test_notes_that_do_not_stand_in_the_quotation_are_told_and_proposed() -> None:
    noted = lead(description=NOTES, name="Docks <1>")
    report = judged(snapshot([noted]))
    assert only(report).reason == "of the notes of the opportunity 0 % stand in the quotation"
    (proposal,) = report.proposals
    assert (proposal.kind, proposal.model, proposal.record_id) == ("note", ORDER, 7)
    assert proposal.values == {
        "title": "Docks <1>",
        "body_html": "<p><b>Docks &lt;1&gt;</b></p><p>In scope: tide tables of three harbours, "
        "with alarms. Not: hardware.</p>",
    }
    (changed,) = judged(snapshot([lead(description=f"{NOTES} More of it.")])).proposals
    assert changed.identity != proposal.identity
    assert judged().proposals == ()


@pytest.mark.parametrize(
    "values",
    [
        {"lines": [line(), line(id=71, display_type="line_note", name=NOTES)]},
        {"quotes": [quote(note=NOTES)]},
        {"messages": {7: ["<p>Scope</p>", NOTES]}},
        {"leads": [lead(description="<p>call back</p>")]},
        {"leads": [lead(description=NOTES)], "quotes": [quote(opportunity_id=None)]},
    ],
)
def test_notes_may_stand_anywhere_on_the_quotation(values: dict[str, Any]) -> None:
    known = {"leads": [lead(description=NOTES)], **values}
    report = judged(snapshot(**known))
    assert "notes-order-7" not in keys(report)
    assert report.proposals == ()


def test_a_quotation_of_another_company_or_currency_is_told() -> None:
    other = only(of(lead(company_id=2), quote()))
    assert other.reason == "it is of another company than its opportunity"
    assert keys(of(lead(company_id=None), quote())) == set()
    assert only(of(LEAD, quote(), currencies=["USD"])).reason == "it is in EUR"
    assert keys(of(LEAD, quote(), currencies=["USD", "EUR"])) == set()
    both = of(LEAD, quote(), quote(id=8, currency_id=IN_USD))
    assert keys(both) == {"company-and-currency-order-7", "company-and-currency-order-8"}
    assert "EUR, USD" in both.findings[0].reason
    gone = of(LEAD, quote(), quote(id=8, currency_id=IN_USD, state="sale"))
    assert keys(gone) == set()


@pytest.mark.parametrize(
    ("until", "wrong"), [(date(2026, 11, 24), True), (date(2026, 11, 25), False), (None, False)]
)
def test_a_validity_that_has_passed_is_told(until: date | None, *, wrong: bool) -> None:
    assert ("validity-order-7" in keys(of(LEAD, quote(validity_date=until)))) is wrong


@pytest.mark.parametrize(
    ("state", "sent", "wrong"),
    [
        ("sent", "2026-10-25 09:00", True),
        ("sent", "2026-10-26 09:00", False),
        ("draft", "2026-10-01 09:00", False),
    ],
)
def test_a_quotation_that_waits_for_its_answer_too_long_is_told(
    state: str, sent: str, *, wrong: bool
) -> None:
    waiting = quote(state=state, date_order=day(sent))
    assert ("days-to-answer-order-7" in keys(of(LEAD, waiting))) is wrong


def test_what_is_exempt_won_or_answered_is_not_looked_at() -> None:
    wrong = snapshot([lead(date_deadline=None)], [quote(validity_date=date(2026, 1, 1))])
    assert keys(judged(wrong)) == {"qualification-lead-3", "validity-order-7"}
    exempt = judged(wrong, exempt_opportunities=[3], exempt_orders=[7])
    assert (exempt.rows, exempt.findings) == ((), ())
    won = snapshot([lead(stage_id=WON, date_deadline=None)], [quote(state="sale")])
    assert judged(won).rows == ()


def test_without_a_pipeline_quotations_are_checked_alone() -> None:
    alone = snapshot([], [quote(opportunity_id=None, validity_date=date(2026, 1, 1))])
    report = judged(replace(alone, stages=None, planned=None, tells_opportunities=False))
    assert keys(report) == {"validity-order-7"}
    assert report.unseen >= {"qualification", "activity", "notes", "days-in-stage"}
    measured = {m.labels["check"] for m in report.measures}
    assert "validity" in measured
    assert not measured & report.unseen


def test_without_quotations_opportunities_are_checked_alone() -> None:
    alone = snapshot([lead(date_deadline=date(2026, 1, 1))], [], tells_orders=False)
    report = judged(replace(alone, tells_opportunities=False))
    assert keys(report) == {"close-date-lead-3"}
    assert report.unseen >= {"days-to-quotation", "zero-prices", "validity", "expected-revenue"}
    assert result(report, CRM, "days-to-quotation") == "not_verifiable"
