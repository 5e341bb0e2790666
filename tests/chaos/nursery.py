"""Starts fleet processes quickly: imports the fleet once, and forks for each.

A child runs the `fleet` command's own `main` in a session, environment and log of its own, which
differs from a fresh start only in that the imports are done. Reads one JSON order per line from
stdin and answers with the process id; when stdin closes, it ends every child's group.
"""

import ctypes
import importlib
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

JOBS = Path(__file__).parent / "jobs"
PR_SET_PDEATHSIG = 1
# What a worker, beat or exporter imports sooner or later, but for what reads the environment.
PRELOADED = (
    "billiard.pool",
    "celery.app.log",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.beat",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.events.state",
    "celery.loaders.app",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.control",
    "celery.worker.pidbox",
    "kombu.transport.redis",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "workers.watch.scrape",
    "workers.broker.celery_settings",
    "workers.commands.cli",
    "workers.delivery.dispatcher",
    "workers.effects.executor",
)


def main() -> None:
    """Serve orders until stdin closes."""
    _import_everything()
    print("ready", flush=True)
    children: set[int] = set()
    while _ordered(children):
        children -= _ended()
    for pid in children - _ended():
        os.killpg(pid, signal.SIGKILL)


def _import_everything() -> None:
    import tasks

    tasks.__path__.append(str(JOBS))
    for name in PRELOADED:
        importlib.import_module(name)
    from tasks import catalogue
    from workers.config import tenants

    # Slots of these fleets come every few seconds.
    tenants.CRONTAB_FIELDS = (5, 6)
    catalogue.NOT_LAYERS |= {"execution", "financial"}
    catalogue.jobs()


def _ordered(children: set[int]) -> bool:
    """Carry out one order if there is one; False at the end of all orders."""
    if not select.select([sys.stdin], [], [], 0.05)[0]:
        return True
    line = sys.stdin.readline()
    if not line:
        return False
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        _become(order)
    children.add(pid)
    print(pid, flush=True)
    return True


def _ended() -> set[int]:
    found: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.add(pid)


def _become(order: dict[str, Any]) -> None:
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _redirect(order["log"])
        for name in [name for name in os.environ if name.startswith("FLEET_")]:
            del os.environ[name]
        os.environ.update(order["environ"])
        sys.argv = ["fleet", *order["arguments"]]
        _run(order)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(nothing, 0)
    os.dup2(file, 1)
    os.dup2(file, 2)


def _run(order: dict[str, Any]) -> None:
    from tasks import catalogue
    from workers.commands.cli import main as fleet

    # Beat would look for slots of all other jobs too, which nobody enables here.
    catalogue.jobs = {name: catalogue.jobs()[name] for name in order["jobs"]}.copy  # type: ignore[assignment]
    if order.get("clock"):
        from tests.chaos import stepping

        stepping.install(Path(order["clock"]))
    if order.get("sabotage"):
        from tests.chaos import sabotage

        sabotage.SABOTAGES[order["sabotage"]]()
    fleet()


if __name__ == "__main__":
    main()
