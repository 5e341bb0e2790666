"""Of which models the fleet's user is shown to see every row.

Rights to a model prove nothing: record rules drop rows without a word. Rules of groups widen each
other, rules for everybody narrow. Where the user may read the rules, they tell; else its groups do,
as far as Odoo comes with them, unless a total that Odoo stores says otherwise.
"""

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Flag, StrEnum, auto
from functools import cached_property, reduce
from operator import and_, or_
from typing import TYPE_CHECKING, ClassVar, Final

from odoo_gateway.records import Record

if TYPE_CHECKING:
    from odoo_gateway.reader import Domain, Reader

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
    "account.tax": (),
    "crm.lead": SALES,
    "crm.stage": (),
    "crm.tag": (),
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
    # Beside rules, Odoo hides of these what belongs to a record that the user may not see.
    "ir.attachment": (),
    "mail.activity": (),
    "mail.message": (),
    "planning.slot": ("planning.group_planning_manager",),
    "project.milestone": PROJECTS,
    "project.project": PROJECTS,
    "project.tags": (),
    "project.task": PROJECTS,
    "purchase.order": (),
    "purchase.order.line": (),
    "res.partner": (),
    "res.users": (),
    "resource.calendar": (),
    "resource.calendar.attendance": (),
    "resource.calendar.leaves": (),
    "resource.resource": (),
    "sale.order": SALES,
    "sale.order.line": SALES,
    "tier.review": (),
}

# The same of models of which a job asks more than ALL_WE_ASK: what vendors bill, and other costs.
ALL_SEEN_BY: Final[Mapping[str, Sequence[str]]] = dict.fromkeys(
    ("account.analytic.line", "account.move", "account.move.line"),
    ("account.group_account_invoice", "account.group_account_readonly"),
)

# Models that Odoo reads through another one for who may not read them.
PUBLIC: Final[Mapping[str, Sequence[str]]] = {"hr.employee": ("hr.employee.public",)}


class Shown(Flag):
    """What of a model's rows a condition is proven to let through."""

    NOTHING = 0
    OURS = auto()  # all of the user's companies
    NOBODYS = auto()  # all of no company
    ALL = OURS | NOBODYS


# Conditions are compared as Python writes them, so that a value is one of these or unknown.
Leaf = tuple[str, ...]
TRUE: Final = ("1", "'='", "1")
# Conditions that leave out nothing which a job looks for: hours, tasks and invoices of customers,
# and who of the firm's people did something.
ALL_WE_ASK: Final[Mapping[str, Leaf]] = {
    "account.analytic.line": ("'project_id'", "'!='", "False"),
    "account.move": ("'move_type'", "'in'", "('out_invoice', 'out_refund')"),
    "account.move.line": ("'move_id.move_type'", "'in'", "('out_invoice', 'out_refund')"),
    "project.task": ("'project_id'", "'!='", "False"),
    # Homes of employees, which Odoo 16 keeps from most users.
    "res.partner": ("'type'", "'!='", "'private'"),
    "res.users": ("'share'", "'='", "False"),
}
# Beside hours Odoo keeps there what is booked on accounts: groups and rules show one or the other.
BOOKED: Final = "account.analytic.line"
BOOKED_SEEN_BY: Final = ("account.group_account_invoice", "account.group_account_readonly")
ALL_BOOKED: Final[Leaf] = ("'project_id'", "'='", "False")
# Operators and values by which Odoo's own rules go by companies. Of one company of several, as
# `user.company_id.id` is, the others are hidden; `allowed_company_ids` no rule knows.
BY_COMPANY: Final[Mapping[Leaf, Shown]] = {
    ("'='", "False"): Shown.NOBODYS,
    **{
        (operator, value): Shown.OURS
        for operator in ("'in'", "'child_of'", "'parent_of'")
        for value in ("company_ids", "user.company_ids.ids")
    },
    **{
        ("'in'", value): Shown.ALL
        for ours in ("company_ids", "user.company_ids.ids")
        for value in (f"{ours} + [False]", f"[False] + {ours}")
    },
}
# Where the company of a row stands that has no `company_id`.
COMPANY_OF: Final[Mapping[str, str]] = {"project.milestone": "'project_id.company_id'"}
# Models of which rows may be of no company, and are looked for all the same: since which Odoo.
OF_NO_COMPANY: Final[Mapping[str, int]] = {
    "crm.lead": 16,
    "project.milestone": 17,
    "project.project": 17,
    "project.task": 17,
    "res.partner": 16,
    "resource.calendar": 16,
    "resource.calendar.leaves": 16,
}
# What may change a name that a later condition uses.
CHANGES: Final = (ast.Call, ast.NamedExpr)


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
    login: str
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


class Why(StrEnum):
    """Why it cannot be shown that the user sees all rows of a model."""

    UNREADABLE = "unreadable"
    FIELD_HIDDEN = "field_hidden"
    RULE = "rule"
    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True)
class Doubt:
    """That rows of a model may be hidden from the user."""

    why: Why
    model: str
    #: The field that is hidden, or the record rule that hides rows, by name.
    what: str = ""


class Sight:
    """What the user of a reader is shown to see whole; asked once a look, and only if needed."""

    def __init__(self, odoo: "Reader") -> None:
        self._odoo = odoo
        self._doubts: dict[str, Doubt | None] = {}
        self._doubts_of_every: dict[str, Doubt | None] = {}

    def doubt(self, model: str, *, every: bool = False) -> Doubt | None:
        """Why it cannot be shown that the user sees all rows of a model; None where it can.

        every: also those that ALL_WE_ASK leaves out, such as the bills of vendors.
        """
        known = self._doubts_of_every if every else self._doubts
        if model not in known:
            known[model] = self._doubt(model, every)
        return known[model]

    def doubt_of_booked(self) -> Doubt | None:
        """The same of analytic lines that are no hours: what is booked on accounts."""
        if not self._odoo.session.may_read(BOOKED):
            return Doubt(Why.UNREADABLE, BOOKED)
        if self._groups and self._rules is not None:
            rules = self._rules.get(BOOKED, ())
            return _narrowed(BOOKED, rules, self._groups, asked=ALL_BOOKED)
        return None if self._names & {*BOOKED_SEEN_BY} else Doubt(Why.UNPROVEN, BOOKED)

    def _doubt(self, model: str, every: bool) -> Doubt | None:
        if not any(map(self._odoo.session.may_read, (model, *PUBLIC.get(model, ())))):
            return Doubt(Why.UNREADABLE, model)
        if hidden := self._hidden(model):
            return Doubt(Why.FIELD_HIDDEN, model, hidden)
        if self._groups and self._rules is not None:
            nobodys = self._odoo.session.major_version >= OF_NO_COMPANY.get(model, math.inf)
            needed = Shown.ALL if nobodys else Shown.OURS
            rules = self._rules.get(model, ())
            return _narrowed(model, rules, self._groups, needed, asked=TRUE if every else ())
        seen_by = {**SEEN_BY, **ALL_SEEN_BY} if every else SEEN_BY
        groups = seen_by.get(model, ("unknown",))
        if groups and not self._names & {*groups}:
            return Doubt(Why.UNPROVEN, model)
        if self._is_contradicted(model):
            return Doubt(Why.CONTRADICTED, model)
        return None

    def _hidden(self, model: str) -> str:
        """A field without which rows do not tell what they are read for."""
        if model != Agreed.MODEL:
            return ""
        return min(self._odoo.session.layout(Agreed).absent, default="")

    @cached_property
    def _groups(self) -> frozenset[int]:
        me = self._odoo.session.me
        return frozenset(me.all_group_ids if me else ())

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
        models = self._odoo.shared(Model, [("model", "in", sorted(SEEN_BY))])
        known = {model.id: model.model for model in models}
        found: dict[str, list[Rule]] = {name: [] for name in known.values()}
        # Asked anew for each look: what is shown rests on them.
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
        seen = self._sum(model, linked, stored.amount)
        whole = self._sum(stored.parent, [], stored.total)
        return whole - seen > 0.05 + 1e-6 * abs(whole)

    def _sum(self, model: str, domain: "Domain", amount: str) -> float:
        groups = self._odoo.group(model, domain, [], [amount], all_companies=True)
        return sum(group.sums[0] for group in groups)


def _narrowed(
    model: str,
    rules: Sequence[Rule],
    groups: frozenset[int],
    needed: Shown = Shown.OURS,
    asked: Leaf = (),
) -> Doubt | None:
    """Which rule hides rows that are needed; None where none does.

    asked: what leaves out nothing that is looked for, where that is not as ALL_WE_ASK has it.
    """
    asked = asked or ALL_WE_ASK.get(model, TRUE)
    shown = {rule.id: _shown(model, rule.domain_force or "[]", asked) for rule in rules}
    of_groups = [rule for rule in rules if rule.groups and groups.intersection(rule.groups)]
    hiding = [rule for rule in rules if not rule.groups and needed not in shown[rule.id]]
    if of_groups and needed not in reduce(or_, (shown[rule.id] for rule in of_groups)):
        hiding.append(of_groups[0])
    if not hiding:
        return None
    return Doubt(Why.RULE, model, str(hiding[0].name or hiding[0].id))


def _shown(model: str, domain: str, asked: Leaf) -> Shown:
    """What a rule's domain is proven to let through; nothing where it is not understood."""
    try:
        tree = ast.parse(domain.strip(), mode="eval").body
        if not isinstance(tree, ast.List) or any(isinstance(n, CHANGES) for n in ast.walk(tree)):
            return Shown.NOTHING
        return _all_of(model, tree.elts, asked)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Shown.NOTHING


def _all_of(model: str, items: Sequence[ast.expr], asked: Leaf) -> Shown:
    """The items are conditions, and operators before their operands; "and" where there is none."""
    stack: list[Shown] = []
    for item in reversed(items):
        operator = item.value if isinstance(item, ast.Constant) else None
        if operator in ("|", "&"):
            if len(stack) < 2:
                return Shown.NOTHING
            join = or_ if operator == "|" else and_
            stack.append(join(stack.pop(), stack.pop()))
        elif operator == "!":
            stack[-1:] = [Shown.NOTHING]
        else:
            stack.append(_let_by(model, item, asked))
    return reduce(and_, stack, Shown.ALL)


def _let_by(model: str, item: ast.expr, asked: Leaf) -> Shown:
    """What a single condition lets through."""
    if not isinstance(item, ast.Tuple | ast.List):
        return Shown.NOTHING
    leaf = tuple(map(ast.unparse, item.elts))
    if leaf in (TRUE, asked):
        return Shown.ALL
    if leaf[:1] != (COMPANY_OF.get(model, "'company_id'"),):
        return Shown.NOTHING
    return BY_COMPANY.get(leaf[1:], Shown.NOTHING)
