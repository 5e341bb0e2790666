"""The benchmark of the jobs in small: no error, and no document hangs on the size of pages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.odoo import __main__ as benchmark


def test_the_jobs_run_on_the_made_up_firm_and_say_the_same_with_any_size_of_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = tmp_path / "measured.json"
    told = ["--sandbox", "--rounds", "1", "--documents", str(tmp_path), "--json", str(measured)]
    assert benchmark.main(told) == 0, capsys.readouterr().out
    costs = json.loads(measured.read_text())
    assert costs.keys() == {case.name for case in benchmark.CASES}
    for case in benchmark.CASES:
        assert costs[case.name]["fleet"]["calls"] > 10
        whole, paged = (
            case.document(tmp_path),
            next(tmp_path.glob(f"{case.document(tmp_path).stem}-paged.json")),
        )
        assert json.loads(whole.read_text())["scopes"][0]["rows"]
        assert whole.read_bytes() == paged.read_bytes()


def test_a_document_that_hangs_on_the_size_of_pages_fails_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(
        url: str, database: str, case: Any, file: Path, page: int | None = None, **_: Any
    ) -> Mapping[str, Any]:
        file.write_text(f"{case.name} {page if case.job == 'wip_aging' else ''}")
        return {"seconds": 1.0, "cpu": 1.0, "calls": 20, "megabytes": 0.1, "peak_mib": 90.0}

    monkeypatch.setattr(benchmark, "_fleet", told)
    assert benchmark.main(["--sandbox", "--rounds", "1", "--documents", str(tmp_path)]) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if "another document" in line]
    assert said == ["wip_aging: another document with another size of page"]
