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

    A process that does not inherit the environment, or is no Python process of this installation
    (Redis, PostgreSQL, Chromium), keeps the machine's clock.
    """
    seconds = at.timestamp() - time()
    os.environ |= environment(seconds)
    # A plain number, since an instant with a time zone would also set the process's own zone.
    time_machine.travel(at.timestamp()).start()


def environment(seconds: float) -> dict[str, str]:
    """What moves the clock of a process that starts with it."""
    path = [str(SHIFTED), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {SHIFT: str(seconds), "PYTHONPATH": os.pathsep.join(path)}
