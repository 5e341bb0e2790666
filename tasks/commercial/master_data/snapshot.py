"""Everything that is compared in a company: customers, projects, orders and their codes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.commercial.master_data.records import (
    AnalyticAccount,
    CodedLine,
    CodedOrder,
    CodedProject,
    Customer,
    OrderTag,
    ProjectTag,
)
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.reads.names import user_names
from tasks.reads.orders import CONFIRMED

SERVICES: Final[Domain] = [
    ("display_type", "=", False),
    ("is_service", "=", True),
    ("is_expense", "=", False),
    ("is_downpayment", "=", False),
]
BOOKED_ON: Final = "analytic_distribution"
GIVE: Final = Text("give the fleet's user the groups that docs/install.md names")


class Part(StrEnum):
    """A part of what is looked at."""

    CUSTOMERS = "customers"
    PROJECTS = "projects"
    PROJECT_CODES = "project_codes"
    ORDER_CODES = "order_codes"


@dataclass(frozen=True)
class Gap:
    """What is not verifiable, and of which parts not all is known for it."""

    told: NotVerifiable
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Snapshot:
    """All that is compared and checked, complete for the company."""

    #: By id: the firms behind all customers that the user sees, of whichever company.
    customers: Mapping[int, Customer]
    #: Of those, whoever an order or quotation of the company names.
    ours: frozenset[int]
    #: The firm behind each partner that a project names, by the partner's id.
    firms: Mapping[int, int]
    #: Those that are active and no templates.
    projects: Sequence[CodedProject]
    orders: Sequence[CodedOrder]
    #: The services of each order.
    lines: Mapping[int, Sequence[CodedLine]]
    accounts: Mapping[int, AnalyticAccount]
    #: Names by id.
    project_tags: Mapping[int, str]
    order_tags: Mapping[int, str]
    users: Mapping[int, str]
    #: By model and id.
    links: Mapping[tuple[str, int], str]
    not_verifiable: tuple[NotVerifiable, ...] = ()
    #: Of what not all is known.
    unknown: frozenset[Part] = frozenset()
    #: Whether analytic accounts are told: of projects, and of what orders sell.
    tells_accounts: bool = True
    tells_distribution: bool = True
    #: Whether the tags of orders are told.
    tells_order_tags: bool = True


def read(odoo: Reader, as_of: AsOf, policy: MasterDataPolicy) -> Snapshot:
    """The company's customers, active projects and orders of late, with what they are coded by."""
    has_orders = odoo.session.may_read(CodedOrder.MODEL)
    has_projects = odoo.session.may_read(CodedProject.MODEL)
    projects = _projects(odoo) if has_projects else ()
    orders = _orders(odoo, as_of, policy) if has_orders else ()
    customers, ours, firms = _customers(odoo, projects, has_orders=has_orders)
    lines = _lines(odoo, orders) if has_orders else {}
    tells_tags = has_orders and _may_tell_tags(odoo)
    gaps = [*_order_gaps(odoo, policy, has_orders), *_project_gaps(odoo, policy, has_projects)]
    return Snapshot(
        customers=customers,
        ours=ours,
        firms=firms,
        projects=projects,
        orders=orders,
        lines=lines,
        accounts=_accounts(odoo, projects) if has_projects else {},
        project_tags=_project_tags(odoo, projects),
        order_tags=_order_tags(odoo, orders) if tells_tags else {},
        users=user_names(odoo, _people(customers, projects, orders)),
        links=_links(odoo, customers, projects, orders),
        not_verifiable=tuple(gap.told for gap in gaps),
        unknown=frozenset(part for gap in gaps for part in gap.parts),
        tells_accounts=has_projects and not odoo.lacks(CodedProject, "account_id"),
        tells_distribution=has_orders and not odoo.lacks(CodedLine, "analytic_distribution"),
        tells_order_tags=tells_tags,
    )


def _customers(
    odoo: Reader, projects: Iterable[CodedProject], *, has_orders: bool
) -> tuple[Mapping[int, Customer], frozenset[int], Mapping[int, int]]:
    """The firms behind customers by id, those of the company, and whose each partner is."""
    by_company: dict[int, set[int]] = defaultdict(set)
    if has_orders:
        keys = ("partner_id", "company_id")
        for group in odoo.group(CodedOrder.MODEL, [], keys, all_companies=True):
            by_company[group.id_at(1)].add(group.id_at(0))
    named = {number for of in by_company.values() for number in of}
    named |= {project.partner_id for project in projects if project.partner_id}
    invoiced: Domain = [] if odoo.lacks(Customer, "customer_rank") else [("customer_rank", ">", 0)]
    wanted: Domain = [*("|" for _ in invoiced), *invoiced, ("id", "in", sorted(named))]
    partners = odoo.search(Customer, wanted, archived=True, all_companies=True)
    known = {partner.id: partner for partner in partners}
    behind = {n for p in partners for n in (p.commercial_partner_id, p.parent_id) if n}
    known |= {each.id: each for each in odoo.read(Customer, behind - known.keys())}
    firms = {n: partner.commercial_partner_id or n for n, partner in known.items()}
    customers = {firm: known[firm] for firm in firms.values() if firm in known}
    ours = frozenset(firms.get(number, number) for number in by_company[odoo.company_id])
    return customers, ours, firms


def _projects(odoo: Reader) -> Sequence[CodedProject]:
    found = odoo.search(CodedProject, [])
    return [project for project in found if not project.is_template]


def _orders(odoo: Reader, as_of: AsOf, policy: MasterDataPolicy) -> Sequence[CodedOrder]:
    days = max(unit.look_back_days for unit in policy.everywhere())
    since = as_of.day - timedelta(days=days)
    return odoo.search(CodedOrder, [*CONFIRMED, ("date_order", ">=", f"{since} 00:00:00")])


def _lines(odoo: Reader, orders: Iterable[CodedOrder]) -> Mapping[int, Sequence[CodedLine]]:
    found: dict[int, list[CodedLine]] = defaultdict(list)
    of_orders: Domain = [("order_id", "in", [order.id for order in orders]), *SERVICES]
    for line in odoo.search(CodedLine, of_orders):
        found[line.order_id].append(line)
    return found


def _accounts(odoo: Reader, projects: Iterable[CodedProject]) -> Mapping[int, AnalyticAccount]:
    by: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for project in projects:
        if project.account_id:
            by[project.account_id].add((CodedProject.MODEL, project.id))
    if not odoo.session.may_read(AnalyticAccount.MODEL):
        return {}
    return odoo.referred(AnalyticAccount, by)


def _project_tags(odoo: Reader, projects: Iterable[CodedProject]) -> Mapping[int, str]:
    wanted = {tag for project in projects for tag in project.tag_ids}
    return {tag.id: tag.name for tag in odoo.read(ProjectTag, wanted)} if wanted else {}


def _order_tags(odoo: Reader, orders: Iterable[CodedOrder]) -> Mapping[int, str]:
    wanted = {tag for order in orders for tag in order.tag_ids}
    return {tag.id: tag.name for tag in odoo.read(OrderTag, wanted)} if wanted else {}


def _may_tell_tags(odoo: Reader) -> bool:
    return not odoo.lacks(CodedOrder, "tag_ids") and odoo.session.may_read(OrderTag.MODEL)


def _people(
    customers: Mapping[int, Customer],
    projects: Iterable[CodedProject],
    orders: Iterable[CodedOrder],
) -> set[int | None]:
    of_customers = {each.user_id for each in customers.values()}
    return of_customers | {p.user_id for p in projects} | {order.user_id for order in orders}


def _links(
    odoo: Reader,
    customers: Mapping[int, Customer],
    projects: Iterable[CodedProject],
    orders: Iterable[CodedOrder],
) -> Mapping[tuple[str, int], str]:
    records = (*customers.values(), *projects, *orders)
    return {(each.MODEL, each.id): odoo.session.link(each.MODEL, each.id) for each in records}


def _order_gaps(odoo: Reader, policy: MasterDataPolicy, readable: bool) -> Iterator[Gap]:
    """What this Odoo does not tell of customers and orders, of what the policy asks for."""
    if not readable:
        parts = (Part.CUSTOMERS, Part.ORDER_CODES)
        yield Gap(_unreadable(Text("customers and orders"), CodedOrder.MODEL), parts)
        return
    asked = [*policy.everywhere()]
    if any(unit.order_account_required for unit in asked) and odoo.lacks(CodedLine, BOOKED_ON):
        told = _hidden(Text("analytic accounts of orders"), CodedLine.MODEL, BOOKED_ON)
        yield Gap(told, (Part.ORDER_CODES,))
    if any(unit.service_lines for unit in asked) and not _may_tell_tags(odoo):
        told = _hidden(Text("service lines of orders"), CodedOrder.MODEL, "tag_ids")
        yield Gap(told, (Part.ORDER_CODES,))


def _project_gaps(odoo: Reader, policy: MasterDataPolicy, readable: bool) -> Iterator[Gap]:
    """The same of projects."""
    if not readable:
        parts = (Part.PROJECTS, Part.PROJECT_CODES)
        yield Gap(_unreadable(Text("projects"), CodedProject.MODEL), parts)
    elif policy.project_account_required and odoo.lacks(CodedProject, "account_id"):
        told = _hidden(Text("analytic accounts of projects"), CodedProject.MODEL, "account_id")
        yield Gap(told, (Part.PROJECT_CODES,))
    elif policy.analytic_plans and not odoo.session.may_read(AnalyticAccount.MODEL):
        told = _unreadable(Text("analytic plans"), AnalyticAccount.MODEL)
        yield Gap(told, (Part.PROJECT_CODES,))


def _unreadable(check: Text, model: str) -> NotVerifiable:
    why = Text("{model} is not readable for the fleet's user", model=model)
    return NotVerifiable(check, why, GIVE)


def _hidden(check: Text, model: str, name: str) -> NotVerifiable:
    why = Text(
        "{model} shows no {field} to the fleet's user: a module is missing, or a group",
        model=model,
        field=name,
    )
    return NotVerifiable(check, why, GIVE)
