"""Did the customer accept what was delivered, by what a policy takes as a sign of it?"""

from typing import Final

from tasks.domain.texts import NOTHING, Text
from tasks.reads.invoicing.facts import Facts
from tasks.reads.invoicing.policy import AcceptanceKind, InvoicingPolicy

OF_FILES: Final = frozenset({AcceptanceKind.FILE, AcceptanceKind.NAMED_FILE})


def is_accepted(facts: Facts, policy: InvoicingPolicy) -> bool:
    """Whether any of what the policy names shows it."""
    return any(_shows(kind, facts, policy) for kind in policy.acceptance_kinds)


def _shows(kind: AcceptanceKind, facts: Facts, policy: InvoicingPolicy) -> bool:
    if kind is AcceptanceKind.PORTAL_SIGNATURE:
        return facts.signature is not None
    if kind is AcceptanceKind.SIGNED_ELSEWHERE:
        return facts.signed_elsewhere is not None
    if facts.evidence is None:
        return False
    if kind is AcceptanceKind.NAMED_FILE:
        return facts.evidence.is_called(policy.acceptance_files)
    return facts.evidence.given > 0


def signed(facts: Facts, policy: InvoicingPolicy) -> Text:
    """Who signed it and when, where a signature shows it."""
    if facts.signature and AcceptanceKind.PORTAL_SIGNATURE in policy.acceptance_kinds:
        name, at = facts.signature.by, facts.signature.at
        return Text("signed on the portal by {name} on {day}", name=name, day=at.date())
    if facts.signed_elsewhere and AcceptanceKind.SIGNED_ELSEWHERE in policy.acceptance_kinds:
        return Text("signed on {day}", day=facts.signed_elsewhere.date())
    return NOTHING
