"""Which page of ours a mail links to: that of a case, or where its reader opts out."""

from collections.abc import Sequence
from datetime import date

from workers.ledger.payloads import Asking, Payload
from workers.ledger.places import Place
from workers.links import Link
from workers.mail.render import Pages, no_pages
from workers.wiring import Fleet


def pages_of(fleet: Fleet) -> Pages:
    """Links for mails that this fleet sends; none where it serves no pages.

    The same section gives the same links, so that a mail can be rebuilt.
    """
    links = fleet.links
    if links is None:
        return no_pages

    def page(section: Payload, case_key: str) -> str:
        about = _about(section)
        on = (date.fromisoformat(section.issued_on), section.language)
        if case_key and isinstance(section, Asking):
            return links.effect(*about, section.effect, *on)
        if case_key:
            return links.case(*about, case_key, *on)
        return links.preferences(*about, *on) if _may_opt_out(fleet, section) else ""

    return page


def mails_page(fleet: Fleet, sections: Sequence[Payload]) -> str:
    """Where a reader opts out of what came as one mail; "" unless of all of it, and pages exist."""
    if fleet.links is None or not all(_may_opt_out(fleet, section) for section in sections):
        return ""
    found = {_about(section): _link(section) for section in sections}
    return fleet.links.mails(list(found.values()))


def _about(section: Payload) -> tuple[str, Place]:
    return section.reader, Place(section.rule, section.tenant, section.company_id)


def _link(section: Payload) -> Link:
    reader, place = _about(section)
    issued_on, language = date.fromisoformat(section.issued_on), section.language
    return Link(reader, **place.columns, key="", issued_on=issued_on, language=language)


def _may_opt_out(fleet: Fleet, section: Payload) -> bool:
    tenant = fleet.settings.tenants.get(section.tenant)
    return tenant is not None and tenant.may_opt_out(section.rule)
