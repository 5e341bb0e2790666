"""`make any-day`: plays the suite, or the demo, at named instants and counts what passed."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.any_day import shift
from tests.any_day.instants import DEMO, INSTANTS, chosen, shares

ROOT = Path(__file__).parents[2]
# The live tests share Odoo's clock, those of `watch` Prometheus'; chaos moves clocks by itself.
SUITE = ("-m", "not live and not watch and not chaos", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Played:
    """What came of one instant."""

    name: str
    passed: bool
    #: One line: counts, or how it ended.
    summary: str
    log: Path


def main() -> int:
    """The exit code is not zero if anything failed at any instant."""
    parser = argparse.ArgumentParser(prog="python -m tests.any_day", description=__doc__)
    parser.add_argument("instants", nargs="*", metavar="NAME", help=", ".join(INSTANTS))
    parser.add_argument(
        "--commit", help="play the two instants that this hash chooses, each on half of the files"
    )
    parser.add_argument("--demo", action="store_true", help="play the demo, not the suite")
    parser.add_argument("--at-once", type=int, default=1, help="how many instants side by side")
    parser.add_argument("--only", nargs="*", default=[], help="paths of tests, instead of all")
    asked = parser.parse_args()
    if unknown := set(asked.instants) - set(INSTANTS):
        parser.error(f"no such instant: {', '.join(sorted(unknown))}")
    names = asked.instants or (DEMO if asked.demo else list(INSTANTS))
    every: Mapping[str, str] = {}
    if asked.commit:
        names = chosen(asked.commit)
        every = dict(zip(names, shares(asked.commit), strict=True))
    logs = Path(tempfile.mkdtemp(prefix="any-day-"))

    def play(name: str) -> Played:
        return demo(name, logs) if asked.demo else suite(name, logs, asked.only, every.get(name))

    with ThreadPoolExecutor(asked.at_once) as pool:
        played = [_told(each) for each in pool.map(play, names)]
    return 0 if played and all(each.passed for each in played) else 1


def suite(name: str, logs: Path, only: Sequence[str], every: str | None = None) -> Played:
    """Every test that can be moved, or those of a share of the files, at an instant."""
    at = INSTANTS[name].replace(tzinfo=None).isoformat(timespec="minutes")
    arguments = [*SUITE, f"--basetemp={logs / name}-files", "--at", at, *only]
    if every:
        arguments.append(f"--every={every}")
    return _run(name, logs, [sys.executable, "-m", "pytest", *arguments], {})


def demo(name: str, logs: Path) -> Played:
    """`fleet demo`, all of its processes at an instant."""
    script = "from workers.commands.cli import main; main()"
    command = [sys.executable, "-c", script, "demo", "--output", str(logs / f"{name}-demo")]
    return _run(name, logs, command, {**shift.environment(INSTANTS[name]), "COLUMNS": "200"})


def _run(name: str, logs: Path, command: Sequence[str], environ: dict[str, str]) -> Played:
    log = logs / f"{name}.log"
    with log.open("w") as file:
        ended = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environ}, stdout=file, stderr=file, check=False
        )
    return Played(name, ended.returncode == 0, _summary(log.read_text(errors="replace")), log)


def _summary(log: str) -> str:
    """The demo's `Mails sent: 31` and `Done in 20 s.`, or pytest's line of counts."""
    told = re.findall(
        r"^(?:Mails sent: .*|Done in .*|.*\b(?:passed|failed|error)\b.* in .*)$", log, re.M
    )
    return " · ".join(line.strip("= ") for line in told) or "ended without a summary"


def _told(played: Played) -> Played:
    at = INSTANTS[played.name]
    verdict = "ok    " if played.passed else "FAILED"
    print(f"{verdict} {played.name:<23} {at:%a %Y-%m-%d %H:%M} UTC  {played.summary}", flush=True)
    text = played.log.read_text(errors="replace")
    if found := re.search("What each job found.*(?=\nMails sent)", text, re.DOTALL):
        print(found.group(), flush=True)
    if not played.passed:
        lines = text.splitlines()
        named = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        print("\n".join([*(named or lines[-20:]), f"The whole output: {played.log}"]), flush=True)
    return played


if __name__ == "__main__":
    sys.exit(main())
