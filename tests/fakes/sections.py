"""Sections of mails as the ledger has them, for tests and pictures."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tasks import catalogue
from tasks.domain.periods import Period
from tasks.domain.texts import Money, Text, joined, plural
from tasks.execution.pending_approvals.rows import REMEDY
from tasks.execution.timesheet_reminders.timesheet import Day, Timesheet, reason_of, title_of
from tasks.reads.contacts import ASK
from workers.ledger import payloads
from workers.mail.render import Pages, Rendered, no_pages, render

ODOO = "https://odoo.nordwind.example/odoo"
HEADING: dict[str, Any] = {
    "shape": "digest",
    "policy": ["a1b2c3d4"],
    "tenant": "firm",
    "company_id": 1,
    "company": "Nordwind Consulting GmbH",
    "at": "2026-11-23T05:00:00+00:00",
    "zone": "Europe/Berlin",
    "reader": "finance@nordwind.example",
    "language": "en",
    "brand": {"name": "Nordwind", "colour": "#12506b", "logo": ""},
    "issued_on": "2026-11-23",
}


def order(
    number: int, customer: str, status: str, amount: str | None, **more: Any
) -> dict[str, Any]:
    """An order as a digest's finding."""
    ready = status == "ready"
    return {
        "key": f"{status}-order-{number}",
        "severity": "info" if ready else "warning",
        "title": Text(
            "{order} {customer}: {verdict}",
            order=f"S{number:05}",
            customer=customer,
            verdict=catalogue.label(status),
        ),
        "reason": Text("every check passed")
        if ready
        else Text("{hours} h are not approved", hours=18),
        "remedy": Text("create and send the invoice")
        if ready
        else Text("approve the hours, or send them back"),
        "owner": Text("finance") if ready else "Anna Kern",
        "model": "sale.order",
        "record_id": number,
        "url": f"{ODOO}/sale.order/{number}",
        "amount": amount,
        "currency": None if amount is None else "EUR",
        "since": "2026-11-11",
        "group": status,
        "cost_per_day": None if amount is None else f"{float(amount) * 0.08 / 365:.2f}",
        "hours": None,
        "bands": [],
        "held_as": "sale.order",
        **more,
    }


def aside(
    number: int, customer: str, group: str, amount: str, reason: Text, **held: str
) -> dict[str, Any]:
    """An order that was set aside; held: the job and key of the case on whose page it was."""
    return {
        "job": "",
        "key": "",
        "group": group,
        "title": joined([f"S{number:05}", customer], " "),
        "reason": reason,
        "url": f"{ODOO}/sale.order/{number}",
        "model": "sale.order",
        "record_id": number,
        "amount": amount,
        "currency": "EUR",
        **held,
    }


def news(since: str | None, **changed: list[dict[str, Any]]) -> dict[str, Any]:
    """What changed, kind by kind."""
    kinds = ("opened", "moved", "worsened", "returned", "settled", "held", "repriced")
    return {"since": since, **{kind: changed.get(kind, []) for kind in kinds}}


READY = [
    order(120, "Rhein Kliniken", "ready", "18200.00"),
    order(121, "Baltic Foods", "ready", "9310.00", remedy=Text("post the prepared draft")),
    order(122, "Harbor Mutual", "ready", "21900.00", currency="USD", cost_per_day="4.80"),
]
BLOCKED = [
    order(104, "Nordlicht Energie", "blocked", "31000.00"),
    order(
        88,
        "Delta Port Authority",
        "blocked",
        "22400.00",
        reason=joined(
            [
                Text("no file on the order or its projects shows that the customer accepted"),
                plural(
                    "{count} milestone late, first {milestone} of {day}",
                    "{count} milestones late, first {milestone} of {day}",
                    count=1,
                    milestone="Launch",
                    day=date(2026, 11, 14),
                ),
            ],
            "; ",
        ),
        remedy=Text("attach the customer's acceptance to the order"),
        owner="Chiara Conti",
        since="2026-11-19",
    ),
    order(
        91,
        "Kunsthaus Verlag",
        "blocked",
        None,
        reason=plural(
            "no price on {count} line with something to bill",
            "no price on {count} lines with something to bill",
            count=1,
        ),
        remedy=Text(
            "set the unit price on the order line, or a discount of 100 % if it is given away"
        ),
        since=None,
        acknowledged_by="mia@nordwind.example",
    ),
]
SNOOZED = order(
    95,
    "Atelier Renard",
    "blocked",
    "4100.00",
    snoozed_until="2026-12-01",
    snoozed_by="mia@nordwind.example",
    snooze_reason="customer on holiday",
)
ASIDE = [
    aside(
        77,
        "Museo Civico",
        "held",
        "5200.00",
        Text("held until {day}: {why}", day=date(2026, 12, 15), why="dispute about scope"),
        job="wip_aging",
        key="old-order-77",
    ),
    aside(
        60, "Porto Digital", "excluded", "-1200.00", Text("billed in advance, or nothing to bill")
    ),
]
TOTALS: list[dict[str, Any]] = [
    {
        "currency": "EUR",
        "ready": "27510.00",
        "blocked": "57500.00",
        "held": "5200.00",
        "excluded": "-1200.00",
        "odoo_to_invoice": "89010.00",
        "residual": "0.00",
        "bottleneck": {"owner": "Anna Kern", "amount": "31000.00", "orders": 1},
        "held_up_by": [
            {"owner": "Anna Kern", "amount": "57500.00", "orders": 2, "gaps": 3},
            *(
                {"owner": f"Owner {n}", "amount": "26500.00", "orders": 1, "gaps": 1}
                for n in range(11)
            ),
        ],
    },
    {
        "currency": "USD",
        "ready": "21900.00",
        "blocked": "0.00",
        "held": "0.00",
        "excluded": "0.00",
        "odoo_to_invoice": "21900.00",
        "residual": "0.00",
        "bottleneck": None,
        "held_up_by": [],
    },
]
DIGEST: dict[str, Any] = {
    **HEADING,
    "template": "digest",
    "title": Text("Invoice readiness"),
    "rule": "invoice_readiness",
    "why": catalogue.jobs()["invoice_readiness"].why,
    "role": "finance",
    "totals": TOTALS,
    "about": ["sale.order"],
    "rows": [
        {
            "sale_order": finding["title"].partition(" ")[0],
            "currency": finding["currency"],
            "amount": finding["amount"],
            "status": finding["group"],
            "checks": [],
        }
        for finding in (*READY, *BLOCKED, SNOOZED)
    ],
    "findings": [*READY, *BLOCKED, SNOOZED],
    "set_aside": ASIDE,
    "news": news(
        "2026-11-20T05:00:00+00:00",
        opened=[READY[0], BLOCKED[1]],
        moved=[READY[1]],
        settled=[order(70, "Café Central", "ready", "3000.00")],
        held=[ASIDE[0]],
        repriced=[BLOCKED[0]],
    ),
    "not_verifiable": [
        {
            "check": "approved_time",
            "reason": Text("this Odoo has no timesheet approval"),
            "remedy": Text("install the module that records it, or grant read access"),
        }
    ],
}
LOG = Text("Log the missing hours. On leave? Have your manager approve it in Odoo.")


def missing(*logged: float) -> dict[str, Any]:
    """What is told of a week by the hours that were logged on each of its days, of eight."""
    days = [Day(date(2026, 11, day), 8, hours, hours) for day, hours in enumerate(logged, 16)]
    sheet = Timesheet(Period(date(2026, 11, 16), date(2026, 11, 22)), days)
    return {"title": title_of(sheet, False), "reason": reason_of(sheet, False, {})}


MISSING: dict[str, Any] = {
    "key": "employee-7-2026-11-16",
    "severity": "warning",
    **missing(8, 8, 8, 5),
    "remedy": LOG,
    "owner": "Julia Weber",
    "model": "hr.employee",
    "record_id": 7,
    "url": f"{ODOO}/timesheets",
    "amount": None,
    "currency": None,
    "since": "2026-11-22",
    "group": "missing hours",
    "cost_per_day": None,
    "note": "",
    "page": f"{ODOO}/timesheets",
    "advice": LOG,
}
PERSON: dict[str, Any] = {
    **HEADING,
    "template": "person",
    "shape": "reminder",
    "title": Text("Timesheet reminders"),
    "rule": "timesheet_reminders",
    "why": catalogue.jobs()["timesheet_reminders"].why,
    "reader": "julia@nordwind.example",
    "name": "Julia Weber",
    "step": "late",
    "others": False,
    "findings": [MISSING],
}
_OF_OTHERS = {
    **MISSING,
    "page": f"{ODOO}/all-timesheets",
    "advice": ASK,
}
TEAM: dict[str, Any] = {
    **PERSON,
    "reader": "mia@nordwind.example",
    "name": "Mia Rossi",
    "step": "manager",
    "others": True,
    "findings": [
        _OF_OTHERS,
        {
            **_OF_OTHERS,
            "key": "employee-8-2026-11-16",
            "owner": "Oskar Lund",
            **missing(0, 0, 0, 0, 0),
            "note": Text("{name} has no e-mail address", name="Oskar Lund"),
        },
    ],
}
AWAY = Text("{name} is on leave and back on {day}", name="Aarav Sharma", day=date(2026, 11, 30))


def waits(name: str, week: int, project: str, hours: float) -> Text:
    """What is told of hours that wait."""
    return Text(
        "{hours} h of {name} wait for approval ({project}, week {week})",
        name=name,
        week=week,
        project=project,
        hours=hours,
    )


_TO_APPROVE = {
    **MISSING,
    "owner": "Mia Rossi",
    "remedy": REMEDY,
    "advice": REMEDY,
    "group": "pending time",
    "page": f"{ODOO}/all-timesheets",
    "currency": "EUR",
}
APPROVER: dict[str, Any] = {
    **HEADING,
    "template": "person",
    "shape": "approver",
    "title": Text("Approvals that wait"),
    "rule": "pending_approvals",
    "why": catalogue.jobs()["pending_approvals"].why,
    "reader": "mia@nordwind.example",
    "name": "Mia Rossi",
    "step": "first",
    "others": False,
    "findings": [
        {
            **_TO_APPROVE,
            "key": "time-7-101-2026-11-09",
            "title": waits("Julia Weber", 46, "Portal", 12),
            "hours": 12.0,
            "amount": "1440.00",
            "reason": Text("of the time until {day}, not approved yet", day=date(2026, 11, 15)),
            "since": "2026-11-15",
        },
        {
            **_TO_APPROVE,
            "key": "time-8-102-2026-11-02",
            "title": waits("Oskar Lund", 45, "ERP", 30),
            "hours": 30.0,
            "amount": "3600.00",
            "reason": Text("of the time until {day}, not approved yet", day=date(2026, 11, 8)),
            "since": "2026-11-08",
        },
        {
            **_TO_APPROVE,
            "key": "expense-13",
            "title": Text(
                "{what} of {name} waits for approval", name="Kabir Singh", what="Monitor stand"
            ),
            "hours": None,
            "amount": "89.00",
            "currency": "USD",
            "reason": joined([Text("submitted on {day}", day=date(2026, 11, 21)), AWAY], "; "),
            "note": AWAY,
            "since": "2026-11-21",
            "group": "pending expense",
            "page": f"{ODOO}/hr.expense/13",
        },
    ],
}
WEEKLY: dict[str, Any] = {
    **DIGEST,
    "shape": "weekly",
    "title": Text("WIP aging"),
    "rule": "wip_aging",
    "why": catalogue.jobs()["wip_aging"].why,
    "findings": [
        order(
            number,
            customer,
            "undecided",
            f"{number * 100}.00",
            title=plural(
                "{order} {customer}: unbilled for {count} day",
                "{order} {customer}: unbilled for {count} days",
                order=f"S{number:05}",
                customer=customer,
                count=number,
            ),
            reason=Text(
                "{amount} of work since {day} is on no posted invoice",
                amount=Money(Decimal(f"{number * 100}.00"), "EUR"),
                day=date(2026, 8, 1),
            ),
            remedy=Text("bill it, write it off, or document a hold with a review date"),
            since="2026-08-01",
        )
        for number, customer in enumerate(
            ("Delta", "Nordlicht", "Kunsthaus", "Baltic", "Harbor", "Redwood", "Summit"), start=91
        )
    ],
    "set_aside": [],
    "totals": [
        {
            "currency": "EUR",
            "wip": "65800.00",
            "in_draft": "0.00",
            "odoo_to_invoice": "65800.00",
            "residual": "0.00",
            "buckets": {"0-30": "1000.00", "31-60": "0.00", "61-90": "800.00", "91+": "64000.00"},
        }
    ],
    "news": news(
        "2026-11-16T05:30:00+00:00",
        worsened=[order(91, "Delta", "undecided", "9100.00", key="undecided-order-91")],
    ),
    "not_verifiable": [],
}
URGENT: dict[str, Any] = {
    **{key: DIGEST[key] for key in (*HEADING, "title", "rule", "why", "role")},
    "template": "urgent",
    "findings": [order(130, "Stadtwerke Ostheim", "ready", "148000.00")],
}
OPS: dict[str, Any] = {
    **{key: DIGEST[key] for key in (*HEADING, "title", "rule", "why")},
    "template": "ops",
    "reader": "ops@nordwind.example",
    "failures": [
        {
            "what": "run",
            "name": "run-12",
            "job": "invoice_readiness",
            "company": "Nordwind Consulting GmbH",
            "slot": "2026-11-23T05:00:00+00:00",
            "to": None,
            "error_class": "OdooUnavailable",
            "error": "odoo.nordwind.example did not answer within 60 s, five times in a row",
            "trace_id": "9f3a77c0d1e24b6a",
        }
    ],
}
OUTAGE: dict[str, Any] = {
    **OPS,
    "failures": [],
    "outage": {
        "what": "odoo",
        "tenant_name": "nordwind",
        "target": "",
        "since": "2026-11-23T02:12:00+00:00",
        "until": "2026-11-23T05:14:00+00:00",
        "runs": 3,
        "messages": 1,
        "slots": 0,
        "error_class": "OdooUnavailable",
        "error": "https://odoo.nordwind.example cannot be reached (connection refused)",
    },
}
NOTICE: dict[str, Any] = {
    **{key: DIGEST[key] for key in (*HEADING, "title", "rule", "why", "role")},
    "template": "notice",
    "slot": "2026-11-23T05:00:00+00:00",
    "reason": "odoo.nordwind.example did not answer within 60 s, five times in a row",
}
ASKING: dict[str, Any] = {
    **HEADING,
    "template": "asking",
    "rule": "invoice_readiness",
    "title": Text("Invoice readiness"),
    "why": Text(
        "work that is delivered but not invoiced is money lent to the customer for nothing."
    ),
    "reader": "petra@nordwind.example",
    "effect": 7,
    "what": Text(
        "an activity for {person} until {day}: {summary}",
        person="dirk@nordwind.example",
        day=date(2026, 11, 30),
        summary="Bill it",
    ),
    "reason": Text("every check passed"),
    "verdict": Text("rule {rule}", rule="small changes"),
    "requester": "rita@nordwind.example",
    "amount": "1500.00",
    "currency": "EUR",
    "outcome": joined([], ""),
    "said": "",
}
SAID: dict[str, Any] = {
    **ASKING,
    "reader": "rita@nordwind.example",
    "outcome": Text(
        "{person} refuses: {what}", person="petra@nordwind.example", what=ASKING["what"]
    ),
    "said": "not agreed with Harbor Mutual yet",
}
MAILS: dict[str, dict[str, Any]] = {
    "readiness": DIGEST,
    "weekly": WEEKLY,
    "reminder": PERSON,
    "manager": TEAM,
    "approver": APPROVER,
    "urgent": URGENT,
    "ops": OPS,
    "outage": OUTAGE,
    "notice": NOTICE,
    "asking": ASKING,
    "said": SAID,
}


def pages(section: Any, key: str) -> str:
    """Where a page would be served."""
    return f"https://fleet.nordwind.example/c/{key or 'preferences'}"


def rendered(
    sections: Sequence[Mapping[str, Any]], pages: Pages = no_pages, runbook_url: str = ""
) -> Rendered:
    """A mail of these sections."""
    return render([payloads.read(section) for section in sections], pages, runbook_url)
