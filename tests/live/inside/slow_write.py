"""One transaction that writes, and then waits until it may commit."""

from collections.abc import Sequence
from typing import Any


def write_slowly(env: Any, ids: Sequence[int], lock: int) -> list[int]:
    """Give employees another address; seen by others once nobody holds this lock."""
    for employee in env["hr.employee"].browse(ids):
        employee.write({"work_email": f"{employee.id}@slow.example"})
    env.flush_all()
    env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
    env.cr.commit()
    return list(ids)
