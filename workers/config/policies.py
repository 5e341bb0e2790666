"""Which policy is in force where and when: a tenant's values, its company's, then amendments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Self

from pydantic import Field, model_validator

from tasks.declaration import AnyJob
from tasks.domain.policy import Policy
from tasks.domain.written import Id
from workers.config.strict import Strict

Values = Mapping[str, Any]


class Unit(Strict):
    """A business unit: whose people and whose orders it is."""

    departments: tuple[Id, ...] = Field((), description="ids of hr.department")
    sales_teams: tuple[Id, ...] = Field((), description="ids of crm.team")


class Amendment(Strict):
    """Values of a policy that hold from a day on, perhaps only for some companies or one unit."""

    job: str
    since: date = Field(alias="from")
    until: date | None = Field(None, description="the last day, included; open if left out")
    companies: tuple[Id, ...] = Field((), description="ids; all if left out")
    unit: str | None = Field(None, description="a name from `units`; everybody if left out")
    approved_by: str = ""
    values: dict[str, Any] = Field(alias="set")

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"ends on {self.until}, before it begins on {self.since}")
        return self

    def concerns(self, job: str, company_id: int, day: date) -> bool:
        """Whether it is in force for a job in a company on a day."""
        return (
            self.job == job
            and (not self.companies or company_id in self.companies)
            and self.since <= day
            and (self.until is None or day <= self.until)
        )


def in_force(
    job: AnyJob,
    layers: Iterable[Values],
    amendments: Sequence[Amendment],
    units: Mapping[str, Unit],
) -> Policy:
    """The job's policy: layers of values, a later one over an earlier, then the amendments.

    A table that both have, like targets by id, is laid over key by key. Amendments apply in the
    order of their dates, those of a unit after the general ones.
    """
    base: Values = {}
    for layer in layers:
        base = _over(layer, base)
    in_order = sorted(amendments, key=lambda amendment: amendment.since)
    general = [amendment for amendment in in_order if amendment.unit is None]
    policy = _amended(job, base, general)
    by_department: dict[int, Policy] = {}
    by_sales_team: dict[int, Policy] = {}
    for name, unit in units.items():
        own = [amendment for amendment in in_order if amendment.unit == name]
        if own:
            of_unit = _amended(job, base, [*general, *own])
            by_department |= dict.fromkeys(unit.departments, of_unit)
            by_sales_team |= dict.fromkeys(unit.sales_teams, of_unit)
    return policy.with_units(by_department, by_sales_team)


def _amended(job: AnyJob, base: Values, amendments: Sequence[Amendment]) -> Policy:
    values = base
    for amendment in amendments:
        values = _over(amendment.values, values)
    edition = ""
    if amendments:
        newest = amendments[-1]
        edition = f"{newest.since} {newest.unit or ''}".strip()
    approvers = dict.fromkeys(a.approved_by for a in amendments if a.approved_by)
    policy: Policy = job.policy.model_validate(values)
    return policy.as_edition(edition, "; ".join(approvers))


def _over(values: Values, below: Values) -> Values:
    """Values over others: of two tables each key by itself, of anything else the upper one."""
    merged = dict(below)
    for key, value in values.items():
        lower = merged.get(key)
        if isinstance(value, Mapping) and isinstance(lower, Mapping):
            merged[key] = _over(value, lower)
        else:
            merged[key] = value
    return merged


def problems_of_units(units: Mapping[str, Unit]) -> Iterator[tuple[str, str]]:
    """Names of units that share a department or a sales team with an earlier one, and what."""
    seen: dict[tuple[str, int], str] = {}
    for name, unit in units.items():
        parts = [("department", number) for number in unit.departments]
        parts += [("sales team", number) for number in unit.sales_teams]
        for part in parts:
            if part in seen:
                yield name, f"{part[0]} {part[1]} is in unit {seen[part]!r} already; name it once"
            seen.setdefault(part, name)
