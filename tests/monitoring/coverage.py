"""Asks a Prometheus for every expression: `python -m tests.monitoring.coverage http://host:9090`.

Lists series, place and expression, and fails when one is empty that should not be.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.monitoring import expressions
from tests.monitoring.expressions import Expression
from tests.monitoring.prometheus_server import Prometheus

# Told only of what happened: a fleet where all is well has no such series.
ONLY_IF = {
    "fleet_dead_letters": "no run waits for a person",
    'fleet_outage_seconds{what="webhook"}': "no webhook is configured",
    "fleet_odoo_pieces_wrong": "nothing of ours is installed in that Odoo",
    "fleet_event_": "no source of events is configured",
    "fleet_events_": "no source of events is configured",
    "fleet_configuration_unusable": "every process can use its configuration",
    "fleet_job_unusable": "every job that is installed can be loaded",
    "fleet_approvals_hours": "no hours are approved in this Odoo",
    "fleet_change_approval_hours": "nobody has decided on a change request",
    "fleet_handoffs_accepted": "nobody has accepted a handoff",
    "fleet_handoff_cycle_days": "nobody has accepted a handoff",
    "fleet_handoff_complete_at_first_percent": "nobody has accepted a handoff",
    "fleet_opportunities_won_percent": "no opportunity was decided of late",
    "fleet_presales_review": "no policy names a stage for a review",
    "fleet_quotation_days": "no opportunity was quoted of late",
    'fleet_effects{status="parked"}': "no effect was given up",
    "fleet_invoice_release_days": "no order that was seen ready has been invoiced since",
    "fleet_odoo_api_key_expiry_timestamp_seconds": "no API key of the fleet's user expires",
}


@dataclass(frozen=True)
class Answer:
    """How many series an expression has."""

    asked: Expression
    count: int

    @property
    def excuse(self) -> str:
        """Why it may be empty; nothing when it may not."""
        return next((why for name, why in ONLY_IF.items() if name in self.asked.text), "")

    def __str__(self) -> str:
        told = "" if self.count or not self.excuse else f"  ({self.excuse})"
        return f"{self.count:5}  {self.asked.place:60}  {self.asked.text}{told}"


def answers(
    series: Callable[[str], Sequence[Any]], asked: Iterable[Expression]
) -> Iterator[Answer]:
    """Each expression with its number of series."""
    for expression in asked:
        yield Answer(expression, len(series(expression.text)))


def listed(prometheus: Prometheus, asked: Iterable[Expression]) -> list[Answer]:
    """The answers, printed as they come."""
    found = []
    for answer in answers(prometheus.series, asked):
        print(answer)
        found.append(answer)
    empty = sum(not answer.count for answer in found)
    print(f"{len(found)} expressions, {empty} of them empty")
    return found


def main(address: str) -> int:
    """The exit code: 1 when an expression is empty that should not be."""
    found = listed(Prometheus(address.rstrip("/")), expressions.of_everything())
    wrong = [answer for answer in found if not answer.count and not answer.excuse]
    for answer in wrong:
        print(f"empty: {answer.asked.place}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
