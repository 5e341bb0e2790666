"""Which page of ours a mail links to: that of a case, or where its reader opts out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.delivery.render import Pages, no_pages
from workers.wiring import Fleet


def pages_of(fleet: Fleet) -> Pages:
    """Links for mails that this fleet sends; none where it serves no pages.

    The same section gives the same links, so that a mail can be rebuilt.
    """
    links = fleet.links
    if links is None:
        return no_pages

    def page(section: Mapping[str, Any], case_key: str) -> str:
        about = (section["reader"], section["rule"], section["tenant"], section["company_id"])
        on = (date.fromisoformat(section["issued_on"]), section["language"])
        if case_key:
            return links.case(*about, case_key, *on)
        return links.preferences(*about, *on) if _may_opt_out(fleet, section) else ""

    return page


def _may_opt_out(fleet: Fleet, section: Mapping[str, Any]) -> bool:
    tenant = fleet.settings.tenants.get(section["tenant"])
    return tenant is not None and section["rule"] in tenant.settings.opt_out_jobs
