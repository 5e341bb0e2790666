"""Explains why a record is in a job's report, with all that follows from it, or why it is not."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from typing import Any

from odoo_gateway.reader import Condition, Domain, Reader
from tasks.declaration import AnyJob, Listed
from tasks.domain.acts import ActKind, stands
from tasks.domain.findings import Finding
from workers import instants
from workers.commands.run_command import Order, ScopeResult
from workers.config.tenants import Tenant
from workers.looking import Look, Place
from workers.messages.occasion import listed
from workers.wiring import Fleet

Row = Mapping[str, Any]


def explain(
    fleet: Fleet, order: Order, results: Sequence[ScopeResult], record: str
) -> Sequence[Row]:
    """All that a record's id or name leads to, in every company; empty where Odoo shows none such.

    Rows with what judged them and what they gave; findings that have no row; what was left out on
    purpose; and else, of a record that Odoo knows, which rule it does not fulfil. Raises OdooError.
    """
    seen = [(result.scope, result.seen) for result in results if result.scope and result.seen]
    found = [
        {"company": scope.name, **entry}
        for scope, look in seen
        for entry in _in_report(order.job, look, record)
    ]
    if found:
        return found
    readers = [
        (scope.name, Place(order.job, order.tenant, scope).reader(fleet)) for scope, _ in seen
    ]
    for about in order.job.lists:
        here = [(name, reader) for name, reader in readers if _is_there(reader, about)]
        absent = [
            {"company": name, **_absent(reader, about, record, order)}
            for name, reader in here
            if _holds(reader, about, record)
        ]
        if not absent and any(_is_known(reader, about, record) for _, reader in here[:1]):
            told = f"{about.model} {record} belongs to none of the companies looked at"
            absent = [{"company": None, **_entry(told)}]
        found += absent
    return found


def _in_report(job: AnyJob, look: Look, record: str) -> Iterator[Row]:
    report = look.report
    told: set[str] = set()
    listed_here = False
    for row in report.rows:
        if _names(job, row, record):
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
    of_record = [finding for finding in others if _is_about(finding, record)]
    if of_record:
        answer = "it has no line of its own; what was found follows"
        yield _entry(answer, findings=of_record, acts=_acts(look, of_record))
    for aside in () if listed_here else report.set_aside:
        if record == str(aside.record_id) or record in aside.title.split():
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


def policies(tenants: Iterable[Tenant], jobs: Sequence[AnyJob], day: date) -> Sequence[Row]:
    """The policies in force on a day: a line per tenant, company, unit and job."""
    return [
        {
            "tenant": tenant.name,
            "company": company_id or "others",
            "job": job.name,
            "version": version,
            "approved_by": policy.approvals()[version],
            "values": json.dumps(values),
        }
        for tenant in tenants
        for company_id in tenant.company_ids
        for job in jobs
        for policy in [tenant.policy(job, company_id, day)]
        for version, values in policy.versions().items()
    ]


def settings_of(job: AnyJob) -> Sequence[Row]:
    """What a job's policy can set: name, default and meaning."""
    defaults = job.policy().model_dump(mode="json")
    return [
        {"setting": name, "default": json.dumps(defaults[name]), "meaning": field.description}
        for name, field in job.policy.model_fields.items()
    ]


def _names(job: AnyJob, row: Row, record: str) -> bool:
    """Whether the record is what the row is about: the id of one that it names, or a name."""
    if any(record == str(record_id) for _, record_id in job.subjects(row)):
        return True
    names = [value.casefold() for value in row.values() if isinstance(value, str)]
    return record.casefold() in names


def _is_about(finding: Finding, record: str) -> bool:
    return record == str(finding.record_id) or record in finding.title.split()


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
