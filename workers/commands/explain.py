"""Explains why a record is in a job's report, with all that follows from it, or why it is not."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Annotated, Any, Self

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from odoo_gateway.reader import Condition, Domain, Reader
from tasks.declaration import AnyJob, Listed
from tasks.domain.acts import ActKind, stands
from tasks.domain.findings import Finding
from workers import instants
from workers.commands import by_hand, opening
from workers.commands.by_hand import Order, ScopeResult, show_failure
from workers.commands.console import print_json, say, show, shown, table, words
from workers.commands.exits import ExitCode
from workers.commands.options import (
    AsOfDay,
    CompanyIds,
    FirstDay,
    JobName,
    Json,
    LastDay,
    TenantName,
)
from workers.commands.verbs import Verb
from workers.looking import Look, Lookout
from workers.messages.occasion import listed
from workers.wiring import Fleet

Row = Mapping[str, Any]
cli = typer.Typer()


@dataclass(frozen=True)
class Sought:
    """A record by its id or name, of one model where it is said which, as cases print it."""

    record: str
    model: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """As it was written: 42, S00042 or sale.order,42."""
        model, _, number = text.rpartition(",")
        return cls(number, model) if "." in model and number.isdecimal() else cls(text)

    def is_of(self, model: str) -> bool:
        """Whether it may be a record of the model."""
        return self.model in ("", model)

    def is_record(self, model: str, record_id: Any, title: str) -> bool:
        """Whether it is the record of the model and id, or named in the title."""
        if self.record == str(record_id):
            return self.is_of(model)
        return not self.model and self.record in title.split()


@cli.command(cls=Verb, epilog="fleet explain JOB S00042")
def explain(
    job: JobName,
    record: Annotated[
        str, typer.Argument(help="Its id or name in Odoo: 42, S00042 or sale.order,42.")
    ],
    tenant: TenantName = None,
    company: CompanyIds = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    as_json: Json = False,
) -> None:
    """Explain a line: what was read, which policy judged it, what it waits for. Writes nothing.

    Of what is not listed it says why: which rule does not hold of it, or what else it lacks.
    """
    fleet = opening.fleet()
    order = by_hand.order_of(fleet, job, tenant, company, as_of, start, end, dry_run=True)
    results = by_hand.carry_out(fleet, order)
    about = explained(fleet, order, results, record)
    code = by_hand.exit_code(results)
    if not about and code is ExitCode.DONE:
        raise ConfigurationError(
            f"{quoted(record)}: no row of {job} names it, and Odoo shows the fleet's user no such "
            f"record; `fleet run {job} --dry-run` lists all"
        )
    if as_json:
        failed = [told for told in map(by_hand.failed, results) if told]
        print_json({"schema": 1, "job": job, "explained": about, "failed": failed})
    for result in results:
        show_failure(result)
    for found in [] if as_json else about:
        say(found["answer"], "bold", found["company"] or "")
        if found["row"]:
            _show_row(found["row"])
            show([found["policy"]], False, f"Policy {found['row'].get('policy', '')}")
        if found["rules"]:
            show(found["rules"], False, "Rules")
        show(found["findings"], False, "Findings")
        if found["acts"]:
            show(found["acts"], False, "Acts")
    raise typer.Exit(code)


def _show_row(row: Mapping[str, Any]) -> None:
    """Everything about one row: its plain values, then each list and table in it."""
    for key, value in row.items():
        if not isinstance(value, list | dict):
            say(shown(value), "dim", words(key))
    for key, value in row.items():
        if isinstance(value, dict):
            table([value], words(key))
        elif value and isinstance(value[0] if isinstance(value, list) else None, dict):
            table(value, words(key))
    say("")


def explained(
    fleet: Fleet, order: Order, results: Sequence[ScopeResult], record: str
) -> Sequence[Row]:
    """All that a record's id or name leads to, in every company; empty where Odoo shows none such.

    Rows with what judged them and what they gave; findings that have no row; what was left out on
    purpose; and else, of a record that Odoo knows, which rule it does not fulfil. Raises OdooError.
    """
    sought = Sought.of(record)
    seen = [(result.scope, result.seen) for result in results if result.scope and result.seen]
    found = [
        {"company": scope.name, **entry}
        for scope, look in seen
        for entry in _in_report(order.job, look, sought)
    ]
    if found:
        return found
    readers = [
        (scope.name, Lookout(order.job, order.tenant, scope).reader(fleet)) for scope, _ in seen
    ]
    for about in (each for each in order.job.lists if sought.is_of(each.model)):
        here = [(name, reader) for name, reader in readers if _is_there(reader, about)]
        absent = [
            {"company": name, **_absent(reader, about, sought.record, order)}
            for name, reader in here
            if _holds(reader, about, sought.record)
        ]
        if not absent and any(_is_known(reader, about, sought.record) for _, reader in here[:1]):
            told = f"{about.model} {sought.record} belongs to none of the companies looked at"
            absent = [{"company": None, **_entry(told)}]
        found += absent
    return found


def _in_report(job: AnyJob, look: Look, sought: Sought) -> Iterator[Row]:
    report = look.report
    told: set[str] = set()
    listed_here = False
    for row in report.rows:
        if _names(job, row, sought):
            about = {*job.subjects(row)}
            findings = [
                finding
                for finding in report.findings
                if (finding.model, finding.record_id) in about
            ]
            told |= {finding.key for finding in findings}
            listed_here = True
            acts = _acts(look, findings, about)
            policy = _policy(look, row.get("policy", ""))
            yield _entry("it is listed", row, policy, findings, acts=acts)
    others = [finding for finding in report.findings if finding.key not in told]
    of_record = [
        finding
        for finding in others
        if sought.is_record(finding.model, finding.record_id, finding.title)
    ]
    if of_record:
        answer = "it has no line of its own; what was found follows"
        yield _entry(answer, findings=of_record, acts=_acts(look, of_record))
    for aside in () if listed_here else report.set_aside:
        if sought.is_record(aside.model, aside.record_id, aside.title):
            answer = f"{aside.title} was left out, as {aside.group}: {aside.reason}"
            yield _entry(answer, acts=_acts(look, (), {(aside.model, aside.record_id)}))


def _entry(
    answer: str,
    row: Row | None = None,
    policy: Row | None = None,
    findings: Iterable[Finding] = (),
    rules: Sequence[Row] = (),
    acts: Sequence[Row] = (),
) -> Row:
    return {
        "answer": answer,
        "row": row,
        "policy": policy or {},
        "findings": [listed(finding) for finding in findings],
        "rules": rules,
        "acts": acts,
    }


def _acts(
    look: Look, findings: Sequence[Finding], records: Set[tuple[str, Any]] = frozenset()
) -> Sequence[Row]:
    """What people did that still counts: about these cases, or as a hold on these records."""
    keys = {finding.key for finding in findings}
    held = records | {finding.held_as for finding in findings}
    return [
        {
            "act": act.kind.value,
            "person": act.person,
            "at": instants.written(act.at, "seconds"),
            "until": None if act.until is None else str(act.until),
            "reason": act.reason,
        }
        for act in look.moment.acts
        if stands(act, look.moment.day)
        and (act.key in keys or (act.kind is ActKind.HELD and (act.model, act.record_id) in held))
    ]


def _absent(reader: Reader, about: Listed, record: str, order: Order) -> Row:
    """Which of the rules a record does not fulfil that Odoo knows and the report does not show."""
    rules = [
        {
            "rule": rule.says,
            "holds": _holds(reader, about, record, rule.domain),
        }
        for rule in about.rules
    ]
    broken = [rule["rule"] for rule in rules if not rule["holds"]]
    why = f"this does not hold: {'; '.join(map(str, broken))}" if broken else about.otherwise
    today = " (as it stands today)" if order.day else ""
    return _entry(f"{about.model} {record} is not listed{today}: {why}", rules=rules)


def _is_there(reader: Reader, about: Listed) -> bool:
    """Whether this Odoo has the model, and shows it to the fleet's user."""
    session = reader.session
    return session.exists(about.model) is not False and session.may_read(about.model)


def _holds(reader: Reader, about: Listed, record: str, conditions: Domain = ()) -> bool:
    """Whether a record of the company, archived or not, fulfils the conditions."""
    return reader.count(about.model, [_named(record), *conditions], archived=True) > 0


def _is_known(reader: Reader, about: Listed, record: str) -> bool:
    """Whether it is a record of any company."""
    found = reader.count(about.model, [_named(record)], archived=True, all_companies=True)
    return found > 0


def _named(record: str) -> Condition:
    """Of this id or name."""
    if record.isascii() and record.isdecimal() and len(record) < 10:
        return ("id", "=", int(record))
    return ("name", "=", record)


def _names(job: AnyJob, row: Row, sought: Sought) -> bool:
    """Whether the record is what the row is about: the id of one that it names, or a name."""
    if any(sought.is_record(model, number, "") for model, number in job.subjects(row)):
        return True
    names = [value.casefold() for value in row.values() if isinstance(value, str)]
    return not sought.model and sought.record.casefold() in names


def _policy(seen: Look, version: str) -> Row:
    """The values of a version; approved_by: of its amendments, where somebody is named."""
    approved_by = seen.approved.get(version)
    told = {"approved_by": approved_by} if approved_by else {}
    return {**_shown(seen.policies.get(version, {})), **told}


def _shown(values: Row) -> Row:
    return {
        key: json.dumps(value) if isinstance(value, list | dict) else value
        for key, value in values.items()
    }
