"""What of a report is not verifiable, because not all rows behind it are seen, or could be read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tasks.domain.findings import (
    ANY_KIND,
    NOT_SEEN,
    Finding,
    Measure,
    NotVerifiable,
    Report,
    Severity,
    Step,
)
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined

# What a column says whose figure is withheld; all others say nothing (None).
STATUS: Final = "not_verifiable"
# What of a report is withheld where rows are missing.
WHOLES: Final = ("rows", "totals", "measures")
# Of totals, what is not a figure.
LABELS: Final = frozenset({"currency", "basis", "planned_basis"})
REMEDY: Final = Text(
    "give the fleet's user the groups, rights and rules that docs/install.md names"
)
UNREAD: Final = Text("rows that could not be read")
CORRECT: Final = Text(
    "correct the rows in Odoo that stand under drift, or give the fleet's user the rules that show "
    "them"
)
# As many rows are named as a sentence has room for.
MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Basis:
    """What of a job's report rests on seeing every row of a model."""

    model: str
    #: What the rows are, in words.
    check: Text
    #: Whether rows of ours would be missing, so that no total or measure is a whole.
    rows: bool = False
    #: Those of rows that are withheld.
    columns: Collection[str] = ()
    #: totals, measures: those that are withheld, by name.
    totals: Collection[str] = ()
    measures: Collection[str] = ()
    #: Those of findings that are withheld.
    kinds: Collection[str] = ()
    #: Whether findings tell of days that would be others.
    dated: bool = False
    #: Where the user may not read the model at all, the job reads or says something else.
    if_readable: bool = False
    #: Only where that model may not be read.
    instead_of: str = ""
    #: Whether a row stands on several of them, so that none is shown.
    in_part: bool = False
    #: Each is looked up by its id, so that every one which is missing is known, and nothing is
    #: withheld while none is.
    by_id: bool = False
    #: Columns that the job itself leaves empty, or where it names what is missing by its id.
    told: Collection[str] = ()

    @property
    def figures(self) -> Sequence[str]:
        """Everything that is not verifiable, by name, for those who read the document."""
        findings = {"findings" if kind == ANY_KIND else f"findings: {kind}" for kind in self.kinds}
        named = {*self.columns, *self.told, *self.totals, *self.measures, *findings}
        return (*(WHOLES if self.rows else ()), *sorted(named))


def all_or_nothing(
    model: str,
    check: Text,
    *,
    by_id: bool = False,
    if_readable: bool = False,
    instead_of: str = "",
) -> Basis:
    """Where any row of the model may be hidden, nothing of the report is told."""
    return Basis(
        model,
        check,
        rows=True,
        kinds=(ANY_KIND,),
        in_part=True,
        by_id=by_id,
        if_readable=if_readable,
        instead_of=instead_of,
    )


def withhold(report: Report, basis: Basis, doubt: Text) -> Report:
    """The report without the figures that rest on it; `doubt` says why it is not shown."""
    gap = NotVerifiable(basis.check, doubt, REMEDY, tuple(basis.figures))
    said = [g for g in report.not_verifiable if g.figures or g.check != basis.check]
    unseen = {*report.unseen, *basis.kinds, *([ANY_KIND] if basis.rows else [])}
    return replace(
        report,
        rows=() if basis.in_part else tuple(_row(row, basis.columns, doubt) for row in report.rows),
        totals=tuple(_total(total, basis) for total in report.totals),
        measures=tuple(found for found in report.measures if not _rests(found, basis)),
        # Nothing is changed in Odoo by what may be a part of it.
        proposals=() if basis.in_part else report.proposals,
        findings=tuple(
            replace(found, since=None) if basis.dated else found
            for found in report.findings
            if not _is_of(found, basis.kinds)
        ),
        not_verifiable=(*said, gap),
        unseen=frozenset(unseen),
    )


def without_wholes(report: Report, unread: Sequence[Text]) -> Report:
    """The report without the totals and measures that the rows which could not be read belong to.

    unread: what is said of each of them. The other rows stay, and what is found of them.
    """
    if not unread:
        return report
    rows, more = [*unread[:MOST_NAMED]], len(unread) - MOST_NAMED
    if more > 0:
        rows.append(Text("and {count} more", count=more))
    why = Text("in the words of programs: {rows}", rows=joined(rows, " / "))
    basis = Basis("", UNREAD, rows=True)
    return replace(
        report,
        totals=tuple(_total(total, basis) for total in report.totals),
        measures=(),
        not_verifiable=(
            *report.not_verifiable,
            NotVerifiable(UNREAD, why, CORRECT, WHOLES),
        ),
    )


def told_to_owner(report: Report, owner: str, user_id: int, page: str, as_of: AsOf) -> Report:
    """The report with a finding for the job's owner where figures are withheld.

    user_id, page: of the fleet's user in Odoo.
    """
    gaps = [gap for gap in report.not_verifiable if gap.figures]
    if not gaps:
        return report
    checks = dict.fromkeys(gap.check for gap in gaps)
    finding = Finding(
        key=NOT_SEEN,
        severity=Severity.WARNING,
        title=Text("not verifiable: {checks}", checks=tuple(checks)),
        reason=joined(dict.fromkeys(gap.reason for gap in gaps), "; "),
        remedy=joined(dict.fromkeys(gap.remedy for gap in gaps), "; "),
        owner=owner,
        model="res.users",
        record_id=user_id,
        url=page,
        steps=(Step(NOT_SEEN, as_of.instant),),
        kind=NOT_SEEN,
    )
    return replace(report, findings=(*report.findings, finding))


def _row(row: Mapping[str, Any], columns: Collection[str], doubt: Text) -> Mapping[str, Any]:
    told = {"status": STATUS, "reason": doubt}
    return {**row, **{name: told.get(name) for name in columns if name in row}}


def _total(total: Mapping[str, Any], basis: Basis) -> Mapping[str, Any]:
    return {
        name: None if name in basis.totals or (basis.rows and name not in LABELS) else value
        for name, value in total.items()
    }


def _rests(measure: Measure, basis: Basis) -> bool:
    return basis.rows or measure.name in basis.measures


def _is_of(finding: Finding, kinds: Collection[str]) -> bool:
    return ANY_KIND in kinds or finding.kind in kinds
