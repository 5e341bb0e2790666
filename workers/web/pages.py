"""Turns what the page tells into HTML; every text stands in one of the templates."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from babel.numbers import format_currency
from starlette.responses import HTMLResponse


def page(template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A whole page; a template that misses something raises, rather than leave it out."""
    html = _environment().get_template(f"{template}.html.j2").render(content)
    return HTMLResponse(html, status)


@cache
def stylesheet() -> str:
    """The one style of all pages."""
    source = _environment().loader
    assert source is not None
    return source.get_source(_environment(), "page.css")[0]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workers.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["money"] = _money
    environment.filters["at"] = _at
    return environment


def _money(amount: Any, currency: str) -> str:
    return format_currency(amount, currency, locale="en", format="¤¤ #,##0.00")


def _at(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%d %b %Y %H:%M}"
