"""How what stands twice, and what its codes lack, is told: its row, and its finding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tasks.commercial.master_data.codes import Coded, coded_orders, coded_projects
from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.commercial.master_data.records import CodedProject, Customer
from tasks.commercial.master_data.snapshot import Part, Snapshot
from tasks.commercial.master_data.twice import Double, double_customers, double_projects
from tasks.domain.acts import ActKind, stands
from tasks.domain.findings import Finding, Severity
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined

# The kinds of findings.
CUSTOMERS: Final = "duplicate-customers"
PROJECTS: Final = "duplicate-projects"
MISSING: Final = "missing-codes"
INCONSISTENT: Final = "inconsistent-codes"
# Of what stands twice, by model.
KIND: Final[Mapping[str, str]] = {Customer.MODEL: CUSTOMERS, CodedProject.MODEL: PROJECTS}

# Whose findings may stand unseen where not all of a part is known.
KINDS: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.CUSTOMERS: (CUSTOMERS,),
    Part.PROJECTS: (PROJECTS,),
    Part.PROJECT_CODES: (MISSING, INCONSISTENT),
    Part.ORDER_CODES: (MISSING, INCONSISTENT),
}
CODES: Final = (Part.PROJECT_CODES, Part.ORDER_CODES)

ROLE: Final = "finance"
OWNER: Final = Text("finance")
MERGE: Final = Text(
    "merge them in Odoo, or make one the contact of the other; if they are different, acknowledge "
    "this and it stays quiet"
)
ARCHIVE: Final = Text(
    "move what stands on one to the other and archive it; if they are different, acknowledge this "
    "and it stays quiet"
)
SET: Final = Text("set what is missing, or amend the policy")
CORRECT: Final = Text("correct the codes, or amend the policy")


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: MasterDataPolicy) -> None:
        self._snapshot, self._policy = snapshot, policy
        self._projects = {project.id: project for project in snapshot.projects}
        self._acknowledged = {
            act.key: Severity(act.severity) if act.severity else Severity.CRITICAL
            for act in as_of.acts
            if act.kind is ActKind.ACKNOWLEDGED and stands(act, as_of.day)
        }
        self.customers: Sequence[Double] = list(double_customers(snapshot, policy))
        self.projects: Sequence[Double] = list(double_projects(snapshot, policy))
        self.coded_projects: Sequence[Coded] = list(coded_projects(snapshot, policy))
        self.coded_orders: Sequence[Coded] = list(coded_orders(snapshot, policy))

    def different(self, pairs: Iterable[Double]) -> Sequence[Double]:
        """Those of the pairs of which somebody acknowledged the case: they are not one."""
        return [pair for pair in pairs if self._is_different(pair)]

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """A row for each pair, and for each project and order whose codes were looked at."""
        yield from map(self._row_of, (*self.customers, *self.projects))
        for coded in (*self.coded_projects, *self.coded_orders):
            status, faults = _status(coded)
            yield self._row(
                kind="codes",
                model=coded.record.MODEL,
                record_id=coded.record.id,
                record=coded.record.name,
                status=status,
                reason=joined(faults, "; "),
                policy=coded.policy.version,
            )

    def findings(self) -> Iterator[Finding]:
        """A finding for each pair, and for each record that lacks codes or whose do not fit."""
        yield from map(self._double, (*self.customers, *self.projects))
        for coded in (*self.coded_projects, *self.coded_orders):
            if coded.missing:
                title = Text("{record} lacks a code", record=coded.record.name)
                yield self._codes(MISSING, coded, title, coded.missing, SET)
            if coded.inconsistent:
                title = Text("{record} has codes that do not fit", record=coded.record.name)
                yield self._codes(INCONSISTENT, coded, title, coded.inconsistent, CORRECT)

    def _is_different(self, pair: Double) -> bool:
        """Whether somebody said so, and no graver sign of it was found since."""
        said = self._acknowledged.get(_key(pair))
        return said is not None and pair.severity.rank <= said.rank

    def _double(self, pair: Double) -> Finding:
        is_customer = pair.model == Customer.MODEL
        names = {
            "one": self._name(pair.model, pair.newer),
            "other": self._name(pair.model, pair.older),
        }
        return Finding(
            key=_key(pair),
            severity=pair.severity,
            title=Text("{one} and {other} may be one customer", **names)
            if is_customer
            else Text("{one} and {other} may be one project", **names),
            reason=pair.reason,
            remedy=MERGE if is_customer else ARCHIVE,
            owner=self._owner(pair),
            model=pair.model,
            record_id=pair.newer,
            url=self._snapshot.links[pair.model, pair.newer],
            kind=KIND[pair.model],
        )

    def _codes(
        self, kind: str, coded: Coded, title: Text, faults: Sequence[Text], remedy: Text
    ) -> Finding:
        record = coded.record
        of = "project" if isinstance(record, CodedProject) else "order"
        return Finding(
            key=f"{kind}-{of}-{record.id}",
            severity=Severity.WARNING,
            title=title,
            reason=joined(faults, "; "),
            remedy=remedy,
            owner=self._user(record.user_id),
            model=record.MODEL,
            record_id=record.id,
            url=self._snapshot.links[record.MODEL, record.id],
            kind=kind,
        )

    def _row_of(self, pair: Double) -> Mapping[str, Any]:
        return self._row(
            kind=KIND[pair.model],
            model=pair.model,
            record_id=pair.newer,
            record=self._name(pair.model, pair.newer),
            other_id=pair.older,
            other=self._name(pair.model, pair.older),
            sign=pair.sign.value,
            status="different" if self._is_different(pair) else "duplicate",
            reason=pair.reason,
            policy=self._policy.version,
        )

    def _row(self, **values: Any) -> Mapping[str, Any]:
        """The same columns in every row, those that say nothing here empty."""
        return {**dict.fromkeys(COLUMNS), **values}

    def _name(self, model: str, number: int) -> str:
        if model == CodedProject.MODEL:
            return self._projects[number].name
        return self._snapshot.customers[number].name or Text("customer {id}", id=number)

    def _owner(self, pair: Double) -> str:
        """Salesperson or manager of the newer one, else of the older, else the role."""
        records: Mapping[int, Customer | CodedProject] = (
            self._projects if pair.model == CodedProject.MODEL else self._snapshot.customers
        )
        return self._user(records[pair.newer].user_id or records[pair.older].user_id)

    def _user(self, user_id: int | None) -> str:
        return self._snapshot.users.get(user_id or 0, OWNER)


COLUMNS: Final = (
    *("kind", "model", "record_id", "record", "other_id", "other", "sign"),
    *("status", "reason", "policy"),
)


def _key(pair: Double) -> str:
    return f"{KIND[pair.model]}-{pair.older}-{pair.newer}"


def _status(coded: Coded) -> tuple[str, Sequence[Text]]:
    faults = [*coded.missing, *coded.inconsistent]
    if coded.missing:
        return "missing", faults
    return ("inconsistent" if coded.inconsistent else "ok"), faults


def totals(judgement: Judgement, snapshot: Snapshot) -> Mapping[str, Any]:
    """How many were looked at, and how many of each were found; None where not all is known."""
    coded = (*judgement.coded_projects, *judgement.coded_orders)
    pairs = (judgement.customers, judgement.projects)
    customers, projects = (len(of) - len(judgement.different(of)) for of in pairs)
    parts: Mapping[str, tuple[int, tuple[Part, ...]]] = {
        "customers": (len(snapshot.ours), (Part.CUSTOMERS,)),
        "projects": (len(snapshot.projects), (Part.PROJECTS,)),
        "orders": (len(judgement.coded_orders), (Part.ORDER_CODES,)),
        "duplicate_customers": (customers, (Part.CUSTOMERS,)),
        "duplicate_projects": (projects, (Part.PROJECTS,)),
        "missing_codes": (sum(bool(each.missing) for each in coded), CODES),
        "inconsistent_codes": (sum(bool(each.inconsistent) for each in coded), CODES),
    }
    return {
        name: None if snapshot.unknown & {*of} else count for name, (count, of) in parts.items()
    }
