"""The opportunities of a company that are under review, and what was done about each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from odoo_gateway import gates
from odoo_gateway.gates import Ruling
from odoo_gateway.reader import Domain, Reader
from tasks.commercial.presales_review.policy import ReviewPolicy
from tasks.commercial.presales_review.records import DoneStep, PlannedStep, ReviewTask, tied
from tasks.domain import opportunity_fields
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import NameOrText, Text
from tasks.domain.withheld import REMEDY
from tasks.doubts import unseen
from tasks.reads.names import read_partners
from tasks.reads.opportunities import OPEN, read_teams, unseen_activities
from tasks.reads.orders import read_currencies
from tasks.reads.own_fields import with_fields
from tasks.reads.owners import People, read_people, view_from
from tasks.records.crm import Opportunity, SalesTeam, Stage

#: What keeps opportunities from a stage, where it is installed.
GATE: Final = "opportunity_stage"
# An opportunity and the type of an activity.
Step = tuple[int, int]


@dataclass(frozen=True)
class Snapshot:
    """Open opportunities, with the activities and tasks that reviews ask for."""

    opportunities: Sequence[Opportunity]
    stages: Mapping[int, Stage]
    #: Activities that were done; None where nobody can say.
    done: frozenset[Step] | None
    #: The last day of those that are planned; None where nobody can say.
    planned: Mapping[Step, date | None] | None
    #: Whether each task of an opportunity is done, by the folded name; None where nobody can say.
    tasks: Mapping[tuple[int, str], bool] | None
    #: Fields that the policy asks for and this Odoo does not show.
    hidden: frozenset[str]
    #: By company, that of expected revenues, and by id.
    company_currencies: Mapping[int, int]
    currency_id: int
    currencies: Mapping[int, Currency]
    customers: Mapping[int, NameOrText]
    teams: Mapping[int, SalesTeam]
    people: People
    links: Mapping[int, str]
    not_verifiable: tuple[NotVerifiable, ...] = ()
    company_id: int = 0
    #: What the gate goes by, by its key; None where none keeps opportunities.
    decisions: Mapping[str, Ruling] | None = None

    def currency_of(self, opportunity: Opportunity) -> Currency | None:
        """What its expected revenue is in: the currency of its company; None of a hidden one."""
        company = opportunity.company_id
        number = self.company_currencies.get(company) if company else self.currency_id
        return self.currencies.get(number or 0)


def folded(name: str) -> str:
    """How names of tasks are compared."""
    return " ".join(name.casefold().split())


def place_of(stage: Stage | None) -> tuple[int, int]:
    """Where a stage stands in the pipeline; before all, where there is none."""
    return (stage.sequence, stage.id) if stage else (-(2**31), 0)


def read(odoo: Reader, as_of: AsOf, policy: ReviewPolicy) -> Snapshot:
    """Open opportunities with all that reviews ask for; in one call per model but for pages."""
    items = [item for unit in policy.everywhere() for item in unit.items]
    own = opportunity_fields.own(item.field for item in items if item.field)
    record = with_fields(Opportunity, frozenset(own))
    may_read = odoo.session.may_read(Opportunity.MODEL)
    is_asked = bool(items) and may_read
    is_kept = may_read and gates.stands(odoo.session, GATE)
    only = as_of.only_ids(Opportunity.MODEL)
    found = odoo.search(record, [*OPEN, *only]) if is_asked else ()
    stages = {s.id: s for s in odoo.search(Stage, [])} if is_asked or is_kept else {}
    ids = [each.id for each in found]
    types = sorted({item.activity_type for item in items if item.activity_type})
    teams = read_teams(odoo, found)
    users = {each.user_id for each in found} | {team.user_id for team in teams.values()}
    by: dict[int, list[Subject]] = defaultdict(list)
    for each in found:
        if each.partner_id:
            by[each.partner_id].append((Opportunity.MODEL, each.id))
    return Snapshot(
        opportunities=found,
        stages=stages,
        done=_done(odoo, ids, types) if is_asked else None,
        planned=_planned(odoo, ids, types) if is_asked else None,
        tasks=_tasks(odoo, ids, policy) if is_asked else None,
        hidden=frozenset(name for name in own if is_asked and odoo.lacks(record, name)),
        company_currencies={each.id: each.currency_id for each in odoo.session.companies},
        currency_id=odoo.company.currency_id,
        currencies=read_currencies(odoo) if found else {},
        customers={n: partner.display_name for n, partner in read_partners(odoo, by).items()},
        teams=teams,
        people=read_people(odoo, users, _view(found, as_of)),
        links={number: odoo.session.link(Opportunity.MODEL, number) for number in ids},
        not_verifiable=tuple(_gaps(odoo)) if items else (),
        company_id=odoo.company_id,
        decisions=_decisions(odoo, stages, ids, policy) if is_kept else None,
    )


def _decisions(
    odoo: Reader, stages: Iterable[int], opportunities: Iterable[int], policy: ReviewPolicy
) -> Mapping[str, Ruling]:
    gated = {review.stage for unit in policy.everywhere() for review in unit.gated}
    of_stages = [gates.key_of(Stage.MODEL, number, odoo.company_id) for number in stages]
    of_each = [
        gates.key_of(Opportunity.MODEL, number, stage)
        for number in opportunities
        for stage in gated
    ]
    return gates.newest(odoo, [*of_stages, *of_each])


def _done(
    odoo: Reader, opportunities: Sequence[int], types: Sequence[int]
) -> frozenset[Step] | None:
    """Odoo writes a message as an activity is done, and keeps it with the type."""
    if not types or unseen(odoo, DoneStep.MODEL):
        return None
    about: Domain = [
        ("model", "=", Opportunity.MODEL),
        ("res_id", "in", opportunities),
        ("mail_activity_type_id", "in", types),
    ]
    found = odoo.search(DoneStep, about) if opportunities else ()
    return frozenset((each.res_id or 0, each.mail_activity_type_id or 0) for each in found)


def _planned(
    odoo: Reader, opportunities: Sequence[int], types: Sequence[int]
) -> Mapping[Step, date | None] | None:
    if not types or unseen_activities(odoo):
        return None
    about: Domain = [
        ("res_model", "=", Opportunity.MODEL),
        ("res_id", "in", opportunities),
        ("activity_type_id", "in", types),
    ]
    found = odoo.search(PlannedStep, about) if opportunities else ()
    return {(each.res_id or 0, each.activity_type_id or 0): each.date_deadline for each in found}


def _tasks(
    odoo: Reader, opportunities: Sequence[int], policy: ReviewPolicy
) -> Mapping[tuple[int, str], bool] | None:
    """Of several of one name, whether any is done."""
    links = sorted({unit.task_link for unit in policy.everywhere() if unit.task_link})
    if not links or unseen(odoo, ReviewTask.MODEL):
        return None
    found: dict[tuple[int, str], bool] = defaultdict(bool)
    for link in links:
        record = tied(link)
        if odoo.lacks(record, link):
            return None
        for task in odoo.search(record, [(link, "in", opportunities)], archived=True):
            found[getattr(task, link), folded(task.name)] |= task.is_done
    return found


def _view(opportunities: Iterable[Opportunity], as_of: AsOf) -> Period:
    """From the oldest stage that was reached."""
    reached = (each.date_last_stage_update or each.create_date for each in opportunities)
    return view_from(min((instant.date() for instant in reached), default=as_of.day), as_of)


def _gaps(odoo: Reader) -> Iterator[NotVerifiable]:
    if not odoo.session.may_read(Opportunity.MODEL):
        why = Text(
            "{model} is not there, or not readable for the fleet's user", model=Opportunity.MODEL
        )
        yield NotVerifiable(Text("opportunities"), why, REMEDY)
