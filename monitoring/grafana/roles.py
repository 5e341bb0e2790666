"""The dashboards by role, of what each job declares: its measures and how they are shown.

Amounts are shown per currency and never added up over currencies.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.models.dashboard import Dashboard
from grafana_foundation_sdk.models.units import Days, Hours, PercentUnit, Seconds, Short

from monitoring.grafana.panels import (
    WIDTH,
    AnyPanel,
    bars,
    board,
    choice,
    figure,
    graph,
    listing,
    named,
    stacked,
)
from tasks.catalogue import jobs
from tasks.declaration import AnyJob
from tasks.domain.findings import Formula, Panel

CHOICES: Final = (
    choice("tenant", "fleet_measured_timestamp_seconds"),
    choice("company_id", "fleet_company_info", shown="company"),
)
HERE: Final = 'tenant=~"$tenant", company_id=~"$company_id"'
# By the last word of a measure's name: its unit, and what becomes of several series.
UNITS: Final = {"amount": Short, "hours": Hours, "days": Days, "ratio": PercentUnit}
SUMMARY: Final = {"days": "max", "ratio": "avg"}


@dataclass(frozen=True)
class Role:
    """Whose dashboard."""

    name: str
    uid: str
    title: str
    about: str
    #: Whether it shows the open cases of its jobs.
    cases: bool = True


ROLES: Final = (
    Role(
        "finance",
        "fleet-finance",
        "Finance controller",
        "What can be invoiced, what is blocked, and how old the work in progress is.",
    ),
    Role(
        "delivery",
        "fleet-projects",
        "Project manager",
        "What keeps finished work from being billed, and whose hours are missing.",
    ),
    Role(
        "planning",
        "fleet-planning",
        "Resource planner",
        "How much of the capacity is used, and how much is booked ahead.",
    ),
    Role(
        "accounts",
        "fleet-accounts",
        "Account manager",
        "What clients can be billed for, what waits for them or for us, and for how long.",
    ),
    Role(
        "executive",
        "fleet-executive",
        "Executive",
        "How fast work becomes money, and whether the numbers can be trusted.",
        cases=False,
    ),
)


def role_boards(of: Sequence[AnyJob]) -> tuple[Dashboard, ...]:
    """A dashboard for each role, of the jobs that it answers for or that show it something."""
    return tuple(_board(role, [job for job in of if role.name in _roles(job)]) for role in ROLES)


def _roles(job: AnyJob) -> set[str]:
    panels = (panel for formula in job.formulas for panel in formula.panels)
    return {job.role, *(name for panel in panels for name in panel.boards)}


def _board(role: Role, of: Sequence[AnyJob]) -> Dashboard:
    rows = {
        "Now": [panel for job in of for panel in _panels(job, role, now=True)],
        **{str(job.title): _panels(job, role, now=False) for job in of},
        "Open cases": _cases(of) if role.cases else [],
        "Can the numbers be trusted?": [_ages(of)],
    }
    return board(
        role.uid,
        role.title,
        role.about,
        {heading: panels for heading, panels in rows.items() if panels},
        role=role.name,
        choices=CHOICES,
        since="now-90d",
    )


def _panels(job: AnyJob, role: Role, now: bool) -> list[AnyPanel]:
    return [
        _panel(formula, panel)
        for formula in job.formulas
        for panel in formula.panels
        if panel.now == now and role.name in (panel.boards or (job.role,))
    ]


def _panel(formula: Formula, panel: Panel) -> AnyPanel:
    kind = formula.measure.rpartition("_")[2]
    make = figure if panel.now else graph if kind in UNITS else stacked
    return make(
        panel.title or formula.measure.replace("_", " ").capitalize(),
        _series(formula.measure, panel, SUMMARY.get(kind, "sum")),
        _legend(panel.by),
        unit=UNITS.get(kind, Short),
        about=formula.text,
    )


def _series(measure: str, panel: Panel, how: str) -> str:
    where = "".join(f', {label}=~"{_any_of(them)}"' for label, them in panel.where.items())
    expr = _by(how, panel.by, f"fleet_{measure}", where)
    if where and how == "sum":
        # Nothing, rather than unknown, where others were measured.
        expr = f"{expr} or 0 * {_by(how, panel.by, f'fleet_{measure}')}"
    return named(expr) if "company_id" in panel.by else expr


def _by(how: str, labels: Sequence[str], series: str, where: str = "") -> str:
    kept = ("tenant", *labels) if "company_id" in labels else labels
    return f"{how} by ({', '.join(kept)}) ({series}{{{HERE}{where}}})"


def _any_of(values: Sequence[str]) -> str:
    return "|".join(map(re.escape, values)).replace("\\", "\\\\")


def _legend(labels: Sequence[str]) -> str:
    shown = {"company_id": "{{company}} ({{company_id}})"}
    return " ".join(shown.get(label, f"{{{{{label}}}}}") for label in labels)


def _cases(of: Sequence[AnyJob]) -> list[AnyPanel]:
    def cases(*labels: str) -> str:
        return _by("sum", labels, "fleet_cases_open", _where(of))

    each = named(cases("job", "company_id", "kind", "severity", "age"))
    return [
        stacked("Open cases by job", cases("job"), "{{job}}"),
        stacked("Open cases by age", cases("age"), "{{age}} days"),
        listing("Open cases", each).span(WIDTH),
    ]


def _ages(of: Sequence[AnyJob]) -> AnyPanel:
    labels = ("job", "company_id")
    return bars(
        "Age of the numbers",
        named(_by("time() - min", labels, "fleet_measured_timestamp_seconds", _where(of))),
        _legend(labels),
        unit=Seconds,
        about="How long ago Odoo was read for them.",
    )


def _where(of: Sequence[AnyJob]) -> str:
    return f', job=~"{_any_of([job.name for job in of])}"'


BOARDS: Final = role_boards(tuple(jobs().values()))
