"""Explains a row: the row itself, the policy that judged it, and the findings it gave."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from tasks.declaration import AnyJob
from workers.delivery.occasion import listed
from workers.run_command import ScopeResult
from workers.runner import Look
from workers.tenants import Tenant

Row = Mapping[str, Any]


def explain(results: Iterable[ScopeResult], record: str) -> Sequence[Row]:
    """Every row that a record's id or name leads to, with what judged it and what it gave."""
    return [
        {
            "company": result.scope.name if result.scope else None,
            "row": row,
            "policy": _policy(result.seen, row.get("policy", "")),
            "findings": _findings(result.seen, row),
        }
        for result in results
        if result.seen
        for row in result.seen.report.rows
        if _names(row, record)
    ]


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


def _names(row: Row, record: str) -> bool:
    """Whether the record is what the row is about: its own id, which stands first, or a name."""
    own = next(iter(row.values()))
    names = (value for value in row.values() if isinstance(value, str))
    return record == str(own) or record in names


def _findings(seen: Look, row: Row) -> Sequence[Row]:
    own = next(iter(row.values()))
    about = (finding for finding in seen.report.findings if finding.record_id == own)
    return [listed(finding) for finding in about]


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
