"""What is found out about each item of a handoff."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from tasks.commercial.handoff_gate.policy import DemandedDocument, HandoffItem, HandoffPolicy
from tasks.commercial.handoff_gate.records import Document, SoldOrder
from tasks.commercial.handoff_gate.snapshot import Sale, Snapshot
from tasks.domain.checklists import Answer, Result
from tasks.domain.markup import plain_text
from tasks.domain.periods import AsOf
from tasks.domain.printed import is_report
from tasks.domain.texts import Text

BY_HOURS: Final = "timesheet"
WHOLE: Final = 100.0
# Below what a share of a milestone is typed in.
TINY: Final = 0.005
NO_PROJECTS: Final = Answer(
    Result.NOT_VERIFIABLE, Text("this Odoo shows no projects to the fleet's user")
)
NO_PROJECT: Final = Text("the order has no project yet")
MAKE_ONE: Final = Text("make its project, from the template of its service")
NO_FILES: Final = Answer(Result.NOT_VERIFIABLE, Text("files are not readable"))
NOT_ASKED: Final = Answer(Result.NOT_APPLICABLE)


class Answers:
    """Answers of one look."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf) -> None:
        self._snapshot, self._as_of = snapshot, as_of

    def of(self, sale: Sale, policy: HandoffPolicy) -> Mapping[str, Answer]:
        """By item, those of every item that a policy may demand."""
        known: Mapping[HandoffItem, Callable[[], Answer]] = {
            HandoffItem.STATEMENT_OF_WORK: lambda: _document(sale, policy.statement_of_work),
            HandoffItem.ACCEPTANCE: lambda: self._acceptance(sale, policy),
            HandoffItem.INVOICE_ADDRESS: lambda: _address(sale),
            HandoffItem.INVOICE_EMAIL: lambda: _email(sale),
            HandoffItem.VAT_NUMBER: lambda: _vat(sale, policy.vat_countries),
            HandoffItem.PAYMENT_TERMS: lambda: _terms(sale),
            HandoffItem.PURCHASE_ORDER: lambda: _purchase_order(sale),
            HandoffItem.SCOPE_NOTES: lambda: _scope(sale, policy.scope_characters),
            HandoffItem.PROJECT_MANAGER: lambda: self._manager(sale),
            HandoffItem.KICKOFF_DATE: lambda: _kickoff(sale),
            HandoffItem.BILLING_MILESTONES: lambda: _milestones(sale),
            HandoffItem.HOURS_BUDGET: lambda: _budget(sale),
        }
        documents = {each.name: _document(sale, each) for each in policy.documents}
        return {**documents, **{item.value: answer() for item, answer in known.items()}}

    def _acceptance(self, sale: Sale, policy: HandoffPolicy) -> Answer:
        """A signature on the portal, or that another system told of, or a file that shows it."""
        outside = (self._as_of.signed or {}).get((SoldOrder.MODEL, sale.order.id))
        if outside is not None:
            return _signed(Text("signed on {day}", day=self._day(outside)))
        if sale.signature is not None:
            return _signed(
                Text(
                    "signed on the portal by {name} on {day}",
                    name=sale.signature.by,
                    day=self._day(sale.signature.at),
                )
            )
        files = matching(sale, policy.acceptance_files, ())
        if files:
            return _shown_by(files)
        if sale.may_be_signed:
            return Answer(Result.NOT_VERIFIABLE, Text("who signed it is hidden"))
        typed = sale.order.signed_on is not None
        return Answer(
            Result.FAIL,
            Text(
                "a signature stands in the fields of the order, and no message of the customer "
                "shows it: whoever may write the order may have typed it"
            )
            if typed
            else Text("no signature of the customer is known"),
            Text("have the customer sign it on the portal"),
        )

    def _day(self, instant: datetime) -> str:
        return str(instant.astimezone(self._as_of.zone).date())

    def _manager(self, sale: Sale) -> Answer:
        if sale.projects is None:
            return NO_PROJECTS
        names = [self._snapshot.people.users.get(p.user_id or 0, "") for p in sale.projects]
        if found := tuple(dict.fromkeys(filter(None, names))):
            return Answer(Result.PASS, evidence=found)
        if not sale.projects:
            return Answer(Result.FAIL, NO_PROJECT, MAKE_ONE)
        return Answer(
            Result.FAIL, Text("nobody is set as project manager"), Text("set the project manager")
        )


def _signed(evidence: Text) -> Answer:
    return Answer(Result.PASS, evidence=(evidence,))


def _shown_by(files: Sequence[Document]) -> Answer:
    names = tuple(file.name for file in files)
    return Answer(Result.PASS, evidence=names, files=tuple(file.id for file in files))


def _document(sale: Sale, wanted: DemandedDocument) -> Answer:
    if sale.documents is None:
        return NO_FILES
    files = matching(sale, wanted.patterns, wanted.kinds)
    if files:
        return _shown_by(files)
    return Answer(
        Result.FAIL,
        Text("no file on the order or its project is called {patterns}", patterns=wanted.patterns),
        Text("attach it to the order or its project"),
    )


def matching(sale: Sale, patterns: Sequence[str], kinds: Sequence[str]) -> Sequence[Document]:
    """Files of such a name and kind; Odoo's own prints of the order are none."""
    return [
        file
        for file in sale.documents or ()
        if any(fnmatchcase(file.name.lower(), pattern.lower()) for pattern in patterns)
        and (not kinds or file.mimetype in kinds)
        and not is_report(file.name, sale.order.name)
    ]


def _address(sale: Sale) -> Answer:
    at = sale.invoiced
    parts = {
        Text("street"): at.street,
        Text("zip"): at.zip,
        Text("city"): at.city,
        Text("country"): at.country_code,
    }
    return _complete(parts, sale, Text("complete the invoice address"))


def _email(sale: Sale) -> Answer:
    return _complete(
        {Text("e-mail address"): sale.invoiced.email},
        sale,
        Text("set an e-mail address on the invoice address"),
    )


def _complete(parts: Mapping[Text, str | None], sale: Sale, step: Text) -> Answer:
    lacking = tuple(name for name, value in parts.items() if not value)
    if not lacking:
        return Answer(Result.PASS, evidence=tuple(filter(None, parts.values())))
    return Answer(
        Result.FAIL,
        Text("{name} has no {parts}", name=sale.invoiced.display_name, parts=lacking),
        step,
    )


def _vat(sale: Sale, countries: Iterable[str]) -> Answer:
    number = sale.invoiced.vat or sale.firm.vat
    if number:
        return Answer(Result.PASS, evidence=(number,))
    country = sale.invoiced.country_code or sale.firm.country_code
    if country is not None and country not in countries:
        return Answer(Result.NOT_APPLICABLE, Text("not asked for in {country}", country=country))
    if not sale.firm.is_company:
        return Answer(Result.NOT_APPLICABLE, Text("the customer is no firm"))
    return Answer(
        Result.FAIL,
        Text("{name} has no VAT number", name=sale.firm.display_name),
        Text("set the VAT number, or the country if it is another one"),
    )


def _terms(sale: Sale) -> Answer:
    if sale.order.payment_term_id:
        return Answer(Result.PASS)
    return Answer(
        Result.FAIL, Text("the order has no payment terms"), Text("set the payment terms")
    )


def _purchase_order(sale: Sale) -> Answer:
    if sale.order.client_order_ref:
        return Answer(Result.PASS, evidence=(sale.order.client_order_ref,))
    return Answer(
        Result.FAIL,
        Text("the order has no number of the customer"),
        Text("set the customer reference of the order"),
    )


def _scope(sale: Sale, least: int) -> Answer:
    """Notes on the order and what describes its projects; terms and conditions are none."""
    described = [plain_text(project.description) for project in sale.projects or ()]
    written = [text for text in (*sale.notes, *described) if text]
    if sum(len(text) for text in written) >= least:
        return Answer(Result.PASS)
    return Answer(
        Result.FAIL,
        Text("too little is written of the scope, on the order or its project")
        if written
        else Text("nothing is written of the scope, on the order or its project"),
        Text("write what is in scope and what is not, as a note on the order"),
    )


def _kickoff(sale: Sale) -> Answer:
    if sale.projects is None:
        return NO_PROJECTS
    if days := sorted({project.date_start for project in sale.projects if project.date_start}):
        return Answer(Result.PASS, evidence=tuple(map(str, days)))
    if not sale.projects:
        return Answer(Result.FAIL, NO_PROJECT, MAKE_ONE)
    return Answer(
        Result.FAIL,
        Text("the project has no start date"),
        Text("agree on the kickoff with the customer and set the start date of the project"),
    )


def _milestones(sale: Sale) -> Answer:
    if sale.shares is None:
        return Answer(
            Result.NOT_VERIFIABLE,
            Text("this Odoo does not tell which share of a line a milestone bills"),
        )
    if not sale.shares:
        return NOT_ASKED
    wrong = tuple(
        Text("{line}: {percent} %", line=line.name, percent=round(sale.shares[line.id], 2))
        for line in sale.lines
        if line.id in sale.shares and abs(sale.shares[line.id] - WHOLE) > TINY
    )
    if not wrong:
        return Answer(Result.PASS)
    return Answer(
        Result.FAIL,
        Text("the milestones add up to another share than all: {lines}", lines=wrong),
        Text("set the shares of the milestones so that they add up to 100 %"),
    )


def _budget(sale: Sale) -> Answer:
    if not any(line.qty_delivered_method == BY_HOURS for line in sale.lines):
        return NOT_ASKED
    if sale.projects is None:
        return NO_PROJECTS
    hours = max(sum(project.allocated_hours for project in sale.projects), sale.planned_hours)
    if hours > 0:
        return Answer(Result.PASS, evidence=(Text("{hours} h", hours=round(hours, 2)),))
    if not sale.projects:
        return Answer(Result.FAIL, NO_PROJECT, MAKE_ONE)
    return Answer(
        Result.FAIL,
        Text("no hours are allocated to the project or its tasks"),
        Text("allocate the hours that were sold"),
    )
