"""What is told of margins, and when again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.findings import Finding, Report, Severity
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.financial.margin_watch.facts import Facts, Gap, Missing, Watched
from tasks.financial.margin_watch.job import judge
from tasks.financial.margin_watch.policy import MarginPolicy

from .making import EXCHANGE, books, logged, planned, project, sale, watched

M40 = {"planned_margin_percent": 40}


def report(
    now: AsOf, *found: Watched, standing: Mapping[str, date] | None = None, **policy: Any
) -> Report:
    moment = replace(now, standing=standing or {})
    facts = Facts(EXCHANGE, found, {5: "Ana"})
    return judge(facts, moment, MarginPolicy.model_validate({**M40, **policy}))


def one(found: Report, kind: str) -> Finding:
    (finding,) = (each for each in found.findings if each.kind == kind)
    return finding


def kinds(found: Report) -> set[str]:
    return {finding.kind for finding in found.findings}


def half(cost: object, **values: Any) -> Watched:
    """Half of 100 hours at 100, which have cost so much; planned at 6,000."""
    line = sale("time_and_materials", 100, 50, 100, hours_per_unit=1)
    return watched(line, logged={10: logged(50, cost)}, **values)


def fee(cost: object, progress: str = "0.25", **values: Any) -> Watched:
    """A fixed price of 30,000, planned to cost 18,000."""
    line = sale("fixed", 1, 80, 30000, by_hours=True)
    found = {10: logged(80, cost)}
    return watched(line, logged=found, progress=Decimal(progress), **values)


@pytest.mark.parametrize(
    ("cost", "bands", "severity"),
    [
        # At completion: 3,249 x 2 = 6,498 of 10,000 and so on.
        (3249, None, None),
        (3250, (1,), Severity.WARNING),
        (3499, (1,), Severity.WARNING),
        (3500, (2,), Severity.WARNING),
        (4000, (3,), Severity.CRITICAL),
    ],
)
def test_erosion_is_told_at_each_step_and_not_between(
    now: AsOf, cost: int, bands: tuple[int, ...] | None, severity: Severity | None
) -> None:
    found = [f for f in report(now, half(cost)).findings if f.kind == "erosion"]
    assert [(f.bands, f.severity) for f in found] == ([(bands, severity)] if bands else [])


def test_erosion_says_both_margins_and_what_is_left(now: AsOf) -> None:
    found = one(report(now, half(3300, project=project(user_id=5))), "erosion")
    assert found.key == "erosion-7"
    assert str(found.reason) == "planned 40 %, at completion 34 %: 6 points less"
    assert (found.amount, found.currency, found.owner) == (Decimal("3400.00"), "EUR", "Ana")
    assert (found.model, found.record_id) == ("project.project", 7)


def test_a_loss_at_completion_is_told(now: AsOf) -> None:
    found = one(report(now, half(5600)), "loss")
    assert (found.bands, found.amount) == ((2,), Decimal("-1200.00"))
    assert str(found.reason) == "the margin at completion is -12 %"


def test_a_loss_of_now_is_told_where_nobody_knows_the_end(now: AsOf) -> None:
    """A milestone of 100 of 400 is reached; what is to come is hidden."""
    line = sale("milestone", 1, "0.25", 400)
    facts = Facts(EXCHANGE, [watched(line, logged={10: logged(2, 150)})], ordered_unknown=Text("x"))
    found = judge(facts, now, MarginPolicy())
    assert str(one(found, "loss").reason) == "the margin of now is -50 %"
    assert [gap.check for gap in found.not_verifiable] == ["purchase orders"]
    assert found.rows[0]["ordered_costs"] is None


def test_a_fixed_price_that_burns_faster_than_it_gets_done_is_told(now: AsOf) -> None:
    """9,000 of 18,000 are spent, and a quarter is done: 25 points ahead."""
    found = one(report(now, fee(9000)), "burn")
    assert (found.key, found.bands) == ("burn-7-10", (2,))
    assert str(found.reason) == "50 % of its plan is spent, and 25 % is done"
    assert "burn" not in kinds(report(now, fee(6000)))


def test_a_plan_in_hours_burns_by_hours(now: AsOf) -> None:
    line = sale("milestone", 1, "0.25", 10000)
    tasks = {10: planned(100, 0, 60)}
    found = watched(line, logged={10: logged(40, 2000)}, planned=tasks)
    told = judge(Facts(EXCHANGE, [found]), now, MarginPolicy())
    assert str(one(told, "burn").reason) == "40 % of its plan is spent, and 25 % is done"
    assert told.rows[0]["plan_basis"] == "hours"


def test_more_hours_by_the_hour_burn_nothing(now: AsOf) -> None:
    line = sale("time_and_materials", 100, 200, 100)
    assert "burn" not in kinds(report(now, watched(line, logged={10: logged(200, 12000)})))


@pytest.mark.parametrize(("used", "bands"), [(31, None), (32, (1,)), (40, (2,)), (60, (2,))])
def test_hours_in_advance_are_told_as_they_are_used_up(
    now: AsOf, used: int, bands: tuple[int, ...] | None
) -> None:
    line = sale("fixed", 40, used, 120, by_hours=True, hours_per_unit=1)
    told = report(now, watched(line, logged={10: logged(used, used)}))
    assert [f.bands for f in told.findings if f.kind == "used-up"] == ([bands] if bands else [])


def test_what_is_invoiced_and_not_in_the_books_is_told_to_finance(now: AsOf) -> None:
    line = sale("time_and_materials", 100, 50, 100, billed=1000)
    apart = watched(line, logged={10: logged(50, 3000)}, books=books(940))
    found = one(report(now, apart), "not-recognised")
    assert (found.bands, found.amount, str(found.owner)) == ((1,), Decimal("60.00"), "finance")
    alike = replace(apart, books=books(1000))
    assert "not-recognised" not in kinds(report(now, alike))


def test_what_is_missing_is_told_and_no_margin(now: AsOf) -> None:
    gap = Gap(Missing.NO_ACCOUNT, Text("no account"))
    told = report(now, half(9000, gaps=(gap,), books=None))
    assert kinds(told) == {"coding"}
    assert str(one(told, "coding").reason) == "no account"
    (row,) = told.rows
    assert (row["status"], str(row["reason"])) == ("not_verifiable", "no account")
    assert [row[name] for name in ("cost", "margin", "recognised", "purchases")] == [None] * 4
    assert (row["sold"], row["cost_of_hours"]) == ("10000.00", "9000.00")


def test_what_was_told_stays_while_nobody_can_tell_the_margin(now: AsOf) -> None:
    gap = Gap(Missing.NO_ACCOUNT, Text("no account"))
    stood = dict.fromkeys(("erosion-7", "loss-7", "burn-7-10", "not-recognised-7"), now.day)
    told = report(now, half(9000, gaps=(gap,), books=None), standing=stood)
    assert {f.key: f.bands for f in told.findings} == {
        "coding-7": (1,),
        "erosion-7": (0,),
        "loss-7": (0,),
        "burn-7-10": (0,),
        "not-recognised-7": (0,),
    }
    assert kinds(report(now, half(3000), standing=stood)) == set()


def test_of_what_could_not_be_read_nothing_is_told_and_no_case_closes(now: AsOf) -> None:
    gap = Gap(Missing.UNREAD, Text("an order line could not be read"))
    assert kinds(report(now, half(9000, gaps=(gap,)))) == set()
    keys = ("coding-7", "loss-7", "used-up-7-11", "burn-7-10", "burn-71-10")
    told = report(now, half(9000, gaps=(gap,)), standing=dict.fromkeys(keys, now.day))
    assert [f.key for f in told.findings] == ["loss-7", "burn-7-10", "used-up-7-11", "coding-7"]
    (row,) = told.rows
    assert (row["status"], row["sold"], row["service_lines"]) == ("not_verifiable", None, None)


def test_who_is_exempt_is_shown_and_not_told(now: AsOf) -> None:
    told = report(now, half(9000), exempt_projects=[7])
    assert not told.findings
    assert told.rows[0]["status"] == "exempt"


@pytest.mark.parametrize(
    ("found", "status"),
    [(half(3000), "ok"), (half(3300), "eroded"), (half(5600), "loss"), (fee(6001), "eroded")],
)
def test_the_status_is_the_gravest(now: AsOf, found: Watched, status: str) -> None:
    assert report(now, found).rows[0]["status"] == status


def test_burning_alone_is_a_status(now: AsOf) -> None:
    told = report(now, fee(9000), erosion_points=[], loss_percent=[])
    assert told.rows[0]["status"] == "burning"


def test_a_row_says_why_nothing_is_foreseen(now: AsOf) -> None:
    line = sale("milestone", 1, 0, 20000)
    found = watched(line, logged={10: logged(50, 3000)})
    (row,) = judge(Facts(EXCHANGE, [found]), now, MarginPolicy(loss_percent=())).rows
    assert str(row["reason"]) == (
        "no planned cost, margin or hours; nothing says how much of it is left"
    )


def test_totals_are_those_of_projects_that_can_be_told(now: AsOf) -> None:
    gap = Gap(Missing.NO_ACCOUNT, Text("no account"))
    hidden = half(9000, gaps=(gap,), number=8, project=project(8))
    told = report(now, half(3000), fee(6000, number=9, project=project(9)), hidden)
    (total,) = told.totals
    assert (total["projects"], total["verifiable_projects"]) == (3, 2)
    assert (total["sold"], total["earned"]) == ("40000.00", "12500.00")
    assert (total["cost"], total["margin"]) == ("9000.00", "3500.00")
    measured = {(m.name, *m.labels.values()): (m.value, dict(m.excluded)) for m in told.measures}
    assert measured["project_margin", "EUR"] == (3500.0, {"not_verifiable": 1})
    # 4,000 and 6,000.
    assert measured["project_margin_at_completion", "EUR"] == (10000.0, {"not_verifiable": 1})
    assert measured["service_line_margin", "EUR", "Services"][0] == 3500.0
    assert measured["margin_findings", "coding"][0] == 1
    assert measured["margin_verifiable_percent",][0] == pytest.approx(66.67, abs=0.01)


def test_a_row_names_the_parts_of_a_project(now: AsOf) -> None:
    (row,) = report(now, fee(9000)).rows
    assert row["service_lines"] == [
        {
            "service_line": "Services",
            "billing": "fixed",
            "sold": "30000.00",
            "earned": "7500.00",
            "billed": "0.00",
            "hours": 80.0,
            "cost_of_hours": "9000.00",
            "planned_cost": "18000.00",
            "plan_basis": "margin",
            "progress_percent": 25.0,
            "burnt_percent": 50.0,
            "used_percent": None,
            "cost_at_completion": "36000.00",
        }
    ]


def test_without_projects_there_is_nothing_to_tell(now: AsOf) -> None:
    told = report(now)
    assert (told.rows, told.totals, told.findings) == ((), (), ())
    assert "margin_verifiable_percent" not in {m.name for m in told.measures}


def test_without_the_companys_currency_nothing_is_told(now: AsOf) -> None:
    assert judge(Facts(None), now, MarginPolicy()) == Report(rows=())


def test_what_is_in_no_service_line_goes_by_its_category() -> None:
    policy = MarginPolicy.model_validate(
        {
            "service_lines": [
                {"name": "Advice", "categories": [2]},
                {"name": "IT", "categories": [5]},
            ]
        }
    )
    found = policy.line_of((1, 2, 4))
    assert found is not None
    assert found.name == "Advice"
    assert policy.line_of((1, 3)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"erosion_points": [10, 5]},
        {"burn_points": [5, 5]},
        {"service_lines": [{"name": "A", "categories": [1]}, {"name": "a", "categories": [2]}]},
        {"service_lines": [{"name": "A", "categories": [1]}, {"name": "B", "categories": [1]}]},
        {"service_lines": [{"name": "A", "categories": []}]},
        {"planned_margin_percent": 101},
        {"forecast": "by_gut"},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MarginPolicy.model_validate(wrong)
