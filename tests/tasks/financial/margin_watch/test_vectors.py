"""Margins of 43 projects, each figure computed by hand.

Planned cost is what is sold less the planned margin, earned value is planned cost x progress, and
cost at completion (eac) is AC + (BAC - EV) / CPI where nothing else is said.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pytest

from tasks.domain.money import Currency
from tasks.domain.texts import Text
from tasks.financial.margin_watch.facts import Gap, Missing, Watched

from .making import USD, books, figures, logged, margin, planned, sale, watched

D = Decimal


@dataclass(frozen=True)
class Vector:
    """A project, what it is judged by, and what comes out."""

    name: str
    found: Watched
    #: sold, earned, cost, margin, percent; planned cost, cost and margin at completion, erosion.
    expected: tuple[object, ...]
    policy: dict[str, Any] = field(default_factory=lambda: {"planned_margin_percent": 40})
    billed: object = 0
    knows_ordered: bool = True


BY_HALF: Final[dict[str, Any]] = {"planned_margin_percent": 50}
NO_PLAN: Final[dict[str, Any]] = {}
BY_TASKS: Final[dict[str, Any]] = {"planned_margin_percent": 40, "forecast": "remaining_hours"}
ADVICE: Final[dict[str, Any]] = {"name": "Advice", "categories": [2], "planned_margin_percent": 25}


def time(delivered: object, *hours: object, sold: object = 100, **values: Any) -> Watched:
    """100 hours at 100 each, if not said otherwise; hours and their cost."""
    line = sale("time_and_materials", sold, delivered, 100, hours_per_unit=1)
    return watched(line, **{"logged": {10: logged(*hours)} if hours else {}, **values})


def staged(delivered: object, *hours: object, price: int = 20000, **values: Any) -> Watched:
    """Milestones of 20,000 together."""
    found = {10: logged(*hours)} if hours else {}
    return watched(sale("milestone", 1, delivered, price), **{"logged": found, **values})


def fee(**values: Any) -> Watched:
    """A fixed price of 30,000, on which 80 hours have cost 6,000."""
    line = sale("fixed", 1, 80, 30000, by_hours=True)
    return watched(line, **{"logged": {10: logged(80, 6000)}, **values})


def retainer(used: int, cost: int) -> Watched:
    """40 hours that were sold in advance at 120."""
    line = sale("fixed", 40, used, 120, by_hours=True, hours_per_unit=1)
    return watched(line, logged={10: logged(used, cost)})


def typed_in(delivered: int, **values: Any) -> Watched:
    """Four pieces at 1,000 as ordered, on which 10 hours have cost 500."""
    return watched(sale("fixed", 4, delivered, 1000), logged={10: logged(10, 500)}, **values)


def bought(**values: Any) -> Watched:
    """Ten days at 1,000, planned to be bought at 600; half of them delivered, billed at 3,000."""
    line = sale("manual", 10, 5, 1000, unit_cost=600)
    return watched(line, **{"books": books(purchases=3000), **values})


def mixed() -> Watched:
    """Time and milestones in two service lines, half of each delivered."""
    advice = sale("time_and_materials", 100, 50, 100, category=(1, 3), category_name="Advice")
    staged = sale("milestone", 1, "0.5", 10000, number=2)
    return watched(advice, staged, logged={10: logged(50, 3000), 20: logged(100, 4000)})


PAID_BACK = sale("expense", 0, 1, 500, number=2)
DISCOUNT = sale("fixed", 1, 0, -1000, number=2)
ADVANCE = sale("down_payment", 0, 0, 0, number=2, billed=2000)
HALF = sale("time_and_materials", 100, 50, 100, billed=1000)
SPENT = {10: logged(50, 3000)}
NO_ACCOUNT = Gap(Missing.NO_ACCOUNT, Text("the project has no analytic account"))

VECTORS: Final = (
    Vector(
        "time, half done", time(50, 50, 3000), (10000, 5000, 3000, 2000, 40, 6000, 6000, 4000, 0)
    ),
    Vector("time, dearer", time(50, 50, 4000), (10000, 5000, 4000, 1000, 20, 6000, 8000, 2000, 20)),
    Vector(
        "time, cheaper", time(50, 50, 2500), (10000, 5000, 2500, 2500, 50, 6000, 5000, 5000, -10)
    ),
    Vector(
        "time, more than ordered",
        time(120, 120, 7200),
        (10000, 12000, 7200, 4800, 40, 6000, 7200, 4800, 0),
    ),
    Vector("time, not begun", time(0), (10000, 0, 0, 0, None, 6000, 6000, 4000, 0)),
    Vector(
        "time, nothing ordered",
        time(10, 10, 600, sold=0),
        (0, 1000, 600, 400, 40, 0, 600, 400, None),
    ),
    Vector(
        "milestones, half reached",
        staged("0.5", 100, 6000),
        (20000, 10000, 6000, 4000, 40, 12000, 12000, 8000, 0),
    ),
    Vector(
        "milestones, none reached: by the hours that are left",
        staged(0, 50, 3000, planned={10: planned(200, 0, 150)}),
        (20000, 0, 3000, -3000, None, 12000, 12000, 8000, 0),
    ),
    Vector(
        "milestones, none reached and no tasks",
        staged(0, 50, 3000),
        (20000, 0, 3000, -3000, None, 12000, None, None, None),
    ),
    Vector(
        "milestones, all reached",
        staged(1, 250, 15000),
        (20000, 20000, 15000, 5000, 25, 12000, 15000, 5000, 15),
    ),
    Vector(
        "by days",
        watched(sale("manual", 10, 4, 800, hours_per_unit=8), logged={10: logged(32, 2000)}),
        (8000, 3200, 2000, 1200, D("37.5"), 4000, 5000, 3000, D("12.5")),
        BY_HALF,
    ),
    Vector(
        "hours in advance",
        retainer(30, 1800),
        (4800, 3600, 1800, 1800, 50, 2400, 2400, 2400, 0),
        BY_HALF,
    ),
    Vector(
        "hours in advance, used up",
        retainer(50, 3000),
        (4800, 4800, 3000, 1800, D("37.5"), 2400, 3000, 1800, D("12.5")),
        BY_HALF,
    ),
    Vector(
        "fixed price, as its manager says",
        fee(progress=D("0.25")),
        (30000, 7500, 6000, 1500, 20, 18000, 24000, 6000, 20),
    ),
    Vector(
        "fixed price, by tasks that are done",
        fee(planned={10: planned(200, 50, 160)}),
        (30000, 7500, 6000, 1500, 20, 18000, 24000, 6000, 20),
    ),
    Vector(
        "fixed price, by the hours that are left",
        fee(planned={None: planned(200, 50, 160)}),
        (30000, 7500, 6000, 1500, 20, 18000, 18000, 12000, 0),
        BY_TASKS,
    ),
    Vector(
        "fixed price, nobody says how far",
        fee(),
        (30000, None, 6000, None, None, 18000, None, None, None),
    ),
    Vector(
        "fixed price, not begun", fee(logged={}), (30000, 0, 0, 0, None, 18000, 18000, 12000, 0)
    ),
    Vector(
        "fixed price, delivery typed in",
        typed_in(1),
        (4000, 1000, 500, 500, 50, 2000, 2000, 2000, 0),
        BY_HALF,
    ),
    Vector(
        "fixed price, delivery not typed in",
        typed_in(0, progress=D("0.5")),
        (4000, 2000, 500, 1500, 75, 2000, 1000, 3000, -25),
        BY_HALF,
    ),
    Vector(
        "planned cost of Odoo",
        watched(
            sale("time_and_materials", 100, 50, 100, unit_cost=70), logged={10: logged(50, 3500)}
        ),
        (10000, 5000, 3500, 1500, 30, 7000, 7000, 3000, 0),
    ),
    Vector(
        "in dollars at 0.80",
        watched(
            sale("manual", 10, 5, 1000, unit_cost=500, currency=USD, billed=2500),
            logged={10: logged(25, 2500)},
        ),
        (8000, 4000, 2500, 1500, D("37.5"), 4000, 5000, 3000, D("12.5")),
        billed=2000,
    ),
    Vector(
        "planned by hours",
        staged("0.5", 60, 3000, price=10000, planned={10: planned(100, 50, 40)}),
        (10000, 5000, 3000, 2000, 40, 5000, 6000, 4000, 10),
        NO_PLAN,
    ),
    Vector(
        "nothing planned",
        staged("0.5", 60, 3000, price=10000),
        (10000, 5000, 3000, 2000, 40, None, 6000, 4000, None),
        NO_PLAN,
    ),
    Vector(
        "with purchases and expenses",
        time(50, 50, 3000, books=books(0, 200, 1000)),
        (10000, 5000, 4200, 800, 16, 6000, 7200, 2800, 12),
    ),
    Vector(
        "with what is ordered and what waits",
        time(
            50,
            50,
            3000,
            ordered=D(2000),
            waiting=D(300),
        ),
        (10000, 5000, 3000, 2000, 40, 6000, 8300, 1700, 23),
    ),
    Vector(
        "subcontracted, less ordered than is left",
        bought(ordered=D(2500)),
        (10000, 5000, 3000, 2000, 40, 6000, 6000, 4000, 0),
    ),
    Vector(
        "subcontracted, more ordered than is left",
        bought(ordered=D(4000)),
        (10000, 5000, 3000, 2000, 40, 6000, 7000, 3000, 10),
    ),
    Vector(
        "with an expense that is re-invoiced",
        watched(HALF, PAID_BACK, logged=SPENT, books=books(0, 500)),
        (10500, 5500, 3500, 2000, D("36.36"), 6500, 6500, 4000, 0),
        billed=1000,
    ),
    Vector(
        "with a discount",
        watched(HALF, DISCOUNT, logged=SPENT),
        (9000, 4500, 3000, 1500, D("33.33"), 6000, 6000, 3000, 0),
        billed=1000,
    ),
    Vector(
        "with a down payment",
        watched(HALF, ADVANCE, logged=SPENT),
        (10000, 5000, 3000, 2000, 40, 6000, 6000, 4000, 0),
        billed=3000,
    ),
    Vector("two service lines", mixed(), (20000, 10000, 7000, 3000, 30, 12000, 14000, 6000, 10)),
    Vector(
        "hours on no order line",
        watched(*mixed().sales, logged={**mixed().logged, None: logged(10, 500)}),
        (20000, 10000, 7500, 2500, 25, 12000, 14500, 5500, D("12.5")),
    ),
    Vector(
        "hours on no order line, of the only one",
        time(50, 30, 1800, logged={10: logged(30, 1800), None: logged(20, 1200)}),
        (10000, 5000, 3000, 2000, 40, 6000, 6000, 4000, 0),
    ),
    Vector(
        "hours without cost",
        time(50, 50, 3000, 5),
        (10000, 5000, 3000, None, None, 6000, None, None, None),
    ),
    Vector(
        "few hours without cost",
        time(50, 50, 3000, 5),
        (10000, 5000, 3000, 2000, 40, 6000, 6000, 4000, 0),
        {"planned_margin_percent": 40, "uncosted_hours_percent": 10},
    ),
    Vector(
        "no account",
        time(50, 50, 3000, books=None, gaps=(NO_ACCOUNT,)),
        (10000, 5000, 3000, None, None, 6000, None, None, None),
    ),
    Vector(
        "in a currency that has no rate",
        watched(
            sale("manual", 10, 5, 1000, currency=Currency("GBP")), logged={10: logged(50, 3000)}
        ),
        (0, 0, 3000, None, None, None, None, None, None),
    ),
    Vector(
        "delivered, and nothing has a cost",
        time(50),
        (10000, 5000, 0, None, None, 6000, None, None, None),
    ),
    Vector(
        "goods",
        watched(sale("manual", 10, 10, 100, service=False)),
        (1000, 1000, 0, 1000, 100, 800, 0, 1000, -80),
        {"planned_margin_percent": 20},
    ),
    Vector(
        "planned margin of its service line",
        time(50, 50, 3000),
        (10000, 5000, 3000, 2000, 40, 7500, 6000, 4000, -15),
        {"planned_margin_percent": 40, "service_lines": [ADVICE]},
    ),
    Vector(
        "by remaining hours, of which nothing is known",
        time(50, 50, 4000),
        (10000, 5000, 4000, 1000, 20, 6000, 8000, 2000, 20),
        BY_TASKS,
    ),
    Vector(
        "purchase orders are hidden",
        time(50, 50, 3000),
        (10000, 5000, 3000, 2000, 40, 6000, None, None, None),
        knows_ordered=False,
    ),
)
NAMES: Final = (
    *("sold", "earned", "cost", "margin", "percent"),
    *("planned", "eac", "forecast", "erosion"),
)


def test_there_are_more_than_forty_projects() -> None:
    assert len(VECTORS) == 43
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_figures_are_those_computed_by_hand(vector: Vector) -> None:
    found = margin(vector.found, knows_ordered=vector.knows_ordered, **vector.policy)
    expected = dict(zip(NAMES, vector.expected, strict=True))
    assert figures(found) == {**expected, "billed": vector.billed}
