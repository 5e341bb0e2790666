"""The names of all audit events that the code writes are known, and operators are told of each."""

import re
from collections import Counter
from pathlib import Path

from tasks.domain.acts import ActKind
from tests.workers.ledger import audited
from workers.ledger import audit

PAGE = Path(__file__).parents[3] / "docs" / "failures.md"
# Acts are of a case but for these two, as the forms of the pages have it.
NEVER = {
    *(f"case.{kind}" for kind in audit.OF_MAILS),
    *(f"mails.{kind}" for kind in ActKind if kind not in audit.OF_MAILS),
}


def test_every_event_that_is_written_is_known_and_no_other() -> None:
    written = dict(audited.events())
    others = {event: where for event, where in written.items() if event not in audit.EVENTS}
    assert others == dict.fromkeys(NEVER, "workers.ledger.acts")
    assert audit.EVENTS - written.keys() == set()


def test_every_event_is_told_once_with_what_happened() -> None:
    text = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition("## What the audit tells")[2], flags=re.M)[0]
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", section, re.M)
    told = Counter(name for names, _ in rows for name in re.findall(r"`([\w.]+)`", names))
    assert told == Counter(audit.EVENTS)
    assert [names for names, sentence in rows if len(sentence.split()) < 4] == []
