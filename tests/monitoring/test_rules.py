"""Rules and routes pass their own tools; every alert has tests and a place in the runbook."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "monitoring/prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = PROMETHEUS / "tests/alerts.yml"
# Fires for ever, by design.
NEVER_QUIET = {"FleetWatchdog"}

needs_tools = pytest.mark.skipif(
    not (shutil.which("promtool") and shutil.which("amtool")),
    reason="needs promtool and amtool: tests/install-services",
)


def passes(command: Sequence[str]) -> str:
    ended = subprocess.run(
        command, cwd=PROMETHEUS, capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "rules/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@needs_tools
def test_the_rules_are_well_formed() -> None:
    assert "SUCCESS" in passes(["promtool", "check", "rules", *map(str, RULES)])


@needs_tools
def test_prometheus_accepts_its_configuration() -> None:
    passes(["promtool", "check", "config", "--syntax-only", "prometheus.yml"])


@needs_tools
def test_each_alert_fires_and_stays_quiet_as_its_tests_say() -> None:
    assert "SUCCESS" in passes(["promtool", "test", "rules", str(TESTS)])


@needs_tools
def test_alertmanager_accepts_the_routes() -> None:
    config = ROOT / "monitoring/alertmanager/alertmanager.yml"
    assert "SUCCESS" in passes(["amtool", "check-config", str(config)])


@needs_tools
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=page"], "pages"),
        (["severity=ticket"], "tickets"),
        (["severity=none", "alertname=FleetWatchdog"], "heartbeat"),
    ],
)
def test_only_pages_page(labels: Sequence[str], receiver: str) -> None:
    config = ROOT / "monitoring/alertmanager/alertmanager.yml"
    told = passes(["amtool", "config", "routes", "test", f"--config.file={config}", *labels])
    assert told.strip() == receiver


def test_every_alert_has_a_firing_and_a_quiet_case() -> None:
    cases = yaml.safe_load(TESTS.read_text())["tests"]
    fires: set[str] = set()
    quiet: set[str] = set()
    for case in cases:
        for asked in case["alert_rule_test"]:
            (fires if asked["exp_alerts"] else quiet).add(asked["alertname"])
    names = {alert["alert"] for alert in alerts()}
    assert fires == names
    assert quiet == names - NEVER_QUIET


RUNBOOK = "{{ with $externalLabels.runbook }}{{ . }}{{ else }}docs/runbook.md{{ end }}"


def headings(document: str) -> set[str]:
    """The anchors that a Markdown renderer makes of the headings."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_links_to_a_heading_that_exists(alert: dict[str, Any]) -> None:
    where, anchor = alert["annotations"]["runbook_url"].split("#")
    assert where == RUNBOOK
    assert anchor in headings("docs/runbook.md")
    assert alert["labels"]["severity"] in {"page", "ticket", "none"}
