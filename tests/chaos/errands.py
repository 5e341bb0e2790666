"""What a slot of the job errand has done in Odoo, said without the fleet's code.

Each slot of a tenant and company has an order and a task of its own, as long as a scenario lasts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import odoorpc

from odoo_gateway.sandbox import firm
from tests.fakes import errands
from workers.demo import stage

TENANTS: Final = ("acme", "zeta")
KINDS: Final = ("create_project", "draft_invoice", "follow_up", "note", "stage")
# As often as the job is due, and how many of its slots have orders of their own.
EVERY_SECONDS: Final = 4
SLOTS: Final = 200
#: How many orders each company needs: two more than are worked on.
ORDERS: Final = SLOTS * len(TENANTS) + 2
NEW, DOING = errands.FIRST_STAGE, errands.FIRST_STAGE + 1
#: Whoever may have it done at once, by their own authority.
REQUESTER: Final = "finance@{tenant}.example"
CHANGED: Final = datetime.fromisoformat(errands.CHANGED).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Errand:
    """One slot of a tenant and company."""

    tenant: str
    company_id: int
    slot: datetime

    @property
    def number(self) -> int:
        """Which of the orders and tasks."""
        among = int(self.slot.timestamp()) // EVERY_SECONDS % SLOTS
        of_company = among * len(TENANTS) + TENANTS.index(self.tenant)
        return 2 * of_company + self.company_id - 1

    @property
    def order_id(self) -> int:
        """The order that is noted on, followed up, and has a project and an invoice made."""
        return errands.FIRST_ORDER + self.number

    @property
    def task_id(self) -> int:
        """The task that is moved."""
        return errands.FIRST_TASK + self.number

    @property
    def title(self) -> str:
        """What activity and note say, and nothing else in Odoo does."""
        return f"errand {self.tenant} {self.company_id} {self.slot:%Y%m%dT%H%M%S}"

    def subject(self, kind: str) -> tuple[str, int]:
        """Model and id of what the effect of a kind is about."""
        return ("project.task", self.task_id) if kind == "stage" else ("sale.order", self.order_id)

    def values(self, kind: str) -> dict[str, Any]:
        """What the proposal of a kind says."""
        every: dict[str, dict[str, Any]] = {
            "create_project": {"name": self.title},
            "draft_invoice": {},
            "follow_up": {
                "user": "dirk.maes@nordwind.example",
                "summary": self.title,
                "deadline": (self.slot + timedelta(days=7)).date().isoformat(),
            },
            "note": {"title": self.title, "body_html": f"<p>{self.title}</p>"},
            "stage": {"stage_id": DOING, "stage": "Doing", "seen": CHANGED.isoformat()},
        }
        return every[kind]


@dataclass(frozen=True)
class Standing:
    """How often each stands in Odoo, by what it is found by."""

    projects: Counter[int]
    drafts: Counter[int]
    activities: Counter[str]
    notes: Counter[str]
    #: How often each task was moved, and where it is now.
    moves: Counter[int]
    stages: Mapping[int, int]

    def times(self, errand: Errand, kind: str) -> int:
        """How often an effect was done."""
        if kind == "create_project":
            return self.projects[errand.order_id]
        if kind == "draft_invoice":
            return self.drafts[errand.order_id]
        if kind == "follow_up":
            return self.activities[errand.title]
        if kind == "note":
            return self.notes[f"<p>{errand.title}</p>"]
        in_place = self.stages.get(errand.task_id) == DOING
        return self.moves[errand.task_id] if in_place else 0


def standing(port: int) -> Standing:
    """What stands in the Odoo on this port, past the fleet's code."""
    odoo = odoorpc.ODOO("127.0.0.1", port=port, timeout=30)
    odoo.login("sandbox", "fleet", stage.KEY)

    def rows(model: str, *fields: str, domain: Sequence[Any] = ()) -> list[dict[str, Any]]:
        context = {"active_test": False}
        asked = [list(domain), ["id", *fields]]
        keywords = {"load": "", "context": context}
        found: list[dict[str, Any]] = odoo.execute_kw(model, "search_read", asked, keywords)
        return found

    order_of = {row["id"]: row["order_id"] for row in rows("sale.order.line", "order_id")}
    of_before = {row["id"] for row in firm.build(CHANGED.date())["project.project"]}
    projects = Counter(
        order_of[row["sale_line_id"]]
        for row in rows("project.project", "sale_line_id")
        if row["sale_line_id"] and row["id"] not in of_before
    )
    drafts: Counter[int] = Counter()
    on_move: dict[int, set[int]] = {}
    for row in rows("account.move.line", "move_id", "sale_line_ids"):
        orders = {order_of[line] for line in row["sale_line_ids"]}
        on_move.setdefault(row["move_id"], set()).update(orders)
    for orders in on_move.values():
        drafts.update(orders)
    moved = [("model", "=", "project.task"), ("message_type", "=", "notification")]
    return Standing(
        projects,
        drafts,
        Counter(row["summary"] for row in rows("mail.activity", "summary")),
        Counter(row["body"] for row in rows("mail.message", "body")),
        Counter(row["res_id"] for row in rows("mail.message", "res_id", domain=moved)),
        {row["id"]: row["stage_id"] for row in rows("project.task", "stage_id")},
    )
