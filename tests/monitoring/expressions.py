"""Every expression that stands in a dashboard or a rule, and where it stands."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).parents[2] / "monitoring"


@dataclass(frozen=True)
class Expression:
    """A PromQL expression and where it stands."""

    place: str
    text: str


# What Grafana and the dashboards' variables fill in.
FILLED = {
    "$__rate_interval": "1m",
    "$__range": "10m",
    "$job": ".*",
    "$tenant": ".*",
    "$company_id": ".*",
    "$queue_name": ".*",
    "$task": ".*",
    "$worker": ".*",
    "$cluster": "fleet",
    "$namespace": "fleet",
}
SELECTOR = re.compile(r"\b((?:fleet_|celery_|up\b|[a-z]+:fleet_)[a-z0-9_:]*(?:\{[^}]*\})?)")


def filled(expr: str) -> str:
    """The expression as Grafana would send it with everything chosen."""
    for name, value in FILLED.items():
        expr = expr.replace(name, value)
    return expr


def of_everything() -> list[Expression]:
    """Recording rules, alerts, panels and variables."""
    return [*of_recording_rules(), *of_alerts(), *of_dashboards()]


def boards() -> list[Any]:
    """The dashboards that Grafana is provisioned with."""
    files = sorted((MONITORING / "grafana/dashboards").glob("*.json"))
    return [json.loads(file.read_text()) for file in files]


def of_dashboards() -> Iterator[Expression]:
    """Every target of every panel, and every variable's metric."""
    for board in boards():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                place = f"{board['title']}: {panel['title']}"
                yield Expression(place, filled(target["expr"]))
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                metric = re.split(r"[(),]", variable["query"])[1]
                yield Expression(f"{board['title']}: variable {variable['name']}", metric)


def of_recording_rules() -> Iterator[Expression]:
    """Every recording rule's expression, and its own series."""
    for rule in _rules("recording.yml"):
        yield Expression(f"recording: {rule['record']}", rule["expr"])
        yield Expression(f"recorded: {rule['record']}", rule["record"])


def of_alerts() -> Iterator[Expression]:
    """What each alert looks at; the alert itself is empty while all is well."""
    for rule in _rules("alerts.yml"):
        for selector in dict.fromkeys(SELECTOR.findall(rule["expr"])):
            yield Expression(f"alert: {rule['alert']}", selector)


def _rules(name: str) -> list[Any]:
    groups = yaml.safe_load((MONITORING / "prometheus/rules" / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]
