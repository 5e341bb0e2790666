"""How people read the words of this job's document."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text

LABELS: Final[Mapping[str, Text]] = {
    # Kinds of findings.
    "not_decided": Text("not decided"),
    "not_applied": Text("decided and not applied"),
    "never_decided": Text("applied and never decided"),
    "unsigned": Text("not signed by the customer"),
    "no_budget": Text("budget not revised"),
    "grown": Text("grown without a change request"),
    "beyond_sold": Text("more hours than were sold"),
    # States.
    "raised": Text("raised"),
    "refused": Text("refused"),
    "decided": Text("decided"),
    "applied": Text("applied"),
    # Columns.
    "change_request": Text("change request"),
    "raised_by": Text("raised by"),
    "decided_by": Text("decided by"),
    "signed": Text("signed"),
}
