"""The projects that an order is to have: one for each template of what it sells, as Odoo does it.

Lines without a template go with the first. What is sold or promised as support has a project of its
own, beside them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.domain.order_projects import OfOrder, Sought
from tasks.mobilization.project_setup.policy import ServiceLine, Support
from tasks.mobilization.project_setup.records import SetupLine, SetupProject
from tasks.mobilization.project_setup.snapshot import Sale, Snapshot

IDENTITY: Final = "project"
SUPPORT: Final = "support"


@dataclass(frozen=True)
class Portion:
    """Lines of an order that one project delivers."""

    #: What makes the effect that creates it the same one.
    identity: str
    lines: Sequence[SetupLine]
    #: The project that it is copied from.
    template: int | None
    sought: Sought
    support: Support | None = None
    #: Whether there are others of its order.
    is_one_of_several: bool = False

    def project(self, sale: Sale, of_lines: Mapping[int, int | None]) -> SetupProject | None:
        """The one that there is."""
        linked = [OfOrder(each.id, each.name, each.sale_line_id) for each in sale.projects]
        found = self.sought.among(linked, of_lines)
        return next((each for each in sale.projects if found and each.id == found.id), None)


def portions_of(
    snapshot: Snapshot, sale: Sale, lines: Mapping[int, ServiceLine | None]
) -> Sequence[Portion]:
    """Those of a sale, support last; lines: the service line that each of its lines is of."""
    support = support_of(lines.values())
    sold = [line for line in sale.services if is_support(lines[line.id])]
    needs = [
        line
        for line in sale.services
        if line not in sold and ((service := lines[line.id]) is None or service.needs_project)
    ]
    by: dict[int | None, list[SetupLine]] = {}
    for line in needs:
        by.setdefault(_template(snapshot, line, lines[line.id]), []).append(line)
    templates = [number for number in by if number]
    if templates and None in by:
        by[templates[0]] = sorted([*by[templates[0]], *by.pop(None)], key=needs.index)
    several = len(by) > 1
    found = [
        Portion(
            identity=f"{IDENTITY}-{number}" if several else IDENTITY,
            lines=of,
            template=number,
            # Of a single one, any project that is not support is it.
            sought=Sought(
                lines=tuple(line.id for line in of) if several or sold else (),
                beside=support.named if support else "",
            ),
            is_one_of_several=several,
        )
        for number, of in by.items()
    ]
    if support:
        ids = tuple(line.id for line in sold)
        sought = Sought(lines=ids, named=support.named)
        found.append(Portion(SUPPORT, sold, support.template, sought, support))
    return found


def of_lines(snapshot: Snapshot, sale: Sale) -> Mapping[int, int | None]:
    """By line of a sale, the project that it or its product names."""
    products = snapshot.products
    return {
        line.id: line.project_id
        or (product.project_id if (product := products.get(line.product_id or 0)) else None)
        for line in sale.services
    }


def support_of(lines: Iterable[ServiceLine | None]) -> Support | None:
    """The first that a service line of these asks for."""
    return next((line.support for line in lines if line and line.support), None)


def is_support(line: ServiceLine | None) -> bool:
    """Whether what it sells is support itself."""
    return bool(line and line.support and line.support.is_sold)


def _template(snapshot: Snapshot, line: SetupLine, service: ServiceLine | None) -> int | None:
    """That of its service line, else its product's; none that is gone or hidden."""
    product = snapshot.products.get(line.product_id or 0)
    named = (service.template if service else None, product and product.project_template_id)
    return next((number for number in named if number and number in snapshot.templates), None)
