"""Hours of timesheet lines, whatever unit they are kept in."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import ClassVar, Final

from odoo_gateway.reader import Domain, Group, Grouping, Key, Reader
from odoo_gateway.records import Record
from tasks.domain.news import Subject
from tasks.records.timesheets import TimesheetLine

HOUR: Final = ("uom", "product_uom_hour")
# Until Odoo 18 a factor says how many of a unit are one of the reference, and since how many of
# the reference one is.
TURNED_SINCE: Final = 19


@dataclass(frozen=True)
class Unit(Record):
    """A unit of measure; category_id (Odoo 16 to 18) or the root of parent_path is its kind."""

    MODEL: ClassVar[str] = "uom.uom"
    MODULE: ClassVar[str] = "uom"
    id: int
    factor: float
    category_id: int | None = None
    parent_path: str | None = None

    @property
    def kind(self) -> str:
        """Units of one kind are converted into each other."""
        return str(self.category_id or (self.parent_path or "").split("/")[0])


def group_hours(
    odoo: Reader,
    domain: Domain,
    by: Sequence[str],
    earliest: Sequence[str] = (),
    sums: Sequence[str] = (),
) -> tuple[Group, ...]:
    """As Reader.group of timesheet lines, with their hours as the first sum.

    Those of all companies: hours of a person, or on an order, count wherever they were logged.
    Where a firm keeps time in days (`res.company.project_time_mode_id`, or the unit of a line),
    they are converted as Odoo does for the total of a project; a unit of another kind is taken as
    it is.
    """
    return in_hours(odoo, odoo.groups([hours_by(odoo, domain, by, earliest, sums)])[0])


def hours_by(
    odoo: Reader,
    domain: Domain,
    by: Sequence[str],
    earliest: Sequence[str] = (),
    sums: Sequence[str] = (),
) -> Grouping:
    """The question of group_hours, whose answer is yet to be made hours."""
    return Grouping(
        TimesheetLine.MODEL,
        domain,
        by=[*by, *_unit(odoo)],
        sums=["unit_amount", *sums],
        earliest=earliest,
        all_companies=True,
    )


def hours_of(
    odoo: Reader, employees: Iterable[int], domain: Domain, by: Sequence[str]
) -> Iterator[Group]:
    """The same of these employees, by them and more, as Reader.group_of."""
    found = odoo.group_of(
        TimesheetLine.MODEL,
        employees,
        domain,
        by=["employee_id", *by, *_unit(odoo)],
        amount="unit_amount",
        all_companies=True,
    )
    for _, of_one in groupby(found, key=lambda group: group.keys[0]):
        yield from in_hours(odoo, tuple(of_one))


def _unit(odoo: Reader) -> Sequence[str]:
    return [] if odoo.lacks(TimesheetLine, "product_uom_id") else ["product_uom_id"]


def in_hours(odoo: Reader, groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """Groups of hours without their last key, the unit, where they have it."""
    if not _unit(odoo):
        return groups
    factors = hours_per_unit(odoo, {group.keys[-1] for group in groups} - {None})
    found: dict[tuple[Key, ...], Group] = {}
    for group in groups:
        keys, amount = group.keys[:-1], group.sums[0] * factors.get(group.keys[-1], 1.0)
        own = replace(group, keys=keys, sums=(amount, *group.sums[1:]))
        found[keys] = _together(found[keys], own) if keys in found else own
    return tuple(found.values())


def _together(one: Group, other: Group) -> Group:
    pairs = zip(one.earliest, other.earliest, strict=True)
    earliest = tuple(min(filter(None, pair), default=None) for pair in pairs)
    sums = tuple(map(sum, zip(one.sums, other.sums, strict=True)))
    return Group(one.keys, sums, earliest, one.count + other.count)


def time_units(odoo: Reader, by: Mapping[int, Collection[Subject]]) -> Mapping[int, Decimal]:
    """How many hours one of each unit of time is; `by` says which records are in each unit.

    One that a rule hides is drift of those. Units of other kinds are left out.
    """
    hour_id = odoo.session.reference(*HOUR)
    units = odoo.referred(Unit, {hour_id: (), **by}) if by else {}
    hour = units.get(hour_id)
    return {
        unit.id: Decimal(repr(round(_hours_in(odoo, unit, hour), 8)))
        for unit in units.values()
        if hour and unit.kind == hour.kind
    }


def _hours_in(odoo: Reader, unit: Unit, hour: Unit) -> float:
    turned = odoo.session.major_version >= TURNED_SINCE
    return unit.factor / hour.factor if turned else hour.factor / unit.factor


def hours_per_unit(odoo: Reader, ids: Collection[Key]) -> Mapping[Key, float]:
    """How many hours one of each unit is; those that are not in it count as hours.

    So do those that a rule hides, or all where it hides the hour: they are drift.
    """
    if not ids:
        return {}
    hour_id = odoo.session.reference(*HOUR)
    if ids == {hour_id}:
        return {}
    wanted = sorted({hour_id, *(number for number in ids if isinstance(number, int))})
    units = odoo.referred(Unit, dict.fromkeys(wanted, ()))
    hour = units.get(hour_id)
    if hour is None:
        return {}
    return {
        unit.id: _hours_in(odoo, unit, hour) for unit in units.values() if unit.kind == hour.kind
    }
