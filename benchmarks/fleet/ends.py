"""Notes when each task ended, in a file that all processes of a worker append to."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery.signals import task_postrun

PUBLISHED = "fleet_published_at"


@dataclass(frozen=True)
class End:
    """A task that ended; Unix times."""

    task: str
    published: float
    at: float
    #: Statements that its process has sent so far, where they are counted.
    statements: int = 0


statements = [0]


def note(file: str) -> None:
    """Note all tasks of this process and its children from now on."""
    # Short lines that are appended at once do not mix.
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def ended(task: Any, **_: object) -> None:
        published = getattr(task.request, PUBLISHED, None) or 0.0
        line = f"{task.name} {published:.6f} {time.time():.6f} {statements[0]} {os.getpid()}\n"
        os.write(descriptor, line.encode())

    task_postrun.connect(ended, weak=False)


def read(file: Path) -> Sequence[End]:
    """All that has been noted, in order."""
    found = []
    for line in file.read_text().splitlines() if file.exists() else ():
        task, published, at, count, _ = line.split()
        found.append(End(task, float(published), float(at), int(count)))
    return found
