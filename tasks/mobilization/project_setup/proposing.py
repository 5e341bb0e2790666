"""A project for each order that has none, as a proposal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tasks.domain.deciding import State
from tasks.domain.matrix import Request
from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import Text
from tasks.mobilization.project_setup.judgement import Case, Judgement
from tasks.mobilization.project_setup.planning import Plan
from tasks.mobilization.project_setup.policy import Part, ServiceLine
from tasks.mobilization.project_setup.records import SetupOrder
from tasks.mobilization.project_setup.snapshot import Kind, Sale, Template

KIND: Final = "create_project"
IDENTITY: Final = "project"


def proposals(judgement: Judgement) -> Iterator[Proposal]:
    """One for each order that needs a project, has none, and waits for no handoff."""
    for case in judgement.cases:
        if case.kind is Kind.NO_PROJECT and case.sale and not case.awaited:
            yield _proposal(judgement, case, case.sale)


def withdrawn(judgement: Judgement, proposed: Sequence[Proposal]) -> tuple[Proposed, ...]:
    """What people are asked of orders that were looked at, and need no project, or not yet."""
    asked = {proposal.record_id for proposal in proposed}
    orders = {case.record.id for case in judgement.cases if case.sale}
    return tuple(
        each
        for each in judgement.as_of.proposed
        if each.kind == KIND
        and each.state in (State.WAITING, State.STUCK)
        and each.record_id in orders - asked
    )


def _proposal(judgement: Judgement, case: Case, sale: Sale) -> Proposal:
    order, policy = sale.order, case.policy
    lines = {line.id: judgement.service_line(line, policy) for line in sale.services}
    template = _template(judgement, sale, lines)
    day = judgement.day(order.date_order)
    people = judgement.snapshot.people
    plan = Plan(
        sale=sale,
        policy=policy,
        service_lines=lines,
        template=template,
        customer=judgement.snapshot.customers.get(order.partner_id, ""),
        confirmed_on=day,
        today=judgement.as_of.day,
        users=_users(case, lines, template),
    )
    return Proposal(
        kind=KIND,
        model=SetupOrder.MODEL,
        record_id=order.id,
        identity=IDENTITY,
        why=Text("{order} was confirmed on {day} and has no project", order=order.name, day=day),
        values=plan.values,
        request=Request(
            kind=KIND,
            on=day,
            amount=abs(order.amount_untaxed),
            currency=sale.currency.code,
            contract=order.amount_untaxed,
            contract_id=f"{SetupOrder.MODEL},{order.id}",
            service_line=next((line.name for line in lines.values() if line), ""),
            requester=people.address(order.user_id),
            held={"sale.order.user_id": (seller,)}
            if (seller := people.address(order.user_id))
            else {},
        ),
    )


def _template(
    judgement: Judgement, sale: Sale, lines: Mapping[int, ServiceLine | None]
) -> Template | None:
    """The first that a service line names, else that a product does; None where nobody does."""
    products = (judgement.snapshot.products.get(line.product_id or 0) for line in sale.services)
    named = [
        *(line.template for line in lines.values() if line),
        *(product.project_template_id for product in products if product),
    ]
    known = judgement.snapshot.templates
    return next((known[number] for number in named if number and number in known), None)


def _users(
    case: Case, lines: Mapping[int, ServiceLine | None], template: Template | None
) -> Mapping[Part, int]:
    managers = [line.manager for line in lines.values() if line]
    if template:
        managers.append(template.project.user_id)
    found = {
        Part.SALESPERSON: case.sale.order.user_id if case.sale else None,
        Part.PROJECT_MANAGER: next(filter(None, managers), case.policy.manager),
        Part.DELIVERY_LEAD: case.owner.user_id,
    }
    return {part: user for part, user in found.items() if user}
