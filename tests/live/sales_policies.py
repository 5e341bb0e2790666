"""What the tests of the sales firm ask of each job, and what they say that the fleet remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tasks.domain.acts import Act, ActKind
from tasks.domain.handoffs import Fate, Handoffs

from . import handoff_by_sql
from .handoff_by_sql import Line as HandoffLine
from .master_data_by_sql import Masters
from .quotes_by_sql import Quotes
from .reviews_by_sql import Reviews, Wanted
from .sales_firm import NOW, TODAY, Firm
from .setup_by_sql import Line, Setups

ORDER = "sale.order"
DECIDER = "somebody@delivery.example"


def handoffs(firm: Firm, company_id: int) -> handoff_by_sql.Handoffs:
    """With service lines of each kind, leads, a minimum, exempt orders and outside signatures."""
    (care,) = firm.ids("crm_tag", "Sales firm: care")
    north, south = firm.ids("crm_team", "Sales firm: North", "Sales firm: South")
    (staged,) = firm.ids("project_project", "Sales firm: Staged")
    del0, del1, sal0 = firm.users("del0", "del1", "sal0")
    (implementation,) = firm.ids("product_category", "Sales firm: Implementation")
    orders = [
        row[0]
        for row in firm.sql.execute(
            "SELECT id FROM sale_order WHERE state = 'sale' AND company_id = %s ORDER BY id",
            [company_id],
        )
    ]
    lines = (
        HandoffLine(
            "build",
            categories=[implementation],
            delivery_lead=del1,
            documents={"project_plan": (["*plan*"], "project_manager", 12)},
        ),
        HandoffLine(
            "care",
            tags=[care],
            demands={"acceptance": ("salesperson", 4), "project_manager": ("delivery_lead", 10)},
        ),
        HandoffLine(
            "staged", templates=[staged], documents={"any_paper": (["*"], "delivery_lead", 2)}
        ),
        HandoffLine("south", sales_teams=[south], demands={"scope_notes": ("project_manager", 0)}),
    )
    return handoff_by_sql.Handoffs(
        firm.office(company_id),
        TODAY,
        lines=lines,
        leads={north: del0, south: sal0},
        minimum={"USD": Decimal(400), "EUR": Decimal(400)},
        exempt=orders[5::23],
        acceptance=["*acceptance*"],
        outside={number: NOW - timedelta(days=1) for number in orders[3::17]},
    )


def setups(firm: Firm, company_id: int) -> Setups:
    """With service lines that need no project, that have a lead, support and a warranty."""
    names = ("Licences", "Implementation", "Support")
    categories = firm.ids("product_category", *(f"Sales firm: {name}" for name in names))
    licences, implementation, support = categories
    del0, del1, plan0, fin0, sal0 = firm.users("del0", "del1", "plan0", "fin0", "sal0")
    exempt = {
        "sale.order": "SELECT id FROM sale_order WHERE company_id = %s",
        "project.project": "SELECT id FROM project_project WHERE coalesce(company_id, %s) > 0",
        "crm.lead": "SELECT id FROM crm_lead WHERE coalesce(company_id, %s) > 0",
    }
    return Setups(
        firm.office(company_id),
        TODAY,
        lines=(
            Line("licences", [licences], needs_project=False),
            Line("build", [implementation], delivery_lead=del1, support="Desk", warranty_days=20),
            Line("care", [support], support="Support", warranty_days=40, days=365),
        ),
        lead=del0,
        planner=plan0,
        finance=[fin0, sal0],
        exempt={
            model: [row[0] for row in firm.sql.execute(f"{asked} ORDER BY id", [company_id])][::13]
            for model, asked in exempt.items()
        },
    )


def quotes(firm: Firm, company_id: int) -> Sequence[Quotes]:
    """By the policy as it comes, and by one that asks for more."""
    known = (firm.office(company_id), TODAY, NOW, company_id)
    plain = [(None, ["partner_id", "user_id", "expected_revenue", "date_deadline"])]
    (laptop,) = firm.sql.execute(
        "SELECT p.id FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id "
        "WHERE t.name ->> 'en_US' = 'Sales firm: training'"
    ).fetchall()
    leads = [row[0] for row in firm.sql.execute("SELECT id FROM crm_lead ORDER BY id")]
    orders = [row[0] for row in firm.sql.execute("SELECT id FROM sale_order ORDER BY id")]
    return [
        Quotes(*known, plain),
        Quotes(
            *known,
            [(1, ["partner_id"]), (2, ["user_id", "description"]), (3, ["email_from", "tag_ids"])],
            quote_from_stage=2,
            currencies=["EUR"],
            days_in_stage={1: 30},
            may_be_free=[laptop[0]],
            margin_floor=10.0,
            activity_required=False,
            history_days=365,
            exempt_leads=leads[::19],
            exempt_orders=orders[::19],
        ),
    ]


def fates(firm: Firm) -> Mapping[int, str]:
    """What became of the handoff of each order, as it is remembered below."""
    orders = firm.sql.execute("SELECT id FROM sale_order WHERE state = 'sale'").fetchall()
    return {number: [*Fate][number % len(Fate)].value for (number,) in orders}


def remembered(firm: Firm, company_id: int) -> Handoffs:
    """What the fleet remembers of handoffs: decisions, cases that stand, and closed ones."""
    of = {fate: [n for n, each in fates(firm).items() if each == fate] for fate in Fate}
    yes = ActKind.ACCEPTED
    return Handoffs(
        said={(ORDER, n): [decided(yes, company_id, n, {}, "")] for n in of[Fate.ACCEPTED]},
        standing={(ORDER, n): [f"handoff-order-{n}-v1"] for n in of[Fate.OPEN]},
        closed=frozenset((ORDER, n) for n in of[Fate.UNKNOWN]),
        kept_since=NOW - timedelta(days=2000),
        looked_at=NOW,
    )


def decided(
    kind: ActKind, company_id: int, order_id: int, contents: Mapping[str, str], person: str
) -> Act:
    """What somebody said to the handoff of an order yesterday."""
    return Act(
        kind=kind,
        person=person or DECIDER,
        job="handoff_gate",
        tenant="default",
        company_id=company_id,
        key="",
        at=NOW - timedelta(days=1),
        reason="said so",
        model="sale.order",
        record_id=order_id,
        contents=contents,
    )


def masters(firm: Firm, company_id: int) -> Sequence[Masters]:
    """By the policy as it comes, and by one that asks for more."""
    plain = Masters(firm.office(company_id), TODAY, company_id)
    tags = ("Sales firm: Care", "sales firm: build")
    plans = [row[0] for row in firm.sql.execute("SELECT id FROM account_analytic_plan ORDER BY id")]
    more = replace(plain, service_lines=tags, project_tags=["internal"], plans=plans[1:2])
    return [plain, replace(more, alike=80.0, by_domain=False, look_back=120)]


def reviews(firm: Firm, company_id: int) -> Reviews:
    """Of three stages, by fields, activities and tasks."""
    names = ("Sales firm: risk review", "Sales firm: estimate")
    risk, estimate = firm.ids("mail_activity_type", *names)
    leads = [row[0] for row in firm.sql.execute("SELECT id FROM crm_lead ORDER BY id")]
    return Reviews(
        firm.office(company_id),
        TODAY,
        items=(
            Wanted("contact", 1, field="email_from", within_hours=8),
            Wanted("scope_notes", 2, field="description"),
            Wanted("risk", 2, activity_type=risk, owner="sales_lead", within_hours=24),
            Wanted("estimate", 3, activity_type=estimate),
            Wanted("legal", 3, task="REVIEW the scope ", owner="sales_lead"),
        ),
        exempt=leads[::21],
    )
