"""Of which models the fleet's user is shown to see every row.

Rights to a model prove nothing: record rules drop rows without a word. Rules of groups widen each
other, rules for everybody narrow. Where the user may read the rules, they tell; else its groups do,
as far as Odoo comes with them, unless a total that Odoo stores says otherwise.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

from odoo_gateway.records import Record

if TYPE_CHECKING:
    from odoo_gateway.reader import Reader

INVOICING: Final = (
    "account.group_account_invoice",
    "account.group_account_readonly",
    "sales_team.group_sale_salesman_all_leads",
)
SALES: Final = ("sales_team.group_sale_salesman_all_leads",)
PROJECTS: Final = ("project.group_project_manager",)
EXPENSES: Final = ("hr_expense.group_hr_expense_user", "account.group_account_user")

# The groups to which Odoo 16 to 19 shows all rows by itself; empty where its rules narrow no group.
SEEN_BY: Final[Mapping[str, Sequence[str]]] = {
    "account.analytic.line": ("hr_timesheet.group_timesheet_manager", *PROJECTS),
    "account.move": INVOICING,
    "account.move.line": INVOICING,
    "helpdesk.ticket": (
        "helpdesk_mgmt.group_helpdesk_user",
        "helpdesk_mgmt.group_helpdesk_manager",
    ),
    "hr.contract": (),
    "hr.employee": (),
    "hr.expense": EXPENSES,
    "hr.expense.sheet": EXPENSES,
    "hr.version": (),
    "hr_timesheet.sheet": ("hr_timesheet.group_timesheet_manager",),
    "planning.slot": ("planning.group_planning_manager",),
    "project.milestone": PROJECTS,
    "project.project": PROJECTS,
    "project.task": PROJECTS,
    "resource.calendar.attendance": (),
    "resource.calendar.leaves": (),
    "sale.order": SALES,
    "sale.order.line": SALES,
    "tier.review": (),
}

# Models that Odoo reads through another one for who may not read them.
PUBLIC: Final[Mapping[str, Sequence[str]]] = {"hr.employee": ("hr.employee.public",)}

Leaf = tuple[str, str, str]
TRUE: Final = ("1", "=", "1")
# Conditions that leave out nothing which a job looks for: hours, tasks and invoices of customers.
ALL_WE_ASK: Final[Mapping[str, Leaf]] = {
    "account.analytic.line": ("'project_id'", "!=", "False"),
    "account.move": ("'move_type'", "in", "('out_invoice', 'out_refund')"),
    "account.move.line": ("'move_id.move_type'", "in", "('out_invoice', 'out_refund')"),
    "project.task": ("'project_id'", "!=", "False"),
}


@dataclass(frozen=True)
class Total:
    """A total that Odoo stores on a parent, whoever may see the rows that it sums."""

    parent: str
    total: str
    amount: str
    link: str


TOTALS: Final[Mapping[str, Total]] = {
    "account.analytic.line": Total("project.task", "effective_hours", "unit_amount", "task_id"),
    "sale.order.line": Total("sale.order", "amount_untaxed", "price_subtotal", "order_id"),
}


@dataclass(frozen=True)
class Me(Record):
    """The user itself, and its groups with those that they imply."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    all_group_ids: tuple[int, ...]


@dataclass(frozen=True)
class Rule(Record):
    """A record rule; without groups it is for everybody."""

    MODEL: ClassVar[str] = "ir.rule"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str | None
    model_id: int
    groups: tuple[int, ...]
    domain_force: str | None


@dataclass(frozen=True)
class Agreed(Record):
    """The days of what was agreed with an employee, which Odoo 19 shows to few."""

    MODEL: ClassVar[str] = "hr.version"
    MODULE: ClassVar[str] = "hr"
    id: int
    date_version: date | None = None
    contract_date_start: date | None = None
    contract_date_end: date | None = None


@dataclass(frozen=True)
class Model(Record):
    """A model of the database by its name."""

    MODEL: ClassVar[str] = "ir.model"
    MODULE: ClassVar[str] = "base"
    id: int
    model: str


class Sight:
    """What the user of a reader is shown to see whole; asked once a look, and only if needed."""

    def __init__(self, odoo: "Reader") -> None:
        self._odoo = odoo
        self._doubts: dict[str, str] = {}

    def doubt(self, model: str) -> str:
        """Why it cannot be shown that the user sees all rows of a model; "" where it can."""
        if model not in self._doubts:
            self._doubts[model] = self._doubt(model)
        return self._doubts[model]

    def _doubt(self, model: str) -> str:
        if not any(map(self._odoo.session.may_read, (model, *PUBLIC.get(model, ())))):
            return f"{model} is not readable for the fleet's user"
        if hidden := self._hidden(model):
            return f"{hidden} of {model} is hidden from the fleet's user"
        if self._groups and self._rules is not None:
            return _narrowed(model, self._rules.get(model, ()), self._groups)
        groups = SEEN_BY.get(model, ("unknown",))
        if groups and not self._names & {*groups}:
            return f"nothing shows that the fleet's user sees all rows of {model}"
        if self._is_contradicted(model):
            return f"totals of Odoo are not reached by the rows of {model} that the user sees"
        return ""

    def _hidden(self, model: str) -> str:
        """A field without which rows do not tell what they are read for."""
        if model != Agreed.MODEL:
            return ""
        return min(self._odoo.session.layout(Agreed).absent, default="")

    @cached_property
    def _groups(self) -> frozenset[int]:
        session = self._odoo.session
        if not session.may_read(Me.MODEL):
            return frozenset()
        found = self._odoo.search(Me, [("id", "=", session.user_id)])
        return frozenset(group for me in found for group in me.all_group_ids)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The external ids of the groups."""
        if not self._groups:
            return frozenset()
        ids = self._odoo.session.call("res.groups", "get_external_id", sorted(self._groups))
        return frozenset(ids.values())

    @cached_property
    def _rules(self) -> Mapping[str, Sequence[Rule]] | None:
        """The rules for reading by model; None where the user may not read rules."""
        session = self._odoo.session
        if not (session.may_read(Rule.MODEL) and session.may_read(Model.MODEL)):
            return None
        models = self._odoo.search(Model, [("model", "in", sorted(SEEN_BY))])
        known = {model.id: model.model for model in models}
        found: dict[str, list[Rule]] = {name: [] for name in known.values()}
        for rule in self._odoo.search(
            Rule, [("model_id", "in", sorted(known)), ("perm_read", "=", True)]
        ):
            found[known[rule.model_id]].append(rule)
        return found

    def _is_contradicted(self, model: str) -> bool:
        stored = TOTALS.get(model)
        if stored is None or not self._odoo.session.may_read(stored.parent):
            return False
        linked = [(stored.link, "!=", False)]
        seen = sum(g.sums[0] for g in self._odoo.group(model, linked, [], [stored.amount]))
        whole = sum(g.sums[0] for g in self._odoo.group(stored.parent, [], [], [stored.total]))
        return whole - seen > 0.05 + 1e-6 * abs(whole)


def _narrowed(model: str, rules: Sequence[Rule], groups: frozenset[int]) -> str:
    """Which rule hides rows of the user's companies; "" where none does."""
    of_groups = [rule for rule in rules if rule.groups and groups.intersection(rule.groups)]
    for_all = [rule for rule in rules if not rule.groups]
    hiding = [rule for rule in for_all if not _lets(rule, _is_company)]
    if of_groups and not any(_lets(rule, _is_all(model)) for rule in of_groups):
        hiding.append(of_groups[0])
    if not hiding:
        return ""
    return f"the record rule {hiding[0].name or hiding[0].id} hides rows of {model}"


def _lets(rule: Rule, everything: Callable[[Leaf], bool]) -> bool:
    """Whether a rule's domain is one of alternatives of which one lets everything through."""
    leaves = _alternatives(rule.domain_force or "[]")
    return leaves is not None and (not leaves or any(map(everything, leaves)))


def _is_company(leaf: Leaf) -> bool:
    """Whether a condition lets all rows of the user's companies through."""
    name, operator, value = leaf
    field = name.strip("'").split(".")[-1]
    by_company = field in ("company_id", "company_ids") and operator in ("in", "parent_of")
    return leaf == TRUE or (by_company and "company_ids" in value)


def _is_all(model: str) -> Callable[[Leaf], bool]:
    return lambda leaf: leaf in (TRUE, ALL_WE_ASK.get(model))


def _alternatives(domain: str) -> Sequence[Leaf] | None:
    """The conditions of a domain that joins them by "or" alone, as text; None of any other."""
    try:
        tree = ast.parse(domain.strip(), mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(tree, ast.List):
        return None
    leaves: list[Leaf] = []
    for item in tree.elts:
        if isinstance(item, ast.Tuple | ast.List) and len(item.elts) == len(TRUE):
            name, operator, value = item.elts
            leaves.append((ast.unparse(name), ast.unparse(operator).strip("'"), ast.unparse(value)))
        elif not (isinstance(item, ast.Constant) and item.value == "|"):
            return None
    ors = len(tree.elts) - len(leaves)
    return leaves if not leaves or ors == len(leaves) - 1 else None
