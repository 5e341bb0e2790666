"""What stands twice: pairs of customers, and pairs of projects of one customer."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tasks.commercial.master_data.alike import Pair, alike, of_one_domain, of_one_number
from tasks.commercial.master_data.policy import MasterDataPolicy
from tasks.commercial.master_data.records import CodedProject, Customer
from tasks.commercial.master_data.snapshot import Snapshot
from tasks.commercial.master_data.written import mail_domains, name_key, vat_number
from tasks.domain.findings import Severity
from tasks.domain.texts import Text, joined


class Sign(StrEnum):
    """By what two are alike, the strongest first."""

    VAT = "vat"
    NAME = "name"
    DOMAIN = "mail_domain"


ALIKE: Final = Text("one customer, and names that are alike")
# One VAT number is one firm; the rest may be chance, or a group of firms.
GRAVE: Final = frozenset({Sign.VAT})


@dataclass(frozen=True)
class Double:
    """Two records that may be one: the older by its id, then the newer; and why."""

    #: Of both.
    model: str
    older: int
    newer: int
    #: The strongest of them.
    sign: Sign
    reason: Text

    @property
    def severity(self) -> Severity:
        """A warning where hardly anything else can be meant."""
        return Severity.WARNING if self.sign in GRAVE else Severity.INFO


def double_customers(snapshot: Snapshot, policy: MasterDataPolicy) -> Iterator[Double]:
    """Pairs of customers, one at least of the company's, that no structure of Odoo tells apart.

    A firm and its subsidiaries are told apart, and so are these among each other.
    """
    found = {number: each for number, each in snapshot.customers.items() if each.active}
    signs = _signs(found, policy)
    for older, newer in sorted(signs):
        if snapshot.ours.isdisjoint((older, newer)):
            continue
        if _head(found[older], snapshot) != _head(found[newer], snapshot):
            told = signs[older, newer]
            sign = min(told, key=list(Sign).index)
            yield Double(Customer.MODEL, older, newer, sign, _joined(told))


def double_projects(snapshot: Snapshot, policy: MasterDataPolicy) -> Iterator[Double]:
    """Pairs of active projects of one customer whose names are alike."""
    of_customer: dict[int, dict[int, str]] = defaultdict(dict)
    for project in snapshot.projects:
        if project.partner_id:
            firm = snapshot.firms.get(project.partner_id, project.partner_id)
            of_customer[firm][project.id] = name_key(project.name)
    for names in of_customer.values():
        for older, newer in sorted(alike(names, policy.project_names_alike_percent)):
            yield Double(CodedProject.MODEL, older, newer, Sign.NAME, ALIKE)


def _signs(
    customers: Mapping[int, Customer], policy: MasterDataPolicy
) -> Mapping[Pair, Mapping[Sign, Text]]:
    """All pairs that are alike, with what shows it."""
    found: dict[Pair, dict[Sign, Text]] = defaultdict(dict)
    numbers = {n: vat for n, each in customers.items() if (vat := vat_number(each.vat))}
    for pair in of_one_number(numbers):
        written = customers[pair[0]].vat or ""
        found[pair][Sign.VAT] = Text("both have the VAT number {vat}", vat=written)
    names = {n: name_key(each.name or "") for n, each in customers.items()}
    for pair in alike(names, policy.customer_names_alike_percent):
        found[pair][Sign.NAME] = Text("their names are alike")
    if policy.same_mail_domain:
        free = frozenset(policy.free_mail_domains)
        domains = {n: mail_domains(each.email) - free for n, each in customers.items()}
        for pair, domain in of_one_domain(domains).items():
            found[pair][Sign.DOMAIN] = Text("both write from {domain}", domain=domain)
    return found


def _joined(told: Mapping[Sign, Text]) -> Text:
    return joined((told[sign] for sign in Sign if sign in told), "; ")


def _head(customer: Customer, snapshot: Snapshot) -> int:
    """The firm above all that a customer belongs to, as far as it is known."""
    seen = [customer.id]
    while (above := snapshot.customers.get(seen[-1])) and above.parent_id:
        if above.parent_id in seen:
            return min(seen)
        seen.append(above.parent_id)
    return seen[-1]
