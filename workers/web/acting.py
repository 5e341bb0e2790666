"""Takes what a reader did from a form to the ledger, each form once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tasks.domain.acts import VERDICTS, Act, ActKind
from tasks.domain.findings import Finding
from tasks.domain.texts import Text
from workers.intake import hearing
from workers.ledger import acts
from workers.ledger.inbox import Event
from workers.links import Link, Links
from workers.web.forms import Filled, Forms
from workers.web.refusals import FormUsed
from workers.wiring import Fleet

log = structlog.get_logger()

#: What tells of what people did on their pages. No configured source can have the name.
PAGES: Final = "our-pages"


@dataclass(frozen=True)
class Site:
    """What every page works with."""

    fleet: Fleet
    links: Links
    forms: Forms


@dataclass(frozen=True)
class Sent:
    """A form as it came in: the token of its page's link, what that says, and the fields."""

    token: str
    link: Link
    fields: Mapping[str, str] = field(repr=False)


def unused_nonce(site: Site, sent: Sent) -> str:
    """The form's nonce. Raises FormForged, FormExpired or FormUsed."""
    nonce = site.forms.nonce(sent.fields.get("form", ""), sent.token)
    with site.fleet.ledger.reading() as connection:
        if acts.used(connection, nonce):
            raise _used()
    return nonce


def record(site: Site, link: Link, form: Filled, nonce: str, finding: Finding | None) -> Response:
    """Write the act down and lead back to the page. Raises FormUsed when another was faster."""
    of_the_order = form.kind in acts.OF_THE_ORDER
    model, record_id = "", 0
    if finding:
        own = (finding.model, finding.record_id)
        model, record_id = finding.held_as if of_the_order else own
    act = Act(
        kind=form.kind,
        person=link.person.lower(),
        job=link.job,
        tenant=link.tenant,
        company_id=link.company_id,
        key=link.key,
        at=site.fleet.clock(),
        reason=form.reason,
        until=form.until,
        severity=finding.severity.value if finding else "",
        model=model,
        record_id=record_id,
        contents=finding.contents if finding and form.kind in VERDICTS else {},
    )
    with site.fleet.ledger.transaction() as connection:
        if acts.record(connection, act, nonce) is None:
            raise _used()
        if told := _event(site.fleet, act, nonce):
            hearing.keep(connection, [told], act.at)
    log.info("page.acted", act=act.kind, job=act.job, tenant=act.tenant, key=act.key)
    # Relative, so that it holds under any prefix that a proxy puts before it.
    return RedirectResponse(f"?done={act.kind}", 303)


def _event(fleet: Fleet, act: Act, nonce: str) -> Event | None:
    """What others hear of what was said to a handoff, where a job waits for that.

    Without a source of events nobody takes any up, and all look by their schedules.
    """
    tenant, kind = fleet.settings.tenant(act.tenant), f"{act.model}.{act.kind}"
    if act.kind not in VERDICTS or not tenant.sources:
        return None
    if not hearing.woken_by(tenant, kind, act.model):
        return None
    return Event(tenant.name, PAGES, nonce, kind, act.model, act.record_id, act.at)


def done(request: Request) -> str:
    """What the reader has just done, as the redirect says; empty for anything else."""
    said = request.query_params.get("done", "")
    return said if said in set(ActKind) else ""


def _used() -> FormUsed:
    return FormUsed(Text("open the link in your mail again to see how things stand now"))
