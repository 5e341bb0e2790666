"""A real Prometheus and a real Alertmanager on loopback ports, with the repository's own rules."""

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from tests.monitoring.expressions import MONITORING

INTERVAL = "1s"


def prometheus_command(folder: Path, ports: Mapping[str, int]) -> list[str]:
    """Prometheus with the repository's configuration, pointed at our ports, and every second."""
    config = yaml.safe_load((MONITORING / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL}
    for scrape in config["scrape_configs"]:
        (static,) = scrape["static_configs"]
        scrape.pop("scrape_timeout", None)
        port = {"celery-exporter": "metrics"}.get(scrape["job_name"], scrape["job_name"])
        static["targets"] = [f"127.0.0.1:{ports[port]}"]
    (manager,) = config["alerting"]["alertmanagers"]
    manager["static_configs"][0]["targets"] = [f"127.0.0.1:{ports['alertmanager']}"]
    (folder / "rules").mkdir()
    for file in (MONITORING / "prometheus/rules").glob("*.yml"):
        rules = yaml.safe_load(file.read_text())
        for group in rules["groups"]:
            group["interval"] = INTERVAL
        (folder / "rules" / file.name).write_text(yaml.safe_dump(rules))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return [
        str(shutil.which("prometheus")),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]


def alertmanager_command(folder: Path, ports: Mapping[str, int], sink: int) -> list[str]:
    """Alertmanager with the repository's routes; every receiver is our sink, without waiting."""
    config = yaml.safe_load((MONITORING / "alertmanager/alertmanager.yml").read_text())
    config["route"]["group_wait"] = "0s"
    config["receivers"] = [
        {
            "name": receiver["name"],
            "webhook_configs": [{"url": f"http://127.0.0.1:{sink}/{receiver['name']}"}],
        }
        for receiver in config["receivers"]
    ]
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    return [
        str(shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
        "--cluster.listen-address=",
    ]


@dataclass
class Prometheus:
    """Asks a running Prometheus at an address like http://127.0.0.1:9090."""

    address: str

    @classmethod
    def on(cls, port: int) -> "Prometheus":
        """The one on this machine's port."""
        return cls(f"http://127.0.0.1:{port}")

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the HTTP API."""
        query = urllib.parse.urlencode(parameters)
        url = f"{self.address}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def ready(self) -> bool:
        """Whether it has loaded what it needs to answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/-/ready", timeout=30):
                return True
        except OSError:
            return False

    def series(self, expr: str) -> list[Any]:
        """What an expression evaluates to now."""
        found: list[Any] = self.ask("query", query=expr)["result"]
        return found

    def course(self, expr: str, start: float, end: float, step: float) -> list[Any]:
        """What it evaluated to from one Unix time to another."""
        times = {"start": str(start), "end": str(end), "step": f"{step:g}"}
        found: list[Any] = self.ask("query_range", query=expr, **times)["result"]
        return found


@dataclass
class Sink:
    """What Alertmanager sent, by receiver."""

    port: int = 0
    received: dict[str, list[Any]] = field(default_factory=dict)

    def names(self, receiver: str) -> set[str]:
        """The alerts that a receiver was told of."""
        told = self.received.get(receiver, [])
        return {alert["labels"]["alertname"] for one in told for alert in one["alerts"]}


@contextmanager
def sink() -> Iterator[Sink]:
    """A web server that keeps what is posted to it."""
    found = Sink()

    class Post(BaseHTTPRequestHandler):
        """Keeps the body under the path."""

        def do_POST(self) -> None:
            """The name is http.server's."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.setdefault(self.path.strip("/"), []).append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Post)
    found.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
