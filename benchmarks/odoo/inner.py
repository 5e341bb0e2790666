"""One job, or the script in its place, in this process; prints what it cost as JSON."""

import json
import resource
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any


def measured(what: str, file: Path) -> Mapping[str, Any]:
    """One job, or the script, in this process."""
    # Each imports what it needs alone: the memory of the process is measured.
    if what in ("hours", "unbilled"):
        from benchmarks.odoo import script

        asked = json.loads(file.read_text())
        started, cpu = time.perf_counter(), time.process_time()
        rpc = script.Rpc(*asked["at"])
        span = (date.fromisoformat(asked["first"]), date.fromisoformat(asked["last"]))
        script.QUESTIONS[what](rpc, *span)
        return _seen(started, cpu, rpc.calls, rpc.bytes)
    from benchmarks.odoo import fleet

    return fleet.run(what, file, _seen)


def _seen(started: float, cpu: float, calls: int, size: int) -> Mapping[str, Any]:
    return {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "calls": calls,
        "megabytes": size / 1e6,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
