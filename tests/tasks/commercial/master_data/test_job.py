"""What finance is told of customers and projects that stand twice, and of codes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.sandbox.firm import codes
from tasks.commercial.master_data.job import JOB
from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
TAXONOMY: Final[Mapping[str, Any]] = {
    "service_lines": (codes.ADVISORY, codes.IMPLEMENTATION, codes.MANAGED),
    "project_tags": ("Key account",),
    "analytic_plans": (1,),
}
PARTNER, PROJECT, ORDER, LINE = "res.partner", "project.project", "sale.order", "sale.order.line"


def look(sandbox: Sandbox | Overlay, company_id: int = 1, now: AsOf = NOW, **policy: Any) -> Report:
    odoo = reading(sandbox, company_id)
    report = JOB.run(odoo, now, MasterDataPolicy(**policy))
    assert odoo.drift == []
    return report


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def measured(report: Report) -> dict[tuple[str, ...], float]:
    return {(m.name, *m.labels.values()): m.value for m in report.measures}


def with_customer(values: Mapping[str, Any]) -> Sandbox:
    """The firm, where the subsidiary of another customer is somebody else."""
    return changed(corrupt={(PARTNER, 123): {"email": False, "parent_id": False, **values}})


def test_each_way_of_standing_twice_is_found_once(sandbox: Sandbox) -> None:
    report = look(sandbox)
    assert keys(report) >= {
        "duplicate-customers-20-120",
        "duplicate-customers-21-121",
        "duplicate-customers-22-122",
        "duplicate-projects-101-150",
    }
    assert finding(report, "duplicate-customers-21-121").reason == (
        "both have the VAT number BE0400000021; their names are alike"
    )
    assert finding(report, "duplicate-customers-22-122").reason == (
        "both write from customer3.example"
    )
    by_name = finding(report, "duplicate-customers-20-120")
    assert (by_name.title, by_name.severity, by_name.record_id) == (
        "Hafenwerk and Hafenwerk GmbH may be one customer",
        "info",
        120,
    )
    assert by_name.url.endswith("/res.partner/120")
    assert finding(report, "duplicate-customers-21-121").severity == "warning"


def test_salesperson_and_manager_own_what_stands_twice_else_the_role(sandbox: Sandbox) -> None:
    assert finding(look(sandbox), "duplicate-customers-20-120").owner == "Bruno Claes"
    assert finding(look(sandbox), "duplicate-projects-101-150").owner == "Bruno Claes"
    nobodys = changed(corrupt={(PARTNER, 20): {"user_id": False}})
    assert finding(look(nobodys), "duplicate-customers-20-120").owner == "finance"


def test_a_firm_its_contacts_and_its_subsidiaries_are_not_one_another(sandbox: Sandbox) -> None:
    pairs = [row for row in look(sandbox).rows if row["kind"] == "duplicate-customers"]
    assert {row["record_id"] for row in pairs} == {120, 121, 122}
    same = {"name": "Kunsthaus Verlag", "vat": "BE0400000023"}
    sister = changed(corrupt={(PARTNER, n): {**same, "parent_id": 29} for n in (23, 123)})
    assert "duplicate-customers-23-123" not in keys(look(sister))
    apart = with_customer(same)
    assert "duplicate-customers-23-123" in keys(look(apart))
    circle = changed(
        corrupt={
            (PARTNER, 23): {"parent_id": 123},
            (PARTNER, 123): {**same, "parent_id": 23},
        }
    )
    assert "duplicate-customers-23-123" not in keys(look(circle))


def test_contacts_are_compared_as_the_firm_behind_them(sandbox: Sandbox) -> None:
    contact = {"name": "Hafenwerk GmbH", "vat": "BE0400000020", "email": "a@customer1.example"}
    of_the_firm = with_customer({**contact, "parent_id": 20, "commercial_partner_id": 20})
    assert {key for key in keys(look(of_the_firm)) if "123" in key} == set()


def test_archived_customers_are_compared_with_nobody(sandbox: Sandbox) -> None:
    gone = changed(corrupt={(PARTNER, 120): {"active": False}})
    assert "duplicate-customers-20-120" not in keys(look(gone))


def test_a_free_domain_says_nothing_of_who_writes(sandbox: Sandbox) -> None:
    assert "duplicate-customers-22-122" not in keys(
        look(sandbox, free_mail_domains=("customer3.example",))
    )
    assert "duplicate-customers-22-122" not in keys(look(sandbox, same_mail_domain=False))
    assert "gmail.com" in MasterDataPolicy().free_mail_domains


def test_companies_do_not_mix_and_each_hears_of_its_own(sandbox: Sandbox) -> None:
    mine, theirs = look(sandbox), look(sandbox, 2)
    assert "duplicate-customers-42-124" in keys(theirs)
    assert not keys(mine) & keys(theirs)
    assert {row["record_id"] for row in theirs.rows if row["kind"] == "duplicate-customers"} == {
        124
    }


def test_a_customer_of_two_companies_under_two_names_is_told_in_both(sandbox: Sandbox) -> None:
    same = changed(corrupt={(PARTNER, 42): {"name": "Hafenwerk", "vat": False, "email": False}})
    for company_id in (1, 2):
        found = {k for k in keys(look(same, company_id)) if k.startswith("duplicate-customers")}
        assert "duplicate-customers-20-42" in found or "duplicate-customers-42-120" in found


def test_whoever_ordered_nothing_and_was_not_invoiced_is_no_customer(sandbox: Sandbox) -> None:
    prospect = changed(corrupt={(PARTNER, 120): {"customer_rank": 0}})
    assert "duplicate-customers-20-120" not in keys(look(prospect))
    bare = changed(hidden_fields=[(PARTNER, "customer_rank")])
    assert "duplicate-customers-20-120" not in keys(look(bare))


def test_projects_of_two_customers_and_templates_are_not_one(sandbox: Sandbox) -> None:
    other = changed(corrupt={(PROJECT, 150): {"partner_id": 21}})
    assert "duplicate-projects-101-150" not in keys(look(other))
    template = changed(corrupt={(PROJECT, 150): {"is_template": True}})
    assert "duplicate-projects-101-150" not in keys(look(template))
    of_a_contact = changed(corrupt={(PROJECT, 150): {"partner_id": 89, "name": "Nordsee Logistik"}})
    assert "duplicate-projects-110-150" in keys(look(of_a_contact))


def test_internal_projects_have_no_customer_and_no_codes(sandbox: Sandbox) -> None:
    report = look(changed(corrupt={(PROJECT, 150): {"partner_id": False, "name": "Internal"}}))
    assert not {key for key in keys(report) if key.startswith("duplicate-projects")}
    assert 1 not in {row["record_id"] for row in report.rows if row["model"] == PROJECT}


def test_codes_are_held_against_what_the_company_expects(sandbox: Sandbox) -> None:
    report = look(sandbox, **TAXONOMY)
    reasons = {f.key: f.reason for f in report.findings if "codes" in f.key}
    assert reasons == {
        "missing-codes-project-105": "it has no tag of a service line",
        "missing-codes-project-112": "it has no analytic account",
        "inconsistent-codes-project-109": (
            "its analytic account Biolab Leuven is in a plan that is not expected"
        ),
        "inconsistent-codes-project-113": "its analytic account Orchestre de Gand is archived",
        "inconsistent-codes-project-117": (
            "it has tags of several service lines: Implementation, Managed services"
        ),
        "inconsistent-codes-project-118": "it has tags that are not expected: Pilot",
        "missing-codes-order-5": "it has no tag of a service line",
        "missing-codes-order-12": "1 service is on no analytic account",
        "missing-codes-order-904": "2 services are on no analytic account",
        "inconsistent-codes-order-6": (
            "its revenue is on other analytic accounts than the hours of Museo Civico"
        ),
    }
    (other,) = (f for f in look(sandbox, 2, **TAXONOMY).findings if "codes" in f.key)
    assert other.reason == "its service line is Advisory, that of Harbor Mutual is Managed services"
    assert (other.key, other.owner) == ("inconsistent-codes-order-23", "Alice Morgan")


def test_without_a_taxonomy_accounts_alone_are_asked_for(sandbox: Sandbox) -> None:
    found = {key for key in keys(look(sandbox)) if "codes" in key}
    assert found == {
        "missing-codes-project-112",
        "inconsistent-codes-project-113",
        "missing-codes-order-12",
        "missing-codes-order-904",
        "inconsistent-codes-order-6",
    }
    quiet = look(sandbox, project_account_required=False, order_account_required=False)
    assert {key for key in keys(quiet) if "codes" in key} == {"inconsistent-codes-project-113"}


def test_tags_are_known_whatever_their_case(sandbox: Sandbox) -> None:
    loud = {**TAXONOMY, "service_lines": tuple(map(str.upper, TAXONOMY["service_lines"]))}
    assert keys(look(sandbox, **loud)) == keys(look(sandbox, **TAXONOMY))


def test_an_account_of_another_company_does_not_fit(sandbox: Sandbox) -> None:
    moved = changed(corrupt={("account.analytic.account", 101): {"company_id": 2}})
    assert finding(look(moved), "inconsistent-codes-project-101").reason == (
        "its analytic account Hafenwerk GmbH is another company's"
    )


def test_of_several_plans_the_account_of_the_project_may_be_any(sandbox: Sandbox) -> None:
    shares = {"7,106": 50.0, "8,106": 50.0}
    mended = changed(corrupt={(LINE, 60): {"analytic_distribution": shares}})
    assert "inconsistent-codes-order-6" not in keys(look(mended))


def test_what_is_sold_on_a_project_with_an_account_is_booked_there(sandbox: Sandbox) -> None:
    bare = changed(corrupt={(LINE, 10): {"analytic_distribution": False}})
    assert "missing-codes-order-1" not in keys(look(bare))
    loose = {(LINE, 10): {"analytic_distribution": False, "project_id": False}}
    assert "missing-codes-order-1" in keys(look(changed(corrupt=loose)))


def test_an_order_that_sells_no_service_has_no_codes(sandbox: Sandbox) -> None:
    goods = changed(corrupt={(LINE, 10): {"is_service": False}})
    assert 1 not in {row["record_id"] for row in look(goods).rows if row["model"] == ORDER}


def test_the_policy_of_orders_is_that_of_their_sales_team(sandbox: Sandbox) -> None:
    unit = MasterDataPolicy(order_account_required=False)
    policy = MasterDataPolicy().with_units({}, {1: unit})
    report = JOB.run(reading(sandbox), NOW, policy)
    assert not {key for key in keys(report) if "-order-" in key}
    assert {r["policy"] for r in report.rows if r["model"] == ORDER} == {unit.version}


def test_orders_of_long_ago_are_left_alone(sandbox: Sandbox) -> None:
    orders = {r["record_id"] for r in look(sandbox, look_back_days=90).rows if r["model"] == ORDER}
    ago = {o["id"]: o["date_order"][:10] for o in firm.build(MONDAY.date())[ORDER]}
    assert orders
    assert all(ago[n] >= str(MONDAY.date() - timedelta(days=90)) for n in orders)
    assert orders < {r["record_id"] for r in look(sandbox).rows if r["model"] == ORDER}


def acknowledged(*cases: str, until: date | None = None) -> AsOf:
    at = MONDAY - timedelta(days=3)
    acts = [
        Act(
            ActKind.ACKNOWLEDGED,
            *("ann@firm.example", JOB.name, "firm", 1, key, at),
            until=until,
            severity="info",
        )
        for key in cases
    ]
    return replace(NOW, acts=tuple(acts))


def test_a_pair_said_to_be_two_is_one_again_once_it_has_one_vat_number(sandbox: Sandbox) -> None:
    of_one = changed(corrupt={(PARTNER, 120): {"vat": "BE 0400 000 020"}})
    report = look(of_one, now=acknowledged("duplicate-customers-20-120"))
    assert measured(report)["duplicate_customers", "vat"] == 2


def test_a_pair_that_somebody_said_is_two_is_listed_and_not_counted(sandbox: Sandbox) -> None:
    key, other = "duplicate-customers-20-120", "duplicate-projects-101-150"
    before, report = look(sandbox), look(sandbox, now=acknowledged(key, other))
    # The case stays, so that what was said of it does.
    assert keys(report) == keys(before)
    status = {row["record_id"]: row["status"] for row in report.rows if row["other_id"]}
    assert status == {120: "different", 121: "duplicate", 122: "duplicate", 150: "different"}
    assert measured(before)["duplicate_customers", "name"] == 1
    assert measured(report)["duplicate_customers", "name"] == 0
    assert measured(report)["duplicate_projects",] == 0
    assert [m.excluded for m in report.measures if m.excluded] == [{"acknowledged": 1}] * 2
    (total,) = report.totals
    assert (total["duplicate_customers"], total["duplicate_projects"]) == (2, 0)
    over = look(sandbox, now=acknowledged(key, until=MONDAY.date() - timedelta(days=1)))
    assert measured(over)["duplicate_customers", "name"] == 1


def test_totals_and_measures_count_what_is_found(sandbox: Sandbox) -> None:
    report = look(sandbox, **TAXONOMY)
    (total,) = report.totals
    assert total["customers"] == 25
    found = measured(report)
    assert total["duplicate_customers"] == sum(
        value for name, value in found.items() if name[0] == "duplicate_customers"
    )
    for name in ("missing_codes", "inconsistent_codes"):
        of = {key: value for key, value in found.items() if key[0] == name}
        assert total[name] == sum(of.values())
        assert of.keys() == {(name, "project"), (name, "order")}
    assert total["duplicate_projects"] == found["duplicate_projects",] == 1


@pytest.mark.parametrize("name", [False, "", "🍺", "x" * 10_000, "\u202eGmbH", "شركة", " "])
def test_odd_names_are_compared_or_left_alone(name: str | bool) -> None:
    odd = {"name": name, "display_name": name or "odd", "vat": False, "email": False}
    twice = changed(corrupt={(PARTNER, 120): odd, (PARTNER, 20): odd})
    report = look(twice)
    says_something = isinstance(name, str) and bool(name.strip())
    assert ("duplicate-customers-20-120" in keys(report)) is says_something


def test_a_customer_without_a_name_is_called_by_the_id(sandbox: Sandbox) -> None:
    nameless = changed(corrupt={(PARTNER, 121): {"name": False}})
    found = finding(look(nameless), "duplicate-customers-21-121")
    assert found.title == "customer 121 and Lumen Energie may be one customer"


def gaps(report: Report) -> dict[str, str]:
    return {str(gap.check): str(gap.reason) for gap in report.not_verifiable}


@pytest.mark.parametrize(
    ("switches", "check", "lost"),
    [
        (
            {"hidden_fields": [(LINE, "analytic_distribution")]},
            "analytic accounts of orders",
            {("missing_codes", "order"), ("inconsistent_codes", "order")},
        ),
        (
            {"hidden_fields": [(ORDER, "tag_ids")]},
            "service lines of orders",
            {("missing_codes", "order"), ("inconsistent_codes", "order")},
        ),
        (
            {"denied_models": ["crm.tag"]},
            "service lines of orders",
            {("missing_codes", "order"), ("inconsistent_codes", "order")},
        ),
        (
            {"hidden_fields": [(PROJECT, "account_id")]},
            "analytic accounts of projects",
            {("missing_codes", "project"), ("inconsistent_codes", "project")},
        ),
        (
            {"denied_models": ["account.analytic.account"]},
            "analytic plans",
            {("missing_codes", "project"), ("inconsistent_codes", "project")},
        ),
        (
            {"denied_models": [ORDER, LINE]},
            "customers and orders",
            {
                *(("duplicate_customers", sign) for sign in ("vat", "name", "mail_domain")),
                *(("missing_codes", "order"), ("inconsistent_codes", "order")),
            },
        ),
        (
            {"lacks_modules": ["project"]},
            "projects",
            {
                ("duplicate_projects",),
                *(("missing_codes", "project"), ("inconsistent_codes", "project")),
            },
        ),
    ],
)
def test_what_cannot_be_told_is_not_verifiable_and_closes_no_case(
    switches: Mapping[str, Any], check: str, lost: set[tuple[str, ...]], sandbox: Sandbox
) -> None:
    whole, report = look(sandbox, **TAXONOMY), look(changed(**switches), **TAXONOMY)
    assert check in gaps(report)
    assert all(gap.remedy for gap in report.not_verifiable)
    assert measured(whole).keys() - measured(report).keys() == lost
    gone = [f for f in whole.findings if f.key not in keys(report)]
    assert not [f.key for f in gone if report.covers(f)]
    assert keys(report) <= keys(whole)
    (total,) = report.totals
    assert None in total.values()


def test_what_the_policy_does_not_ask_for_is_no_gap(sandbox: Sandbox) -> None:
    blind = changed(
        hidden_fields=[(LINE, "analytic_distribution"), (PROJECT, "account_id")],
        denied_models=["crm.tag", "account.analytic.account"],
    )
    report = look(blind, project_account_required=False, order_account_required=False)
    assert report.not_verifiable == ()
    assert not {key for key in keys(report) if "codes" in key}


def test_a_day_that_is_over_is_not_told_of(sandbox: Sandbox) -> None:
    then = AsOf(datetime(2026, 11, 20, 22, tzinfo=UTC), NOW.zone, MONDAY)
    report = look(sandbox, now=then)
    assert (report.rows, report.findings) == ((), ())
    assert "no history" in gaps(report)["master data of a day that is over"]


def many(times: int) -> Sandbox:
    """The firm with so many times its customers, orders and projects, each apart."""
    rows = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
    for turn in range(1, times):
        for model in (PARTNER, PROJECT, ORDER, LINE, "account.analytic.account"):
            added = firm.build(MONDAY.date())[model]
            rows[model] += [_moved(row, turn * 10_000) for row in added]
    return Sandbox(MONDAY.date(), rows=rows)


def _moved(row: Mapping[str, Any], by: int) -> dict[str, Any]:
    own = ("id", "order_id", "project_id", "partner_id", "commercial_partner_id", "account_id")
    return {
        **row,
        **{name: row[name] + by for name in own if row.get(name)},
        "name": f"{row['name']} {by}",
        "email": False,
        "vat": False,
    }


def test_calls_do_not_grow_with_the_number_of_records() -> None:
    def calls(sandbox: Sandbox) -> int:
        overlay = Overlay(sandbox, {})
        look(overlay, **TAXONOMY)
        return len(overlay.seen)

    assert calls(many(5)) == calls(many(1))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("customer_names_alike_percent", 50, "greater than or equal to 80"),
        ("project_names_alike_percent", 101, "less than or equal to 100"),
        ("free_mail_domains", ["@gmail.com"], "write it in small letters like gmail.com"),
        ("free_mail_domains", ["localhost"], "is not a domain"),
        ("service_lines", ["Advisory", "advisory"], "name each tag once"),
        ("project_tags", [""], "at least 1 character"),
        ("analytic_plans", [0], "not an id"),
        ("look_back_days", 0, "greater than or equal to 1"),
    ],
)
def test_a_policy_that_is_not_meant_is_refused(key: str, value: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        MasterDataPolicy.model_validate({key: value})
