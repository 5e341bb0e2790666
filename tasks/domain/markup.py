"""What people read of a field that Odoo keeps as HTML."""

import html
import re
from typing import Final

TAG: Final = re.compile(r"<[^>]*>")


def plain_text(markup: str | None) -> str:
    """The words without tags, each blank once; "" of nothing."""
    return " ".join(html.unescape(TAG.sub(" ", markup or "")).split())
