"""A PostgreSQL connection that waits for one answer only so long.

A server that froze, or a proxy before it, keeps the connection alive and answers nothing: no limit
of the kernel or of the server ever ends that wait.
"""

from typing import Any

import psycopg
from psycopg import OperationalError
from psycopg.abc import RV, PQGen
from psycopg.errors import _WaitTimeout


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for an answer only so long."""

    #: None waits for ever.
    answer_seconds: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's. Closes itself and raises OperationalError when the time is over."""
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except _WaitTimeout as error:
            # It is in the middle of a statement for ever.
            self.close()
            raise OperationalError(f"no answer within {self.answer_seconds} s") from error
