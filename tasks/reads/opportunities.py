"""Questions about the pipeline that several jobs ask."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, Protocol

from odoo_gateway.reader import Domain, Reader
from tasks.domain.news import Subject
from tasks.domain.texts import NOTHING, Text
from tasks.doubts import unseen
from tasks.records.crm import Opportunity, SalesTeam

OPPORTUNITIES: Final[Domain] = [("type", "=", "opportunity")]
#: Those that are neither won nor lost; what is lost is archived.
OPEN: Final[Domain] = [*OPPORTUNITIES, ("stage_id.is_won", "=", False)]
ACTIVITIES: Final = "mail.activity"


class OfATeam(Protocol):
    """A record that a sales team may sell."""

    MODEL: ClassVar[str]

    @property
    def id(self) -> int:
        """Its own."""

    @property
    def team_id(self) -> int | None:
        """The team."""


def read_teams(odoo: Reader, records: Iterable[OfATeam]) -> Mapping[int, SalesTeam]:
    """The sales teams of these records, by id."""
    by: dict[int, list[Subject]] = defaultdict(list)
    for each in records:
        if each.team_id:
            by[each.team_id].append((each.MODEL, each.id))
    return odoo.referred(SalesTeam, by)


def unseen_activities(odoo: Reader) -> Text:
    """Why not all is seen that is planned of opportunities; "" where it is.

    Odoo shows what is planned of a record only to those who may write it.
    """
    if why := unseen(odoo, ACTIVITIES):
        return why
    if odoo.session.may_write(Opportunity.MODEL):
        return NOTHING
    return Text(
        "Odoo shows the activities of a record only to those who may write it, and the fleet's "
        "user may not write {model}",
        model=Opportunity.MODEL,
    )
