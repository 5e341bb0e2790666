"""Runs a test module of a test under the suite's own conftest, in a process of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_pytest(module: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """How it ended, with what it printed."""
    # A shifted process has time_machine before pytest can look at it.
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *quiet]
    return subprocess.run(
        [*command, "-p", "tests.conftest", "--rootdir", str(module.parent), *options, str(module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
