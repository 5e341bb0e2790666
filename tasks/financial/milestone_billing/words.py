"""How people read the words of this job's document."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text
from tasks.reads.invoicing import words

# What checks are called: those of whatever is invoiced, and of what is drafted.
CHECKS: Final[Mapping[str, Text]] = {
    **words.CHECKS,
    "accepted_milestones": Text("accepted milestones"),
    "billing": Text("kinds of billing"),
    "down_payment": Text("down payment"),
    "hours_ahead": Text("hours dated ahead"),
    "kickoff": Text("kickoff"),
    "quantity": Text("quantities"),
    "retention": Text("retention"),
}
STATUSES: Final[Mapping[str, Text]] = {
    "proposed": Text("to be drafted"),
    "drafted": Text("drafted"),
    "draft_differs": Text("draft is out of date"),
    "taken_back": Text("invoiced and taken back"),
    "blocked": Text("blocked"),
    "unverified": Text("not all checks could be made"),
    "gone": Text("drafted before, and gone"),
    "refused": Text("refused"),
    "waiting": Text("waiting"),
}
LABELS: Final[Mapping[str, Text]] = {
    **{name: text for name, text in CHECKS.items() if name not in ("billing", "down_payment")},
    **STATUSES,
    "draft_ids": Text("drafts"),
    "triggers": Text("billed because"),
}
