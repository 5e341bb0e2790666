"""What import contracts cannot say: who reads the environment and the clock, and how files look."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tasks import catalogue
from tasks.catalogue import NOT_LAYERS
from tests.real_clock import readings

ROOT = Path(__file__).parents[1]
PACKAGES = ("workers", "monitoring", "tasks", "odoo_gateway")
SOURCES = sorted(
    [ROOT / "beat_schedule.py", *(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))]
)
VAGUE = {"utils", "helpers", "common", "base", "misc"}


def using(pattern: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


def test_only_settings_read_the_environment() -> None:
    # The demo hands its own environment on to the processes that it starts.
    assert using(r"os\.(environ|getenv)") == {
        "workers/demo/processes.py",
        "workers/config/settings.py",
    }


def test_the_clock_is_read_in_one_place() -> None:
    # The demo and the sandbox's command choose the day that the made-up firm lives in.
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for read in readings(path.read_text(encoding="utf-8"))
        if not read.endswith("utc_now")
    }
    assert found <= {
        "odoo_gateway/sandbox/__main__.py",
        "workers/demo/stage.py",
        "workers/wiring.py",
    }


def test_nothing_writes_into_odoo_but_effects_and_what_an_administrator_installs() -> None:
    # Channels have their activities and notes done as effects, like everybody else.
    found = using(r"\bWriter\(|calling\.(create_project|draft_invoice|set_stage)\(")
    assert {str(Path(path).parent) for path in found} == {"workers/effects/kinds"}


def outside_jobs() -> Iterator[Path]:
    """Every file that is written by hand and is part of what runs, but those of the jobs."""
    yield from (ROOT / name for name in ("beat_schedule.py", "docker-compose.yml", "Makefile"))
    for package in ("workers", "monitoring", "odoo_gateway", "tasks"):
        for path in (ROOT / package).rglob("*"):
            layer = path.relative_to(ROOT / package).parts[0]
            is_of_a_job = package == "tasks" and "." not in layer and layer not in NOT_LAYERS
            if path.suffix in {".py", ".j2", ".css", ".yml", ".txt", ".toml"} and not is_of_a_job:
                yield path


def test_no_list_outside_a_job_names_a_job() -> None:
    names = re.compile(rf"\b({'|'.join(catalogue.jobs())})\b")
    found = [
        str(path.relative_to(ROOT))
        for path in outside_jobs()
        # What plays alerts needs names of some.
        if "tests" not in path.relative_to(ROOT).parts
        and names.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_celery_stays_in_the_workers_and_the_timetable() -> None:
    assert {path.split("/")[0] for path in using(r"(?m)^(from|import) (celery|kombu)\b")} == {
        "beat_schedule.py",
        "workers",
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_in_one_docstring_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
    assert path.stem not in VAGUE


def test_no_workflow_layer_that_is_new_escapes_the_contracts() -> None:
    """Whatever holds jobs is one: nothing below imports a job, and no job imports another."""
    graph = grimp.build_graph("tasks")
    below = [module for module in graph.modules if module.split(".")[1:2] and _is_below(module)]
    jobs = {module for module in graph.modules if module.count(".") >= 2} - set(below)
    assert {f"tasks.{layer}" for layer in ("execution", "financial")} <= {
        module.rpartition(".")[0] for module in jobs
    }
    found = {
        (module, imported)
        for module in below
        for imported in graph.find_modules_directly_imported_by(module)
        if imported in jobs
    }
    assert not found
    assert not {
        (module, imported)
        for module in jobs
        for imported in graph.find_modules_directly_imported_by(module)
        if imported in jobs and module.split(".")[:3] != imported.split(".")[:3]
    }


def _is_below(module: str) -> bool:
    return module.split(".")[1] in {*NOT_LAYERS, "declaration"}


def functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.name}", lines


def test_at_most_one_function_in_twenty_is_over_forty_lines() -> None:
    found = dict(functions())
    long = [name for name, lines in found.items() if lines > 40]
    assert len(long) <= len(found) / 20, long
