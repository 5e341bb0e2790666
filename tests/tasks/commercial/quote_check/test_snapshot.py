"""What is read of the pipeline from Odoo 16 to 19, and from who may see little of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks.commercial.quote_check.job import JOB
from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
LEAD, ORDER, LINE, ACTIVITY = "crm.lead", "sale.order", "sale.order.line", "mail.activity"
QUOTED, UNQUOTED, QUOTATION = 701, 702, 951
FOUND: Final = {
    "close-date-lead-702",
    "days-to-quotation-lead-702",
    "days-to-answer-order-15",
    "notes-order-951",
}
STAGE: Final = "days in the stage"


def look(odoo: Any, company_id: int = 1, now: AsOf = NOW, policy: Any = None) -> Report:
    reader = reading(odoo, company_id)
    report = JOB.run(reader, now, QuotePolicy.model_validate(policy or {}))
    assert reader.drift == []
    return report


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings if finding.kind != "not-verifiable"}


def writing(odoo: Any) -> Overlay:
    """The same for a user who may write opportunities."""
    may = odoo.call

    def answer(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return list(args) == ["write"] or may(LEAD, "check_access_rights", args, kwargs)

    return Overlay(odoo, {(LEAD, "check_access_rights"): answer})


def opportunity(number: int) -> dict[str, Any]:
    (found,) = (row for row in firm.build(MONDAY.date())[LEAD] if row["id"] == number)
    return found


def with_rows(version: int = 19, **more: list[dict[str, Any]]) -> Sandbox:
    """The firm with further rows of models, whose points are underscores."""
    rows = {**firm.build(MONDAY.date())}
    for name, of in more.items():
        model = name.replace("_", ".")
        rows[model] = [*rows.get(model, ()), *of]
    return Sandbox(MONDAY.date(), rows=rows, version=version)


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_each_version_tells_what_is_wrong(version: int) -> None:
    report = look(Sandbox(MONDAY.date(), version=version))
    assert keys(report) == FOUND
    told = {str(gap.check) for gap in report.not_verifiable}
    assert (STAGE in told) == (version == 16)
    assert ("prices of the price list" in told) == (version < 18)
    (row,) = (row for row in report.rows if row["record_id"] == QUOTED)
    assert (row["stage"], row["sales_team"], row["amount"]) == ("Proposition", "Sales", "9440.00")


def test_companies_do_not_mix() -> None:
    assert keys(look(changed(), 2)) == set()
    ours, theirs = (
        {(row["model"], row["record_id"]) for row in look(changed(), company).rows}
        for company in (1, 2)
    )
    assert not ours & theirs
    assert (LEAD, 703) in theirs


def test_a_quotation_of_another_company_than_its_opportunity_is_seen_in_its_own() -> None:
    moved = changed(corrupt={(LEAD, QUOTED): {"company_id": 2}})
    assert "company-and-currency-order-951" in keys(look(moved))


@pytest.mark.parametrize("state", ["sent", "sale"])
def test_an_opportunity_of_no_company_may_be_quoted_by_any(state: str) -> None:
    late = "days-to-quotation-lead-702"
    shared = {(LEAD, UNQUOTED): {"company_id": False}}
    assert late in keys(look(changed(corrupt=shared)))
    (quotation,) = (r for r in firm.build(MONDAY.date())[ORDER] if r["id"] == QUOTATION)
    theirs = {**quotation, "id": 9900, "company_id": 2, "opportunity_id": UNQUOTED, "state": state}
    rows = {model: list(of) for model, of in firm.build(MONDAY.date()).items()}
    rows[ORDER].append(theirs)
    report = look(changed(rows=rows, corrupt=shared))
    assert late not in keys(report)
    assert 9900 not in {row["record_id"] for row in report.rows if row["model"] == ORDER}


def test_lost_won_and_leads_of_marketing_are_no_pipeline() -> None:
    for values in ({"active": False}, {"stage_id": 4}, {"type": "lead"}):
        report = look(changed(corrupt={(LEAD, UNQUOTED): values}))
        assert keys(report) == FOUND - {"close-date-lead-702", "days-to-quotation-lead-702"}


def test_a_quotation_of_an_opportunity_that_was_lost_still_has_its_notes() -> None:
    lost = changed(corrupt={(LEAD, QUOTED): {"active": False}})
    assert "notes-order-951" in keys(look(lost))


def note(body: str, **values: Any) -> dict[str, Any]:
    known = {"id": 8801, "model": ORDER, "res_id": QUOTATION, "message_type": "comment"}
    return {**known, "body": body, "author_id": 502, "date": "2026-11-20 09:00:00", **values}


def test_notes_that_somebody_wrote_on_the_quotation_are_carried() -> None:
    notes = opportunity(QUOTED)["description"]
    assert "notes-order-951" not in keys(look(with_rows(mail_message=[note(notes)])))
    elsewhere = note(notes, res_id=15)
    assert "notes-order-951" in keys(look(with_rows(mail_message=[elsewhere])))
    as_line = {(LINE, 9510): {"name": notes}}
    assert "notes-order-951" not in keys(look(changed(corrupt=as_line)))


def planned(of: int, **values: Any) -> dict[str, Any]:
    known = {"id": 8811, "res_model": LEAD, "res_id": of, "user_id": 102, "active": True}
    return {**known, "date_deadline": "2026-11-27", **values}


def test_what_is_planned_is_known_to_who_may_write_opportunities() -> None:
    odoo = writing(with_rows(mail_activity=[planned(QUOTED)]))
    assert keys(look(odoo)) == FOUND | {"activity-lead-702"}
    done = writing(with_rows(mail_activity=[planned(QUOTED, active=False)]))
    assert keys(look(done)) == FOUND | {"activity-lead-701", "activity-lead-702"}
    (gap,) = look(changed()).not_verifiable
    assert gap.check == "planned activities"
    assert "may not write crm.lead" in gap.reason
    assert look(changed(), policy={"activity_required": False}).not_verifiable == ()
    ruled = writing(changed(rules={ACTIVITY: [("id", ">", 1)]}))
    (gap,) = look(ruled).not_verifiable
    assert gap.reason == "the record rule some mail.activity hides rows of mail.activity"


def test_days_in_stages_are_those_of_the_firm() -> None:
    rows = firm.build(MONDAY.date())
    of = opportunity(704)
    history = [
        {**of, "id": 7100 + n, "company_id": 1, "active": n % 2 == 0}
        | {"stage_id": 1, "date_closed": False, "duration_tracking": {"2": 86400.0 * n}}
        for n in range(1, 31)
    ]
    moved = {"date_last_stage_update": "2026-10-20 09:00:00"}
    old = [{**row, **moved} if row["id"] == UNQUOTED else row for row in rows[LEAD]]
    odoo = Sandbox(MONDAY.date(), rows={**rows, LEAD: [*old, *history]})
    assert "days-in-stage-lead-702" in keys(look(odoo))
    assert "days-in-stage-lead-702" not in keys(look(odoo, policy={"least_history": 31}))
    assert "days-in-stage-lead-702" not in keys(look(odoo, policy={"history_days": 30}))


def test_a_field_of_the_firms_own_may_be_asked_for() -> None:
    asked = {"qualification": [{"fields": ["x_budget"]}]}
    declares = {LEAD: {"x_budget": {"type": "float", "store": True}}}
    odoo = Sandbox(MONDAY.date(), declares=declares)
    assert "qualification-lead-701" in keys(look(odoo, policy=asked))
    known = Sandbox(MONDAY.date(), declares=declares, corrupt={(LEAD, QUOTED): {"x_budget": 5.0}})
    assert "qualification-lead-701" not in keys(look(known, policy=asked))
    hidden = look(changed(), policy=asked)
    assert "fields of the opportunity" in {gap.check for gap in hidden.not_verifiable}


def test_margins_come_with_their_module() -> None:
    declares = {ORDER: {"margin_percent": {"type": "float", "store": True}}}
    low = Sandbox(
        MONDAY.date(), declares=declares, corrupt={(ORDER, QUOTATION): {"margin_percent": 0.1}}
    )
    assert "margin-order-951" in keys(look(low, policy={"margin_floor_percent": 20}))
    gaps = {
        gap.check for gap in look(changed(), policy={"margin_floor_percent": 20}).not_verifiable
    }
    assert "margin" in gaps


@pytest.mark.parametrize("version", [16, 17])
def test_before_odoo_18_prices_are_held_against_list_prices(version: int) -> None:
    def at(listed: float, **line: Any) -> set[str]:
        corrupt = {
            ("product.product", 1): {"lst_price": listed, "uom_id": 3},
            (LINE, 9510): {"product_uom_id": 3, **line},
        }
        return keys(look(Sandbox(MONDAY.date(), version=version, corrupt=corrupt)))

    assert "price-list-order-951" not in at(118.0)
    assert "price-list-order-951" in at(125.0)
    assert "price-list-order-951" not in at(125.0, pricelist_item_id=4)


@pytest.mark.parametrize(
    "rules",
    [
        {LEAD: [("user_id", "=", 102)]},
        {ORDER: [("user_id", "=", 102)], LINE: [("order_id", "=", 951)]},
        {LINE: [("id", "=", 9510)]},
        {"crm.stage": [("id", "!=", 2)]},
        {"mail.message": [("id", "=", 0)]},
    ],
    ids=lambda rules: next(iter(rules)),
)
def test_who_sees_only_a_salespersons_own_is_told_no_figure(rules: Mapping[str, Any]) -> None:
    reader = reading(changed(rules=rules))
    report = JOB.run(reader, NOW, QuotePolicy())
    assert (report.rows, report.measures, keys(report)) == ((), (), set())
    assert "*" in report.unseen
    (found,) = report.findings
    assert found.kind == "not-verifiable"


def test_without_rights_to_the_pipeline_quotations_are_checked_alone() -> None:
    for switches in ({"denied_models": [LEAD]}, {"lacks_modules": ["crm"]}):
        report = look(changed(**switches))
        assert keys(report) == {"days-to-answer-order-15"}
        assert "opportunities" in {gap.check for gap in report.not_verifiable}
        assert report.unseen >= {"close-date", "notes", "activity"}


def test_without_sales_or_the_link_of_both_opportunities_are_checked_alone() -> None:
    denied = look(changed(denied_models=[ORDER, LINE]))
    assert keys(denied) == {"close-date-lead-702"}
    assert "quotations" in {gap.check for gap in denied.not_verifiable}
    unlinked = look(changed(lacks_modules=["sale_crm"]))
    assert keys(unlinked) == {"close-date-lead-702", "days-to-answer-order-15"}
    assert "quotations of opportunities" in {gap.check for gap in unlinked.not_verifiable}


def test_a_hidden_team_or_customer_is_that_of_its_records_alone() -> None:
    reader = reading(changed(rules={"crm.team": [("id", "=", 2)]}))
    report = JOB.run(reader, NOW, QuotePolicy())
    assert keys(report) == FOUND
    assert {row["sales_team"] for row in report.rows} == {None}
    customers = reading(changed(rules={"res.partner": [("id", "!=", 28)]}))
    report = JOB.run(customers, NOW, QuotePolicy())
    assert keys(report) == FOUND
    assert {row["partner"] for row in report.rows if row["partner_id"] == 28} == {"customer 28"}


def test_nothing_is_told_where_a_currency_is_hidden() -> None:
    reader = reading(changed(rules={"res.currency": [("id", "=", 2)]}))
    report = JOB.run(reader, NOW, QuotePolicy())
    assert (report.rows, report.measures, keys(report)) == ((), (), set())
    assert {drift.model for drift in reader.drift} == {"res.currency"}


def test_who_sells_is_not_told_where_users_are_hidden() -> None:
    report = look(changed(rules={"res.users": [("id", "<", 103)]}))
    assert keys(report) == FOUND
    assert {row["salesperson"] for row in report.rows} == {None}


def test_one_bad_row_harms_no_other() -> None:
    reader = reading(changed(corrupt={(LEAD, UNQUOTED): {"expected_revenue": "much"}}))
    report = JOB.run(reader, NOW, QuotePolicy())
    assert keys(report) == FOUND - {"close-date-lead-702", "days-to-quotation-lead-702"}
    assert [drift.record_id for drift in reader.drift] == [UNQUOTED]


def test_what_is_of_no_team_customer_or_company_is_looked_at_all_the_same() -> None:
    bare = {"team_id": False, "partner_id": False, "company_id": False, "user_id": False}
    odoo = changed(corrupt={(LEAD, UNQUOTED): bare, (ORDER, 15): {"team_id": False}})
    report = look(odoo)
    assert keys(report) == FOUND
    (row,) = (row for row in report.rows if row["record_id"] == UNQUOTED)
    named = ("sales_team", "partner", "amount", "currency", "salesperson")
    assert [row[name] for name in named] == [None, None, "26000.00", "EUR", "finance"]
    (title,) = (f.title for f in report.findings if f.key == "close-date-lead-702")
    assert title == "Laboratory planning: expected close"


def test_a_firm_that_sells_nothing_has_nothing_wrong() -> None:
    rows = {**firm.build(MONDAY.date()), LEAD: [], ORDER: [], LINE: []}
    report = look(Sandbox(MONDAY.date(), rows=rows))
    assert (report.rows, report.findings) == ((), ())


@pytest.mark.parametrize("subject", [(LEAD, QUOTED), (ORDER, QUOTATION)])
def test_an_event_looks_at_an_opportunity_and_its_quotation(subject: tuple[str, int]) -> None:
    report = look(changed(), now=replace(NOW, only=frozenset({subject})))
    assert [(row["model"], row["record_id"]) for row in report.rows] == [subject]
    assert report.measures == ()
    assert keys(report) == {"notes-order-951"} & {f"notes-order-{subject[1]}"}


def test_calls_do_not_grow_with_the_pipeline() -> None:
    rows = firm.build(MONDAY.date())
    many = [{**opportunity(UNQUOTED), "id": 9000 + n} for n in range(300)]
    counts = []
    for leads in (rows[LEAD], [*rows[LEAD], *many]):
        overlay = Overlay(Sandbox(MONDAY.date(), rows={**rows, LEAD: leads}), {})
        look(overlay)
        counts.append(len(overlay.seen))
    assert counts[0] == counts[1]


def test_a_day_that_is_over_is_not_looked_at() -> None:
    report = look(changed(), now=replace(NOW, now=MONDAY.replace(day=25)))
    assert report.rows == ()
    assert [gap.check for gap in report.not_verifiable] == ["the pipeline of a day that is over"]
