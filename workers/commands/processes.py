"""`fleet worker`, `beat`, `flower`, `exporter` and `web`: the processes of the fleet."""

import sys
from pathlib import Path
from socket import gethostname
from typing import Annotated

import typer

from monitoring import exporter, serving
from workers import notes as watching
from workers.commands import opening
from workers.commands.console import err
from workers.commands.options import ListensOn
from workers.commands.verbs import Verb
from workers.ledger import marks
from workers.watch import reloading
from workers.wiring import Fleet

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet worker --queues batch --concurrency 4")
def worker(
    queues: Annotated[
        str, typer.Option(help="Comma-separated.")
    ] = "batch,events,delivery,effects,woken",
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Runs at the same time.")] = 2,
    name: Annotated[str, typer.Option(help="Distinguishes workers of one host.")] = "fleet",
) -> None:
    """Start a worker that executes runs and sends messages."""
    fleet = opening.upgraded()
    host, served = gethostname(), [queue.strip() for queue in queues.split(",")]
    watching.comes(fleet, marks.WORKER, f"{name}@{host}", watching.STARTS, served)
    _celery(
        fleet,
        "worker",
        f"--queues={queues}",
        f"--concurrency={concurrency}",
        f"--hostname={name}@%h",
        "--loglevel=INFO",
        # Workers would believe each other's events, which nobody signs.
        "--without-gossip",
        "--without-mingle",
    )


@cli.command(cls=Verb, epilog="fleet beat")
def beat() -> None:
    """Start beat, which looks for due slots; any number of them may run."""
    # Slots live in the ledger, so beat keeps no file of its own.
    fleet = opening.upgraded()
    watching.comes(fleet, marks.BEAT, gethostname(), watching.STARTS)
    _celery(fleet, "beat", "--scheduler=workers.watch.signals:BeatingScheduler", "--loglevel=INFO")


@cli.command(cls=Verb, epilog="fleet flower --state flower.db")
def flower(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5555,
    address: ListensOn = "127.0.0.1",
    state: Annotated[
        Path | None, typer.Option(help="A file that keeps what it saw over restarts.")
    ] = None,
) -> None:
    """Start Flower, behind a login: user `ops`, password from FLEET_FLOWER_PASSWORD."""
    from workers.commands import flower_login

    flower_login.require(opening.serving().settings.environment.flower_password, state)
    serving.listening(address, port).close()
    _celery(opening.upgraded(), "flower", f"--port={port}", f"--address={address}")


@cli.command(name="exporter", cls=Verb, epilog="fleet exporter --address 0.0.0.0")
def export(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="FLEET_METRICS_PORT if left out.")
    ] = None,
) -> None:
    """Serve /metrics for Prometheus."""
    from workers.watch import scrape as backlog

    fleet = opening.serving()
    fleet.ledger.upgrade()
    wanted = fleet.settings.environment.metrics_port if port is None else port
    server = exporter.server(backlog.collector(fleet), address, wanted)
    host = f"[{address}]" if ":" in address else address
    err.print(f"metrics on http://{host}:{server.port}/metrics", markup=False)
    _serve(fleet, server, "exporter")


@cli.command(cls=Verb, epilog="fleet web --port 8080")
def web(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="FLEET_WEB_PORT if left out.")
    ] = None,
) -> None:
    """Serve the pages that mails link to: see a case, acknowledge, snooze, hold or hand over."""
    from workers.web import app

    fleet = opening.serving()
    fleet.ledger.upgrade()
    server = app.server(fleet, address, port or fleet.settings.environment.web_port)
    _serve(fleet, server, "web")


def _celery(fleet: Fleet, *arguments: str) -> None:
    # Before any child is forked, which then needs no ledger to know them.
    assert fleet.broker_secrets
    fleet.ledger.close()
    from workers.app import app

    sys.argv[0] = "celery"
    try:
        app.start(["--quiet", *arguments])
    finally:
        reloading.start_anew_if_ended()


def _serve(fleet: Fleet, server: serving.Server, process: str) -> None:
    def end() -> None:
        server.should_exit = True

    reloading.watch_beside(reloading.Watch(fleet, f"{process}@{gethostname()}"), end)
    server.run()
    reloading.start_anew_if_ended()
