"""Moves the clock of this process, and of every Python process that it starts."""

import os
from datetime import datetime
from pathlib import Path
from time import time

import time_machine

#: Seconds that child processes add to their clock; read by `shifted/sitecustomize.py`.
SHIFT = "ANY_DAY_SHIFT"
SHIFTED = Path(__file__).parent / "shifted"


def begin(at: datetime) -> None:
    """From now on it is `at`, and goes on ticking; `time.monotonic` and sleeps stay as they are.

    A process that does not inherit the environment, or is not a Python process of this installation
    (Redis, PostgreSQL, Chromium), keeps the machine's clock.
    """
    os.environ |= environment(at)
    # A plain number, since an instant with a time zone would also set the process's own zone.
    time_machine.travel(at.timestamp()).start()


def environment(at: datetime) -> dict[str, str]:
    """What moves the clock of a process that starts with it, whatever our own clock says."""
    moved = time_machine.escape_hatch.is_travelling()
    seconds = at.timestamp() - (time_machine.escape_hatch.time.time() if moved else time())
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [path for path in paths if path and path != str(SHIFTED)]
    return {SHIFT: str(seconds), "PYTHONPATH": os.pathsep.join([str(SHIFTED), *others])}
