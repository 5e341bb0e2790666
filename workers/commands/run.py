"""`fleet run`: one job, here and now, and the document that tells what it saw."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text as Styled

from odoo_gateway.errors import ConfigurationError, harmless
from tasks.domain.findings import Finding
from tasks.domain.plurals import counted
from tasks.domain.proposals import Proposal
from workers.commands import by_hand, opening
from workers.commands.by_hand import Order, Queued, ScopeResult, show_failure
from workers.commands.console import STYLES, err, print_json, say, table, words
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
from workers.ledger.scopes import Scope
from workers.mail import columns
from workers.messages.occasion import listed
from workers.runner import listed_drift
from workers.wiring import Fleet

if TYPE_CHECKING:
    from workers.commands.trial import Trial

SCHEMA: Final = 1
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet run JOB --dry-run")
def run(
    job: JobName,
    tenant: TenantName = None,
    company: CompanyIds = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    dry_run: Annotated[bool, typer.Option(help="Look only: write nothing anywhere.")] = False,
    now_to: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A trial: mail it all at once to this address alone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run one job now, in this process, and show what it saw.

    Without --dry-run the run is recorded and its messages are queued; the fleet's workers send
    them. Of a day that is over (--as-of) is shown what Odoo's records still tell, and nothing is
    written; a day to come is refused. With --now-to what a run would mail goes to that address,
    marked, and nothing is recorded. Exit codes: 0 done, 2 configuration, 3 Odoo unavailable, 4 some
    companies failed, or mails of a trial, 5 figures are withheld.
    """
    fleet = opening.fleet()
    to = _address(now_to)
    if to and (dry_run or as_of):
        raise ConfigurationError("--now-to mails what is so now: leave out --dry-run and --as-of")
    looking = dry_run or to is not None
    order = by_hand.order_of(fleet, job, tenant, company, as_of, start, end, dry_run=looking)
    if not looking:
        fleet.ledger.check()
    results = by_hand.carry_out(fleet, order)
    tried = _try(fleet, order, results, to) if to else None
    if as_json:
        print_json(document(fleet, order, results))
    else:
        for result in results:
            _show(result)
    for left in filter(None, (result.left for result in results)):
        err.print(Styled(left), soft_wrap=True)
    code = by_hand.exit_code(results)
    if tried:
        _tell_trial(tried)
        code = ExitCode.SOME_FAILED if tried.failed and code is ExitCode.DONE else code
    raise typer.Exit(code)


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    # Loaded only for a trial: what writes mails takes longer than a run of nothing.
    from workers.commands import trial

    return trial.address_of(text)


def _try(fleet: Fleet, order: Order, results: Sequence[ScopeResult], to: str) -> "Trial":
    from workers.commands import trial

    return trial.send(fleet, order, results, to)


def _tell_trial(tried: "Trial") -> None:
    """On stderr, for stdout may be a document."""
    for subject in tried.sent:
        err.print(Styled(f"sent: {harmless(subject)}"), soft_wrap=True)
    for problem in (*tried.failed, *tried.silent):
        err.print(Styled(f"not sent: {harmless(problem)}", "yellow"), soft_wrap=True)
    which = "a first run" if tried.first else "a run now"
    sent = f"{counted(len(tried.sent), 'mail')} of {which} sent as a trial"
    if tried.elsewhere:
        sent += f", without {counted(tried.elsewhere, 'message')} by other channels"
    err.print(f"{sent}; nothing is recorded")


def _show(result: ScopeResult) -> None:
    """What a run saw in one company, or why it saw nothing."""
    show_failure(result)
    if not result.seen:
        return
    name = result.scope.name if result.scope else "all companies"
    report = result.seen.report
    shown, same = _columns(report.rows)
    rows = [{key: row[key] for key in shown} for row in report.rows]
    table(rows, f"{name}: {counted(len(rows), 'row')}")
    told = [f"{words(key)} {value}" for key, value in same.items() if value not in (None, "")]
    if told:
        say(f"in every row: {', '.join(told)}", "dim")
    if report.totals:
        _show_totals(report.totals)
    for gap in report.not_verifiable:
        withheld = f"; withheld: {', '.join(map(words, gap.figures))}" if gap.figures else ""
        # Only the first makes for an exit code of its own.
        word = "not verifiable" if gap.figures else "not checked"
        say(f"{gap.check}: {gap.reason}{withheld}", "yellow", word)
    for drift in result.seen.drift:
        say(f"{drift.model} {drift.record_id}: {drift.problem}", "red", "drift")
    for finding in report.findings:
        _show_finding(finding)
    say(counted(len(report.findings), "finding"))
    if result.queued and result.scope:
        say(_told(result.queued, result.scope))
    say("")


def _show_finding(finding: Finding) -> None:
    amount = f" ({finding.amount} {finding.currency})" if finding.amount is not None else ""
    say(f"{finding.title}{amount}", STYLES[finding.severity], finding.severity)
    say(f"    {finding.reason}")
    say(f"    {finding.owner}: {finding.remedy}", "dim")


def _told(queued: Queued, scope: Scope) -> str:
    """What a run will send and when, in the company's own time."""
    said = [counted(queued.mails, "mail")] if queued.mails else []
    if others := queued.messages - queued.mails:
        said.append(counted(others, "message") + " by other channels")
    if not said:
        return "no mail queued: `fleet mail preview` says why"
    line = f"{' and '.join(said)} queued"
    if queued.first:
        at = queued.first.until.astimezone(scope.zone)
        because = f" ({queued.first.why})" if queued.first.why else ""
        line += f", first on {at:%a %Y-%m-%d %H:%M} {scope.zone.key}{because}"
    return line


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What fits a table, and apart what is the same in all rows; nested values fit neither."""
    fitting = [
        key for key in columns.told(rows) if not key.endswith("_id") and key not in columns.LONG
    ]
    same = {key: rows[0][key] for key in fitting if len({row[key] for row in rows}) == 1}
    if len(rows) == 1:
        return fitting, {}
    return [key for key in fitting if key not in same], same


def _show_totals(totals: Sequence[Mapping[str, Any]]) -> None:
    """The totals, and a table of its own for everything in them that has parts."""
    fitting = columns.told(totals)
    table([{key: total[key] for key in fitting} for total in totals], "Totals")
    for key in totals[0]:
        parts = [
            {"": total["currency"], **total[key]}
            for total in totals
            if isinstance(total[key], dict)
        ]
        names = dict.fromkeys(name for part in parts for name in part)
        if len(names) > 1:
            table([{name: part.get(name) for name in names} for part in parts], words(key))


def document(fleet: Fleet, order: Order, results: Sequence[ScopeResult]) -> dict[str, Any]:
    """The JSON contract of `fleet run --json`."""
    zone = next((result.scope.zone for result in results if result.scope), None)
    today = fleet.clock().astimezone(zone).date()
    return {
        "schema": SCHEMA,
        "job": order.job.name,
        "tenant": order.tenant.name,
        "as_of": str(order.day or today),
        "scopes": [_scope_document(result) for result in results],
    }


def _scope_document(result: ScopeResult) -> Mapping[str, Any]:
    report = result.seen.report if result.seen else None
    return {
        "company_id": result.scope.company_id if result.scope else None,
        "company": result.scope.name if result.scope else None,
        "status": "failed" if result.error else "ok",
        "error": str(result.error) if result.error else None,
        "rows": list(report.rows) if report else [],
        "totals": list(report.totals) if report else [],
        "findings": [listed(finding) for finding in report.findings] if report else [],
        "measures": [
            {"name": measure.name, "value": measure.value, "labels": dict(measure.labels)}
            for measure in (report.measures if report else ())
        ],
        "proposals": [listed_proposal(each) for each in (report.proposals if report else ())],
        "not_verifiable": [
            {
                "check": gap.check,
                "reason": gap.reason,
                "remedy": gap.remedy,
                "figures": list(gap.figures),
            }
            for gap in (report.not_verifiable if report else ())
        ],
        "drift": [listed_drift(drift) for drift in (result.seen.drift if result.seen else ())],
        "queued": _queued_document(result.queued) if result.queued else None,
    }


def listed_proposal(proposal: Proposal) -> dict[str, Any]:
    """A proposal as the JSON contract has it."""
    return {
        "kind": proposal.kind,
        "model": proposal.model,
        "record_id": proposal.record_id,
        "identity": proposal.identity,
        "why": proposal.why,
        "values": dict(proposal.values),
    }


def _queued_document(queued: Queued) -> Mapping[str, Any]:
    first = queued.first
    return {
        "messages": queued.messages,
        "mails": queued.mails,
        "first": first.until.astimezone(UTC).isoformat(timespec="seconds") if first else None,
        "waits_for": (first.why or None) if first else None,
    }
