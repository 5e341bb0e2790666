"""Each raised change request as a proposal, for whoever the matrix says to decide it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tasks.domain.matrix import Earlier, Request
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal
from tasks.domain.texts import Money, Text
from tasks.execution.change_requests.families import is_confirmed
from tasks.execution.change_requests.judgement import KIND, Standing
from tasks.execution.change_requests.policy import OWN_FIELD
from tasks.execution.change_requests.records import ChangeOrder
from tasks.execution.change_requests.snapshot import Snapshot


def proposals(
    standings: Sequence[Standing], refused: Collection[str], snapshot: Snapshot, as_of: AsOf
) -> Iterator[Proposal]:
    """One for each that is raised, and that somebody can apply once it is approved.

    refused: keys of requests that count for nothing any more.
    """
    for standing in standings:
        order = snapshot.orders.get(standing.request.order_id or 0)
        exempt = standing.request.order_id in standing.policy.exempt_orders
        user = _applies(standing, snapshot)
        if standing.is_open and user and not exempt:
            yield Proposal(
                kind=KIND,
                model=standing.request.model,
                record_id=standing.request.record_id,
                identity=standing.identity,
                why=_why(standing, order),
                values=_values(standing, user, as_of),
                request=_request(standing, refused, snapshot, as_of),
            )


def _why(standing: Standing, order: ChangeOrder | None) -> Text:
    request = standing.request
    if order is None:
        return Text("{request} is raised", request=request.name)
    return Text("{request} changes {order}", request=request.name, order=order.name)


@dataclass(frozen=True)
class _Concerned:
    """The users who sold what is changed, lead its project, and lead those who sold."""

    seller: int | None
    manager: int | None
    lead: int | None


def _concerned(standing: Standing, snapshot: Snapshot) -> _Concerned:
    """A quotation has a salesperson of its own, a task that of the order which it changes."""
    request = standing.request
    own = snapshot.orders.get(request.record_id) if request.model == ChangeOrder.MODEL else None
    order = own or snapshot.orders.get(request.order_id or 0)
    project = snapshot.projects.get(request.project_id or 0)
    return _Concerned(
        order.user_id if order else None,
        project.user_id if project else None,
        snapshot.people.leads.get(order.team_id or 0) if order else None,
    )


def _applies(standing: Standing, snapshot: Snapshot) -> str:
    """The address of who is to apply it: who sells, or of a task who leads the project."""
    who = _concerned(standing, snapshot)
    sold = standing.request.model == ChangeOrder.MODEL
    both = (who.seller, who.manager) if sold else (who.manager, who.seller)
    return next(filter(None, map(snapshot.people.address, both)), "")


def _values(standing: Standing, user: str, as_of: AsOf) -> Mapping[str, Any]:
    request = standing.request
    amount, currency = request.amount, request.currency
    return {
        "user": user,
        "summary": _summary(standing),
        "change": request.name,
        "amount": None if amount is None else f"{amount:f}",
        "currency": currency.code if currency else None,
        "hours": request.hours,
        "deadline": str(as_of.day + timedelta(days=standing.policy.apply_within_days)),
        "amount_in": _amount_in(standing),
    }


def _summary(standing: Standing) -> Text:
    request = standing.request
    if request.amount is None or request.currency is None:
        return Text("agreed to, to be applied: {request}", request=request.name)
    return Text(
        "agreed to, to be applied: {request}, {amount}",
        request=request.name,
        amount=Money(request.amount, request.currency.code),
    )


def _amount_in(standing: Standing) -> str:
    """Where Odoo holds the amount, so that it is known whether it is the one that was decided."""
    if standing.request.amount is None:
        return ""
    if standing.request.model == ChangeOrder.MODEL:
        return "amount_untaxed"
    name = standing.policy.amount_in
    return name if name.startswith(OWN_FIELD) else f"task_properties:{name}"


def _request(
    standing: Standing, refused: Collection[str], snapshot: Snapshot, as_of: AsOf
) -> Request:
    request, people = standing.request, snapshot.people
    order = snapshot.orders.get(request.order_id or 0)
    project = snapshot.projects.get(request.project_id or 0)
    who = _concerned(standing, snapshot)
    same = order is not None and _currency(order, snapshot) == request.currency
    return Request(
        kind=KIND,
        on=request.raised_at.astimezone(as_of.zone).date(),
        amount=None if request.amount is None else abs(request.amount),
        currency=request.currency.code if request.currency else None,
        contract=order.amount_untaxed if order is not None and same else None,
        contract_id=f"{ChangeOrder.MODEL},{order.id}" if order else "",
        project_value=_project_value(standing, snapshot),
        risk=(project.last_update_status or "") if project else "",
        earlier=_earlier(standing, refused, snapshot, as_of),
        requester=people.address(request.raised_by),
        # Who asks for it decides by none of their addresses.
        involved=people.addresses(request.raised_by),
        held={
            field: (address,)
            for field, user in (
                ("project.project.user_id", who.manager),
                ("sale.order.user_id", who.seller),
                ("crm.team.user_id", who.lead),
            )
            if (address := people.address(user))
        },
    )


def _project_value(standing: Standing, snapshot: Snapshot) -> Decimal | None:
    """What the confirmed orders of the project come to; None where they are of other currencies."""
    number = standing.request.project_id
    orders = [
        order
        for order in snapshot.orders.values()
        if number and order.project_id == number and is_confirmed(order)
    ]
    currencies = {_currency(order, snapshot) for order in orders}
    if currencies != {standing.request.currency} or standing.request.currency is None:
        return None
    return sum((order.amount_untaxed for order in orders), Decimal(0))


def _earlier(
    standing: Standing, refused: Collection[str], snapshot: Snapshot, as_of: AsOf
) -> tuple[Earlier, ...]:
    """What was asked for the same order before, and not refused."""
    own = standing.request
    return tuple(
        Earlier(each.raised_at.astimezone(as_of.zone).date(), abs(each.amount))
        for each in sorted(snapshot.requests, key=lambda each: (each.raised_at, each.key))
        if each.order_id is not None
        and each.order_id == own.order_id
        and each.currency == own.currency
        and each.amount is not None
        and (each.raised_at, each.key) < (own.raised_at, own.key)
        and each.key not in refused
    )


def _currency(order: ChangeOrder, snapshot: Snapshot) -> Currency | None:
    return snapshot.currencies.get(order.currency_id)
