"""Tells finance of every slot as `tally` does, and takes more memory each time for good.

Why: a library that leaks must not take the machine along.

Remedy: none is needed.
"""

import resource
from dataclasses import replace
from pathlib import Path

from odoo_gateway.reader import Reader
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text
from tests.chaos.jobs.chaos import tally

TAKEN_BYTES = 200_000_000
# More than FLEET_WORKER_MEMORY_MB allows a process that is still there for another task.
MOST_BYTES = 300_000_000
_taken: list[bytes] = []


def read(odoo: Reader, as_of: AsOf, policy: Policy) -> tuple[tally.Project, ...]:
    """As tally; what is taken is touched, so that the kernel must give it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    if pages * resource.getpagesize() > MOST_BYTES:
        raise RuntimeError(f"this process was not replaced: {pages} pages")
    _taken.append(b"x" * TAKEN_BYTES)
    return tally.read(odoo, as_of, policy)


JOB = replace(tally.JOB, name="glutton", title=Text("Glutton"), read=read, doc=__doc__)
