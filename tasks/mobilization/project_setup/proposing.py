"""Each project that an order is to have and has not, as a proposal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from tasks.domain.deciding import State
from tasks.domain.matrix import Request
from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import Text
from tasks.mobilization.project_setup.judgement import Case, Judgement
from tasks.mobilization.project_setup.planning import Plan
from tasks.mobilization.project_setup.policy import Part, ServiceLine
from tasks.mobilization.project_setup.portions import Portion
from tasks.mobilization.project_setup.records import SetupOrder
from tasks.mobilization.project_setup.snapshot import Sale, Template

KIND: Final = "create_project"


def proposals(judgement: Judgement) -> Iterator[Proposal]:
    """One for each project that an order lacks, unless it waits for a handoff."""
    for case in judgement.cases:
        if case.sale and not case.awaited:
            yield from (_proposal(judgement, case, case.sale, each) for each in case.missing)


def withdrawn(judgement: Judgement, proposed: Sequence[Proposal]) -> tuple[Proposed, ...]:
    """What people are asked of orders that were looked at, and need no project, or not yet."""
    asked = {(proposal.record_id, proposal.identity) for proposal in proposed}
    orders = {case.record.id for case in judgement.cases if case.sale}
    return tuple(
        each
        for each in judgement.as_of.proposed
        if each.kind == KIND
        and each.state in (State.WAITING, State.STUCK)
        and each.record_id in orders
        and (each.record_id, each.identity) not in asked
    )


def _proposal(judgement: Judgement, case: Case, sale: Sale, portion: Portion) -> Proposal:
    order, policy = sale.order, case.policy
    lines = {line.id: judgement.service_line(line, policy) for line in portion.lines}
    template = judgement.snapshot.templates.get(portion.template or 0)
    day = judgement.as_of.day_of(order.date_order)
    people = judgement.snapshot.people
    hours = {number: of for number, of in sale.hours.items() if number in lines}
    plan = Plan(
        sale=replace(sale, services=portion.lines, hours=hours),
        portion=portion,
        policy=policy,
        service_lines=lines,
        template=template,
        customer=judgement.snapshot.customers.get(order.partner_id, ""),
        confirmed_on=day,
        today=judgement.as_of.day,
        users=_users(case, portion, lines, template),
    )
    return Proposal(
        kind=KIND,
        model=SetupOrder.MODEL,
        record_id=order.id,
        identity=portion.identity,
        why=_why(order.name, day, portion),
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


def _why(order: str, day: date, portion: Portion) -> Text:
    if portion.support:
        return Text(
            "{order} was confirmed on {day}, includes support and has no project for it",
            order=order,
            day=day,
        )
    if portion.is_one_of_several:
        return Text(
            "{order} was confirmed on {day} and has no project for {lines}",
            order=order,
            day=day,
            lines=tuple(line.title for line in portion.lines),
        )
    return Text("{order} was confirmed on {day} and has no project", order=order, day=day)


def _users(
    case: Case,
    portion: Portion,
    lines: Mapping[int, ServiceLine | None],
    template: Template | None,
) -> Mapping[Part, int]:
    managers = [portion.support.manager] if portion.support else []
    managers += [line.manager for line in lines.values() if line]
    if template:
        managers.append(template.project.user_id)
    found = {
        Part.SALESPERSON: case.sale.order.user_id if case.sale else None,
        Part.PROJECT_MANAGER: next(filter(None, managers), case.policy.manager),
        Part.DELIVERY_LEAD: case.owner.user_id,
    }
    return {part: user for part, user in found.items() if user}
