"""Every project of a company that is sold or billable, with all that its margin is told by."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks import doubts
from tasks.domain.money import Currency
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text, plural
from tasks.financial.margin_watch import costs
from tasks.financial.margin_watch.facts import (
    ZERO,
    Books,
    Facts,
    Gap,
    Missing,
    Sale,
    Watched,
)
from tasks.financial.margin_watch.policy import MarginPolicy
from tasks.financial.margin_watch.records import (
    BookedAmount,
    Bought,
    MarginProject,
    ProjectUpdate,
)
from tasks.financial.margin_watch.selling import Selling, read_selling
from tasks.reads.exchange import Exchange, read_exchange
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder, company_currency, read_currencies, read_orders
from tasks.records.sales import Order


def read(odoo: Reader, as_of: AsOf, policy: MarginPolicy) -> Facts:
    """Active projects that are billable or sold; a shared one by what is this company's of it."""
    currencies = read_currencies(odoo)
    currency = company_currency(odoo, currencies)
    if currency is None:
        return Facts(None)
    orders = read_orders(odoo, currencies)
    projects = {each.id: each for each in odoo.search(MarginProject, [], archived=True)}
    hours = costs.read_hours(odoo, projects)
    selling = read_selling(odoo, orders, projects, hours.logged_on)
    watched = [
        each
        for each in projects.values()
        if each.active
        and not each.is_template
        and (each.allow_billable or selling.sales.get(each.id))
        and (each.company_id or _is_here(each, selling, hours))
    ]
    ids = [each.id for each in watched]
    books = _Books(odoo, watched)
    bought, ordered_unknown = _bought(odoo)
    exchange = read_exchange(odoo, currency, _foreign(orders, bought, odoo))
    planned = costs.read_planned(odoo, ids)
    ordered = _Ordered(bought, exchange, currencies, selling.sales)
    waiting = costs.read_waiting(odoo)
    progress = _progress(odoo, watched, as_of, policy)
    found = [
        Watched(
            project=each,
            url=odoo.session.link(MarginProject.MODEL, each.id),
            sales=selling.sales.get(each.id, ()),
            logged=hours.of.get(each.id, {}),
            planned=planned.get(each.id, {}),
            books=books.of(each),
            waiting=waiting.get(each.account_id or 0, ZERO),
            ordered=ordered.on(each.account_id),
            progress=progress.get(each.id),
            gaps=(
                *books.gaps(each),
                *_of_hours(each, hours),
                *_of_orders(selling.split.get(each.id, ())),
                *ordered.gaps(each.id),
            ),
        )
        for each in watched
    ]
    return Facts(
        exchange=exchange,
        projects=_with_unread(odoo, found),
        managers=user_names(odoo, {each.user_id for each in watched}),
        ordered_unknown=ordered_unknown,
    )


def _with_unread(odoo: Reader, found: Sequence[Watched]) -> Sequence[Watched]:
    """With what could not be read: of the projects that it belongs to, or where none is told, all.

    What all rows are withheld for, `rests_on` tells.
    """
    gaps: dict[int, list[Gap]] = defaultdict(list)
    for drift in odoo.drift:
        named = {number for model, number in drift.records if model == MarginProject.MODEL}
        orders = {number for model, number in drift.records if model == Order.MODEL}
        named |= {
            each.project.id
            for each in found
            if orders & {sale.order.order.id for sale in each.sales}
        }
        for number in named or {each.project.id for each in found}:
            gaps[number].append(Gap(Missing.UNREAD, doubts.unread(drift)))
    return [replace(each, gaps=(*each.gaps, *gaps[each.project.id])) for each in found]


def _is_here(project: MarginProject, selling: Selling, hours: costs.Hours) -> bool:
    """Whether a project that all companies share has anything of this one."""
    return bool(selling.sales.get(project.id) or hours.of.get(project.id))


def _foreign(
    orders: Iterable[SoldOrder], bought: Iterable[Bought], odoo: Reader
) -> Mapping[int, Collection[Subject]]:
    """Currencies other than the company's, with the records that are in them."""
    by: dict[int, set[Subject]] = defaultdict(set)
    for order in orders:
        by[order.order.currency_id].add((Order.MODEL, order.order.id))
    for each in bought:
        by[each.currency_id].add((Bought.MODEL, each.id))
    by.pop(odoo.company.currency_id, None)
    return by


class _Books:
    """What is booked on the accounts of projects, where it can be told."""

    def __init__(self, odoo: Reader, projects: Sequence[MarginProject]) -> None:
        accounts = {each.account_id for each in projects if each.account_id}
        self._hidden = _hidden(odoo)
        self._users = Counter(_users(odoo, accounts))
        self._booked = (
            costs.Booked({}, frozenset(), frozenset())
            if self._hidden
            else costs.read_booked(odoo, accounts)
        )

    def of(self, project: MarginProject) -> Books | None:
        """None where nobody can tell what is booked for the project alone."""
        account = project.account_id
        if self._hidden or not account or self._users[account] > 1:
            return None
        return self._booked.of.get(account, Books())

    def gaps(self, project: MarginProject) -> Iterator[Gap]:
        if self._hidden:
            yield Gap(Missing.BOOKS_HIDDEN, self._hidden)
        if not project.account_id:
            told = Text("the project has no analytic account, so no purchase or expense is on it")
            yield Gap(Missing.NO_ACCOUNT, told)
        elif self._users[project.account_id] > 1:
            told = Text("it shares its analytic account with other projects")
            yield Gap(Missing.SHARED_ACCOUNT, told)
        if project.account_id in self._booked.hidden:
            told = Text("something on its account is on accounts of the books that are hidden")
            yield Gap(Missing.BOOKS_HIDDEN, told)
        if project.account_id in self._booked.of_others:
            yield Gap(Missing.OTHER_COMPANY, Text("another company booked on its account"))


def _hidden(odoo: Reader) -> Text:
    """Why nobody can tell what is booked; "" where it is told."""
    if doubt := odoo.doubt_of_booked():
        return doubts.told(doubt)
    if not costs.books_are_told(odoo):
        return Text(
            "{model} is not readable for the fleet's user, or accounting is not installed",
            model=BookedAmount.MODEL,
        )
    return NOTHING


def _users(odoo: Reader, accounts: Collection[int]) -> Iterator[int]:
    """The account of each project that has one of these, of whichever company."""
    name = odoo.session.layout(MarginProject).names["account_id"]
    on: Domain = [(name, "in", sorted(accounts))]
    for each in odoo.search(MarginProject, on, archived=True, all_companies=True):
        if each.account_id and not each.is_template:
            yield each.account_id


def _of_hours(project: MarginProject, hours: costs.Hours) -> Iterator[Gap]:
    if project.id in hours.of_others:
        yield Gap(Missing.OTHER_COMPANY, Text("another company logged hours on it"))


def _of_orders(names: Collection[str]) -> Iterator[Gap]:
    if names:
        told = Text(
            "lines of {orders} belong to no single project of their order",
            orders=tuple(sorted(names)),
        )
        yield Gap(Missing.NO_PROJECT, told)


def _bought(odoo: Reader) -> tuple[Sequence[Bought], Text]:
    """What is ordered and not billed whole; else why that is not known."""
    if Bought.MODULE not in odoo.session.modules:
        return (), NOTHING
    if doubt := odoo.doubt(Bought.MODEL):
        return (), doubts.told(doubt)
    return costs.read_bought(odoo), NOTHING


class _Ordered:
    """What is ordered for projects and not billed yet, and what of it is on no account."""

    def __init__(
        self,
        bought: Iterable[Bought],
        exchange: Exchange,
        currencies: Mapping[int, Currency],
        sales: Mapping[int, Sequence[Sale]],
    ) -> None:
        self._on: dict[int, Decimal] = defaultdict(Decimal)
        self._unbooked: dict[int, int] = defaultdict(int)
        project_of = {sale.sold.line.id: number for number, of in sales.items() for sale in of}
        for each in bought:
            left = exchange.converted(costs.left_to_bill(each), currencies.get(each.currency_id))
            booked = list(costs.shares(each.analytic_distribution))
            project = project_of.get(each.sale_line_id or 0)
            if project and not booked:
                self._unbooked[project] += 1
            for account, share in booked:
                # One in a currency that is hidden is drift, which tells that nothing is whole.
                self._on[account] += (left or ZERO) * share

    def on(self, account: int | None) -> Decimal:
        """In the company's currency."""
        return self._on.get(account or 0, ZERO)

    def gaps(self, project: int) -> Iterator[Gap]:
        if count := self._unbooked.get(project, 0):
            told = plural(
                "{count} purchase for its orders names no analytic account",
                "{count} purchases for its orders name no analytic account",
                count=count,
            )
            yield Gap(Missing.UNBOOKED_PURCHASE, told)


def _progress(
    odoo: Reader, projects: Iterable[MarginProject], as_of: AsOf, policy: MarginPolicy
) -> Mapping[int, Decimal]:
    """By project, how much its last update says is done; none where it is old, or gives none."""
    by = {
        each.last_update_id: [(MarginProject.MODEL, each.id)]
        for each in projects
        if each.last_update_id
    }
    since = as_of.day - timedelta(days=policy.update_holds_days)
    updates = odoo.referred(ProjectUpdate, by) if by else {}
    return {
        each.id: Decimal(min(update.progress, 100)) / 100
        for each in projects
        if (update := updates.get(each.last_update_id or 0))
        and update.progress > 0
        and update.date
        and update.date >= since
    }
