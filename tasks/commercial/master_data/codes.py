"""Whether projects and orders carry the codes that the company expects, and the same ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.commercial.master_data.records import CodedLine, CodedOrder, CodedProject
from tasks.commercial.master_data.snapshot import Snapshot
from tasks.domain.texts import Text, plural

NO_ACCOUNT: Final = Text("it has no analytic account")
NO_SERVICE_LINE: Final = Text("it has no tag of a service line")


@dataclass(frozen=True)
class Coded:
    """A project or an order, with what its codes lack and what does not fit."""

    record: CodedProject | CodedOrder
    policy: MasterDataPolicy
    missing: Sequence[Text] = field(default=())
    inconsistent: Sequence[Text] = field(default=())


def coded_projects(snapshot: Snapshot, policy: MasterDataPolicy) -> Iterator[Coded]:
    """Each billable project."""
    for project in snapshot.projects:
        if project.allow_billable:
            lines = _service_lines(project.tag_ids, snapshot.project_tags, policy)
            yield Coded(
                project,
                policy,
                [*_no_account(project, snapshot, policy), *_none(lines, policy)],
                [
                    *_account(project, snapshot, policy),
                    *_several(lines),
                    *_unknown_tags(project, snapshot, policy),
                ],
            )


def coded_orders(snapshot: Snapshot, policy: MasterDataPolicy) -> Iterator[Coded]:
    """Each order that sells a service."""
    projects = {project.id: project for project in snapshot.projects}
    for order in snapshot.orders:
        sold = snapshot.lines.get(order.id, ())
        if sold:
            yield _coded_order(
                order, sold, projects, snapshot, policy.for_sales_team(order.team_id)
            )


def _coded_order(
    order: CodedOrder,
    sold: Sequence[CodedLine],
    projects: Mapping[int, CodedProject],
    snapshot: Snapshot,
    policy: MasterDataPolicy,
) -> Coded:
    missing: list[Text] = []
    differing: list[Text] = []
    if snapshot.tells_distribution and policy.order_account_required:
        missing += _unbooked(sold, projects)
        differing += _booked_elsewhere(sold, projects)
    if snapshot.tells_order_tags:
        lines = _service_lines(order.tag_ids, snapshot.order_tags, policy)
        missing += _none(lines, policy)
        differing += _several(lines)
        if len(lines) == 1:
            differing += _other_service_line(lines[0], sold, projects, snapshot, policy)
    return Coded(order, policy, missing, differing)


def _no_account(
    project: CodedProject, snapshot: Snapshot, policy: MasterDataPolicy
) -> Iterator[Text]:
    if snapshot.tells_accounts and policy.project_account_required and not project.account_id:
        yield NO_ACCOUNT


def _account(project: CodedProject, snapshot: Snapshot, policy: MasterDataPolicy) -> Iterator[Text]:
    """What does not fit of the account that a project has, as far as it may be read."""
    account = snapshot.accounts.get(project.account_id or 0)
    if account is None:
        return
    if policy.analytic_plans and account.plan_id not in policy.analytic_plans:
        yield Text(
            "its analytic account {account} is in a plan that is not expected", account=account.name
        )
    if account.company_id and project.company_id and account.company_id != project.company_id:
        yield Text("its analytic account {account} is another company's", account=account.name)
    if not account.active:
        yield Text("its analytic account {account} is archived", account=account.name)


def _unbooked(sold: Iterable[CodedLine], projects: Mapping[int, CodedProject]) -> Iterator[Text]:
    without = [
        line
        for line in sold
        if not line.analytic_distribution
        and not ((project := projects.get(line.project_id or 0)) and project.account_id)
    ]
    if without:
        yield plural(
            "{count} service is on no analytic account",
            "{count} services are on no analytic account",
            count=len(without),
        )


def _booked_elsewhere(
    sold: Iterable[CodedLine], projects: Mapping[int, CodedProject]
) -> Iterator[Text]:
    """Hours are booked on the account of the project, revenue by the order: the two must meet."""
    names = {
        project.name
        for line in sold
        if (project := projects.get(line.project_id or 0))
        and project.account_id
        and line.analytic_distribution
        and project.account_id not in _accounts(line)
    }
    if names:
        yield Text(
            "its revenue is on other analytic accounts than the hours of {projects}",
            projects=tuple(sorted(names)),
        )


def _accounts(line: CodedLine) -> set[int]:
    """The accounts of a distribution, of all its plans."""
    keys = (line.analytic_distribution or {}).keys()
    return {int(part) for key in keys for part in key.split(",") if part.strip().isdecimal()}


def _service_lines(
    tags: Iterable[int], names: Mapping[int, str], policy: MasterDataPolicy
) -> Sequence[str]:
    """The service lines among some tags, as the policy writes them."""
    carried = {names.get(tag, "").casefold() for tag in tags}
    return [line for line in policy.service_lines if line.casefold() in carried]


def _none(lines: Sequence[str], policy: MasterDataPolicy) -> Iterator[Text]:
    if policy.service_lines and not lines:
        yield NO_SERVICE_LINE


def _several(lines: Sequence[str]) -> Iterator[Text]:
    if len(lines) > 1:
        yield Text("it has tags of several service lines: {lines}", lines=tuple(lines))


def _other_service_line(
    own: str,
    sold: Iterable[CodedLine],
    projects: Mapping[int, CodedProject],
    snapshot: Snapshot,
    policy: MasterDataPolicy,
) -> Iterator[Text]:
    found = (projects.get(line.project_id or 0) for line in sold)
    for project in {project.id: project for project in found if project}.values():
        lines = _service_lines(project.tag_ids, snapshot.project_tags, policy)
        if len(lines) == 1 and lines[0] != own:
            yield Text(
                "its service line is {own}, that of {project} is {other}",
                own=own,
                project=project.name,
                other=lines[0],
            )


def _unknown_tags(
    project: CodedProject, snapshot: Snapshot, policy: MasterDataPolicy
) -> Iterator[Text]:
    if not policy.project_tags:
        return
    known = {name.casefold() for name in (*policy.project_tags, *policy.service_lines)}
    carried = (snapshot.project_tags.get(tag) for tag in project.tag_ids)
    if strange := sorted(name for name in carried if name and name.casefold() not in known):
        yield Text("it has tags that are not expected: {tags}", tags=tuple(strange))
