"""The services of docker-compose.yml as processes of this machine, by the file's own commands.

Only ports, hosts and paths differ. Without a container there is no mailpit, Grafana or Odoo: a mail
catcher and the sandbox stand in, and PostgreSQL starts as its own image would start it.
"""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.monitoring.running_fleet import wait_until
from tests.workers.ledger import postgres_server
from workers.demo import processes, stage
from workers.demo.catcher import catching
from workers.demo.processes import fleet as fleet_command
from workers.demo.processes import free_port, running

ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
STARTED = (
    "redis",
    "postgres",
    "worker",
    "worker-delivery",
    "worker-events",
    "worker-woken",
    "beat",
    "web",
    "exporter",
    "flower",
    "prometheus",
    "alertmanager",
    "mail",
)
# Grafana is not to be had as a package; Odoo has its own suite, `make live`.
LEFT_OUT = ("grafana", "odoo-db", "odoo")
PORTS = {
    "redis": 6379,
    "postgres": 5432,
    "mail": 1025,
    "web": 8080,
    "exporter": 9464,
    "flower": 5555,
    "prometheus": 9090,
    "alertmanager": 9093,
}
# Where nothing in the file names the port, because each container has it for itself.
LISTENING = {
    "redis": "--bind 127.0.0.1 --port {port}",
    "flower": "--port {port}",
    "prometheus": "--web.listen-address=127.0.0.1:{port}",
    "alertmanager": "--web.listen-address=127.0.0.1:{port} --cluster.listen-address=",
}
ASKING = {"redis": "-p {port}", "postgres": "-h 127.0.0.1 -p {port}"}
PROGRAMS = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
}


@dataclass
class Stack:
    """What runs, by service."""

    folder: Path
    ports: Mapping[str, int]
    commands: dict[str, Sequence[str]] = field(default_factory=dict)
    checks: dict[str, Sequence[str]] = field(default_factory=dict)
    environs: dict[str, dict[str, str]] = field(default_factory=dict)

    def is_healthy(self, service: str) -> bool:
        """What the file's health check of the service says."""
        check = self.checks[service]
        environ = {**self.environs[service], "PATH": _path()}
        ended = subprocess.run(check, env=environ, capture_output=True, timeout=120, check=False)
        return ended.returncode == 0


@contextmanager
def stack() -> Iterator[Stack]:
    """Each service started in the file's order, once those it depends on are healthy."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="fleet-compose-")))
        here = Stack(folder, {name: free_port() for name in (*PORTS, "sandbox")})
        database = held.enter_context(postgres_server.running())
        here.ports = {**here.ports, "postgres": database.port}
        database.create("fleet")
        _lay_out(here)
        sandbox = stage.sandbox_command(here.ports["sandbox"])
        held.enter_context(running("sandbox", sandbox, {}, folder))
        wait_until(lambda: processes.answers(here.ports["sandbox"]), what="the sandbox")
        for service in STARTED:
            _start(held, here, service)
        yield here


def _lay_out(here: Stack) -> None:
    """Configuration, secrets and volumes, where the substituted paths point to."""
    (here.folder / "run/secrets").mkdir(parents=True)
    for name in FILE["secrets"]:
        (here.folder / "run/secrets" / name).write_text(secrets.token_hex(24))
    url = f"postgresql://fleet:unused@127.0.0.1:{here.ports['postgres']}/fleet"
    (here.folder / "run/secrets/database_url").write_text(url)
    (here.folder / "run/secrets/odoo_api_key").write_text(stage.KEY)
    password = (here.folder / "run/secrets/redis_password").read_text()
    broker = f"redis://:{password}@127.0.0.1:{here.ports['redis']}/0"
    (here.folder / "run/secrets/broker_url").write_text(broker)
    mail = f"smtp://127.0.0.1:{here.ports['mail']}"
    (here.folder / "run/secrets/smtp_url").write_text(mail)
    for name in FILE["volumes"]:
        (here.folder / "volumes" / name).mkdir(parents=True)
    odoo = f"http://127.0.0.1:{here.ports['sandbox']}"
    (here.folder / "config").mkdir()
    (here.folder / "config/fleet.toml").write_text(stage.file_of(odoo))
    shutil.copytree(ROOT / "monitoring", here.folder / "monitoring")
    for file in (here.folder / "monitoring").rglob("*.yml"):
        file.write_text(_addressed(file.read_text(), here.ports))


def _start(held: ExitStack, here: Stack, service: str) -> None:
    spec = FILE["services"][service]
    for needed in spec.get("depends_on", ()):
        wait_until(lambda needed=needed: here.is_healthy(needed), 300, needed)  # type: ignore[misc]
    environ = here.environs[service] = {
        key: _moved(str(value), here, spec) for key, value in spec.get("environment", {}).items()
    }
    environ["FLEET_METRICS_PORT"] = str(here.ports["exporter"])
    environ["FLEET_HEARTBEAT_FOLDER"] = str(here.folder)
    here.checks[service] = _check(here, service, spec)
    if service == "mail":
        held.enter_context(catching(here.folder / "mails", here.ports["mail"]))
        here.commands[service] = ["aiosmtpd", f"127.0.0.1:{here.ports['mail']}"]
    elif service == "postgres":
        here.commands[service] = ["postgres", "-p", str(here.ports["postgres"])]
    else:
        here.commands[service] = _command(here, service, spec)
        environ = {key: value for key, value in environ.items() if key.startswith("FLEET_")}
        held.enter_context(running(service, here.commands[service], environ, here.folder))


def _command(here: Stack, service: str, spec: Mapping[str, Any]) -> Sequence[str]:
    written = spec["command"]
    words = written if isinstance(written, list) else shlex.split(written)
    words = [_moved(word, here, spec) for word in words]
    words = [
        str(here.ports[service]) if word == str(PORTS.get(service)) else word for word in words
    ]
    listening = LISTENING.get(service, "").format(port=here.ports.get(service))
    if words[0] == "sh":
        folder = here.folder / "volumes" / service
        script = words[-1].replace("$$", "$").replace("/tmp/redis.conf", f"{folder}/redis.conf")
        script = script.replace("exec redis-server", f"exec {_found('redis-server')}")
        return ["sh", "-c", f"{script} {listening} --dir {folder}"]
    words += shlex.split(listening)
    if "build" in spec:
        return fleet_command(*words)
    if service in PROGRAMS:
        return [next(path for name in PROGRAMS[service] if (path := shutil.which(name))), *words]
    return [_found(words[0]), *words[1:], "--dir", str(here.folder / "volumes" / service)]


def _check(here: Stack, service: str, spec: Mapping[str, Any]) -> Sequence[str]:
    if service == "mail":
        probe = "import smtplib, sys; smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=5).noop()"
        return [sys.executable, "-c", probe, str(here.ports["mail"])]
    how, program, *words = (_moved(word, here, spec) for word in spec["healthcheck"]["test"])
    if how == "CMD-SHELL":
        asked = f"redis-cli {ASKING[service].format(port=here.ports[service])}"
        return ["sh", "-c", program.replace("$$", "$").replace("redis-cli", asked)]
    assert how == "CMD"
    if program == "fleet":
        return fleet_command(*words)
    asking = shlex.split(ASKING.get(service, "").format(port=here.ports.get(service)))
    return [sys.executable if program == "python" else _found(program), *asking, *words]


def _found(program: str) -> str:
    found = shutil.which(program, path=_path())
    assert found, f"{program} is not installed here"
    return found


def _path() -> str:
    beside = Path(sys.executable).parent
    return f"{beside}:{os.environ['PATH']}"


def _moved(text: str, here: Stack, spec: Mapping[str, Any]) -> str:
    """A word of the file with this machine's paths, ports and defaults."""
    text = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text)
    text = _addressed(text, here.ports).replace("0.0.0.0", "127.0.0.1")
    text = text.replace("/run/secrets/", f"{here.folder}/run/secrets/")
    for volume in spec.get("volumes", ()):
        source, target, *_ = volume.split(":")
        path = here.folder / (source if source.startswith("./") else f"volumes/{source}")
        text = re.sub(rf"(?<![\w.]){re.escape(target)}(?![\w])", str(path), text)
    return text


def _addressed(text: str, ports: Mapping[str, int]) -> str:
    for service, usual in PORTS.items():
        text = re.sub(
            rf"\b(?:{service}|127\.0\.0\.1):{usual}\b", f"127.0.0.1:{ports[service]}", text
        )
    return text
