"""What is left of a scenario when it is over: rows, mails, metrics, and what was done."""

import re
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import odoorpc
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Row, select

from odoo_gateway.sandbox import Sandbox
from tests.chaos import timetable
from tests.chaos.errands import Standing
from tests.chaos.hooks import Event
from tests.chaos.lane import COMPANIES, TENANTS
from tests.chaos.mailbox import Entry
from tests.chaos.scenario import Scenario
from workers.demo import stage
from workers.ledger.database import connect
from workers.ledger.schema import audit, effects, messages, runs

PEOPLE_TOLD = 2
Slot = tuple[str, str, int, datetime]


@dataclass(frozen=True)
class Evidence:
    """All that the invariants are checked on.

    since, until: the slots later than the one and not later than the other are expected.
    samples: every sample of the exporter by name and labels. done: what the faults did, counted.
    activities: how often those of Odoo tell of a chore. events: what the webhook's receiver got.
    unreached: what was waited for in vain. seen_down: sources that the exporter called down.
    asked: the trace ids that requests to Odoo carried. untraced: log lines that lack theirs.
    effects, standing: what the ledger has of them, and what Odoo has.
    """

    scenario: Scenario
    since: datetime
    until: datetime
    runs: Sequence[Row[Any]]
    messages: Sequence[Row[Any]]
    audit: Sequence[Row[Any]]
    mails: Sequence[Entry]
    activities: Counter[str]
    events: Sequence[Event]
    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]
    done: Counter[str] = field(default_factory=Counter)
    unreached: Sequence[str] = ()
    seen_down: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    untraced: Sequence[str] = ()
    effects: Sequence[Row[Any]] = ()
    standing: Standing | None = None

    def expected(self) -> list[Slot]:
        """Every slot of the timetable, computed without the fleet's code."""
        return [
            (job, tenant, company, slot)
            for job in self.scenario.jobs
            for tenant in TENANTS
            for company in COMPANIES
            for slot in timetable.expected(self.scenario, job, self.since, self.until)
        ]

    def allows(self, slot: Slot) -> bool:
        """Whether the timetable has this slot, now or later."""
        return timetable.allowed(self.scenario, slot[0], slot[3], self.since, self.until)

    def arrived(self) -> Counter[str]:
        """How often each message came to where it was meant to, by its Message-ID."""
        of_events = Counter(event.digest for event in self.events)
        found = Counter(entry.message_id for entry in self.mails if entry.accepted)
        for message in self.messages:
            if message.channel == "odoo_activity":
                found[message.message_id] += self.activities[summary_of(message)]
            elif message.channel == "hook":
                found[message.message_id] += of_events[digest_of(message)]
        return +found

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (found, having), value in self.samples.items()
            if found == name and wanted <= having
        )


def summary_of(message: Row[Any]) -> str:
    """What the activity of a chore's message is called."""
    (finding,) = message.payload["findings"]
    return str(finding["title"])


def digest_of(message: Row[Any]) -> str:
    """What a message's Message-ID has in common with the id of its event."""
    return str(message.message_id).strip("<>").partition("@")[0]


def activities_of(port: int) -> Counter[str]:
    """How often the Odoo on this port tells of each chore, past the fleet's code.

    By the summary of its own activity, or in the note of that of a first digest.
    """
    odoo = odoorpc.ODOO("127.0.0.1", port=port, timeout=10)
    odoo.login("sandbox", "fleet", stage.KEY)
    rows = odoo.execute_kw("mail.activity", "search_read", [[], ["summary", "note"]])
    noted = (re.search("<p>(.*?)</p>", row["note"] or "") for row in rows)
    return Counter(row["summary"] for row in rows) + Counter(n[1] for n in noted if n)


def in_time(evidence: Evidence) -> list[Row[Any]]:
    """The runs whose slots are judged; later ones were still going on."""
    return [run for run in evidence.runs if run.slot <= evidence.until]


def told_of(evidence: Evidence) -> list[Row[Any]]:
    """The messages of those runs."""
    ids = {run.id for run in in_time(evidence)}
    return [message for message in evidence.messages if message.run_id in ids]


def people(today: datetime) -> Mapping[int, Sequence[tuple[int, str]]]:
    """Who is to be told in each company, as the Odoo has it: employee ids and addresses."""
    sandbox = Sandbox(today.date())
    found = {}
    for company in COMPANIES:
        domain = [("company_id", "=", company), ("active", "=", True)]
        rows = sandbox.call(
            "hr.employee", "search_read", [domain, ["work_email"]], {"order": "id"}
        )[:PEOPLE_TOLD]
        found[company] = [(row["id"], row["work_email"]) for row in rows]
    return found


def rows_of(url: str) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Runs, messages and audit, past the proxy and past the fleet's own queries."""
    ledger = connect(url)
    try:
        with ledger.reading() as connection:
            found = [
                connection.execute(select(table).order_by(table.c.id)).all()
                for table in (runs, messages, audit)
            ]
    finally:
        ledger.close()
    return found[0], found[1], found[2]


def effects_of(url: str) -> Sequence[Row[Any]]:
    """The effects of the ledger, past the proxy."""
    with closing(connect(url)) as ledger, ledger.reading() as connection:
        return connection.execute(select(effects).order_by(effects.c.id)).all()


def scrape(port: int) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample of an exporter. Raises OSError when it does not answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=8) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def floor(instant: datetime) -> datetime:
    """The whole second before."""
    return instant.replace(microsecond=0)


def ago(seconds: float) -> datetime:
    """An instant of the past."""
    return datetime.now(UTC) - timedelta(seconds=seconds)
