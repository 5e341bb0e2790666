"""How much stands twice or is not coded as the company expects."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from tasks.commercial.master_data.codes import Coded
from tasks.commercial.master_data.twice import Double, Sign
from tasks.domain.findings import Formula, Measure, Panel

CUSTOMERS: Final = Formula(
    "duplicate_customers",
    "pairs of customers that may be one, by the strongest sign of it: vat, name or mail_domain; "
    "without those that somebody acknowledged as different",
    panels=(Panel("Customers that stand twice", ("sign",)),),
)
PROJECTS: Final = Formula(
    "duplicate_projects",
    "pairs of active projects of one customer with names that are alike, without those that "
    "somebody acknowledged as different",
    panels=(Panel("Projects that stand twice"),),
)
MISSING: Final = Formula(
    "missing_codes",
    "billable projects, and orders confirmed of late, that lack a code which the policy expects",
    panels=(Panel("Codes that are missing", ("of",)),),
)
INCONSISTENT: Final = Formula(
    "inconsistent_codes",
    "billable projects, and orders confirmed of late, whose codes do not fit the policy or each "
    "other",
    panels=(Panel("Codes that do not fit", ("of",)),),
)
FORMULAS: Final = (CUSTOMERS, PROJECTS, MISSING, INCONSISTENT)
EXCLUDED: Final = "acknowledged"


def customers(pairs: Sequence[Double], different: Collection[Double]) -> Iterator[Measure]:
    """How many pairs by sign; `different` are those of them that somebody acknowledged."""
    for sign in Sign:
        of_sign = [pair for pair in pairs if pair.sign is sign]
        yield _counted(CUSTOMERS, of_sign, different, {"sign": sign.value})


def projects(pairs: Sequence[Double], different: Collection[Double]) -> Iterator[Measure]:
    """How many pairs; `different` are those of them that somebody acknowledged."""
    yield _counted(PROJECTS, pairs, different, {})


def _counted(
    formula: Formula,
    pairs: Sequence[Double],
    different: Collection[Double],
    labels: Mapping[str, str],
) -> Measure:
    left_out = sum(pair in different for pair in pairs)
    excluded = {EXCLUDED: left_out} if left_out else {}
    return formula.measured(len(pairs) - left_out, labels, excluded)


def codes(of: str, records: Sequence[Coded]) -> Iterator[Measure]:
    """How many of these lack codes, and of how many they do not fit."""
    labels = {"of": of}
    yield MISSING.measured(sum(bool(each.missing) for each in records), labels)
    yield INCONSISTENT.measured(sum(bool(each.inconsistent) for each in records), labels)
