"""Turns a message's stored payload into subject, plain text, HTML and a CSV beside it."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import css_inline
import jinja2
from babel.numbers import format_currency

from workers import columns
from workers.delivery.errors import DeliveryRefused


@dataclass(frozen=True)
class Rendered:
    """A mail's content; csv is empty when there are no rows."""

    subject: str
    text: str
    html: str
    csv: str = ""


def render(sections: Sequence[Mapping[str, Any]]) -> Rendered:
    """The same sections render to the same bytes, so that a past mail can be rebuilt.

    Raises DeliveryRefused when a template cannot show a section.
    """
    payload = sections[0]
    try:
        parts = [_render(payload) for payload in sections]
        return replace(
            parts[0], text="".join(p.text for p in parts), html="".join(p.html for p in parts)
        )
    except jinja2.TemplateError as error:
        raise DeliveryRefused(
            f"the template {payload['template']!r} cannot show this message: {error}"
        ) from error


def _render(payload: Mapping[str, Any]) -> Rendered:
    template = payload["template"]
    environment = _environment()
    plain = environment.get_template(f"{template}.txt.j2")
    subject = "".join(plain.blocks["subject"](plain.new_context(dict(payload)))).strip()
    html = environment.get_template(f"{template}.html.j2").render(payload)
    return Rendered(
        subject=" ".join(subject.split()),
        text=plain.render(payload).strip() + "\n",
        html=css_inline.inline(html),
        csv=_table(payload.get("rows", ())),
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workers.delivery"),
        autoescape=jinja2.select_autoescape(["html.j2", "html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["money"] = _money
    environment.filters["columns"] = columns.told
    return environment


def _money(amount: str, currency: str) -> str:
    return format_currency(amount, currency, locale="en", format="¤¤ #,##0.00")


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The scalar columns of the rows; cells that a spreadsheet would run are quoted."""
    if not rows:
        return ""
    fitting = columns.plain(rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(fitting)
    writer.writerows([_inert(row[column]) for column in fitting] for row in rows)
    return out.getvalue()


def _inert(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
