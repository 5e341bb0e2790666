"""Writes every dashboard's JSON into the folder that Grafana provisions from, or another."""

import json
import sys
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.grafana import boards, roles

FOLDER: Final = Path(__file__).with_name("dashboards")
ALL: Final = (*boards.BOARDS, *roles.BOARDS)


def texts() -> dict[str, str]:
    """The text of each file, by its name."""
    return {
        f"{board.uid}.json": json.dumps(board, cls=JSONEncoder, indent=2) + "\n" for board in ALL
    }


def main(folder: str = str(FOLDER)) -> None:
    """Write the files."""
    for name, text in texts().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
