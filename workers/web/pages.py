"""Turns what the page tells into HTML; every text stands in one of the templates."""

from functools import cache
from importlib import resources
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from workers.language.language import Language, language
from workers.links import Links
from workers.mail import wording
from workers.web.accept_language import accepted


def page(reader: Language, template: str, status: int = 200, /, **content: Any) -> HTMLResponse:
    """A whole page; a template that misses something raises, rather than leave it out."""
    html = _templates(reader.code).get_template(f"{template}.html.j2").render(content)
    return HTMLResponse(html, status, {"Content-Language": reader.tag})


def reader_of(request: Request, links: Links) -> Language:
    """The language of the mail whose link this is, else what the browser asks for."""
    told_in = links.language(request.path_params.get("token", ""))
    return language(told_in) if told_in else accepted(request.headers.get("accept-language", ""))


@cache
def stylesheet() -> str:
    """The one style of all pages."""
    style = resources.files("workers.web") / "templates" / "page.css"
    return style.read_text(encoding="utf-8")


@cache
def _templates(code: str) -> jinja2.Environment:
    reader = language(code)
    environment = wording.environment("workers.web", reader, escaped=True)
    environment.globals["lang"] = reader.tag
    environment.globals["words"] = environment.get_template("words.j2").module
    return environment
