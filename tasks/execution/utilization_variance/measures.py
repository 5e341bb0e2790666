"""What is measured of the company and of each department, and how."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.execution.utilization_variance.people import Person
from tasks.execution.utilization_variance.rules import Utilization

# A metric's labels must be bounded: the smaller departments beyond are told as one.
MOST_DEPARTMENTS: Final = 30

RATIO: Final = Formula(
    "utilization_ratio",
    "hours of the last complete month / capacity net of leave and holidays; basis billable, "
    "productive (billable and credited projects) or total",
    panels=(
        Panel(
            "Billable utilization",
            where={"basis": ("billable",)},
            boards=("planning", "executive"),
        ),
        Panel("Utilization by basis", ("basis",), boards=("planning",)),
    ),
)
SCHEDULED_RATIO: Final = Formula(
    "scheduled_utilization_ratio",
    "hours planned in the next four weeks / capacity net of leave and holidays",
    panels=(Panel("Booked in the weeks ahead", boards=("planning",)),),
)
HOURS: Final = Formula(
    "utilization_hours",
    "hours of the last complete month by department: capacity net of leave and holidays, "
    "billable, worked, planned",
    panels=(Panel("Hours by department", ("department", "kind"), boards=("planning",)),),
)
VARIANCE_HOURS: Final = Formula(
    "utilization_variance_hours",
    "billable hours less target, of people with a target, by department",
    panels=(
        Panel("Billable hours beyond target", ("department",), boards=("delivery", "planning")),
    ),
)


def measures(people: Sequence[Person]) -> tuple[Measure, ...]:
    """The company's ratios, and the hours of each department behind them."""
    counted = [person for person in people if person.counted]
    excluded = Counter(_left_out(person) for person in people if not person.counted)
    found = [person.utilization for person in counted]
    billable = sum(one.hours.billable for one in found)
    ratios = _ratios(
        sum(one.capacity for one in found),
        RATIO,
        excluded,
        billable=billable,
        productive=billable + sum(one.hours.credited for one in found),
        total=sum(one.hours.worked for one in found),
    )
    ahead = sum(person.ahead.capacity for person in counted)
    planned = sum(person.ahead.planned for person in counted)
    return (
        *ratios,
        *_ratios(ahead, SCHEDULED_RATIO, excluded, planned=planned),
        *_of_departments(counted, excluded),
    )


def _left_out(person: Person) -> str:
    return "not_measurable" if person.status == "not_measurable" else "excluded_by_policy"


def _ratios(
    capacity: float, formula: Formula, excluded: Mapping[str, int], **hours: float
) -> tuple[Measure, ...]:
    if not capacity:
        return ()
    return tuple(
        formula.measured(round(of_basis / capacity, 4), {"basis": basis}, excluded)
        for basis, of_basis in hours.items()
    )


def _of_departments(counted: Sequence[Person], excluded: Mapping[str, int]) -> Iterator[Measure]:
    for department, found in _by_department(counted).items():
        hours = {
            "capacity": sum(one.capacity for one in found),
            "billable": sum(one.hours.billable for one in found),
            "worked": sum(one.hours.worked for one in found),
            "planned": sum(one.planned for one in found),
        }
        for kind, value in hours.items():
            labels = {"department": department, "kind": kind}
            yield HOURS.measured(round(value, 2), labels, excluded)
        beyond = [one.variance_hours for one in found if one.variance_hours is not None]
        if beyond:
            untargeted = {"no_target": len(found) - len(beyond)}
            yield VARIANCE_HOURS.measured(
                round(sum(beyond), 2),
                {"department": department},
                {**excluded, **untargeted},
            )


def _by_department(counted: Sequence[Person]) -> Mapping[str, Sequence[Utilization]]:
    sizes: Counter[str] = Counter()
    for person in counted:
        sizes[person.department or "none"] += 1
    shown = {name for name, _ in sizes.most_common(MOST_DEPARTMENTS)}
    found: dict[str, list[Utilization]] = defaultdict(list)
    for person in counted:
        name = person.department or "none"
        found[name if name in shown else "others"].append(person.utilization)
    return found
