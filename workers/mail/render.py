"""Turns the sections of a mail into subject, plain text, HTML and a CSV for each digest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import css_inline
import jinja2
from markupsafe import Markup

from tasks.domain.told import ToldAside, ToldFinding
from workers.config import runbook
from workers.errors import DeliveryRefused
from workers.language.language import language
from workers.ledger.payloads import Asking, Digest, Ops, Payload, Personal
from workers.mail import spreadsheet
from workers.mail.colours import ink_on
from workers.mail.picture import Picture, Queue, picture
from workers.mail.subject import Topic, subject_of
from workers.mail.wording import templates

Pages = Callable[[Payload, str], str]
INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Rendered:
    """A mail's content."""

    subject: str
    text: str
    html: str
    #: File name and CSV of each section that has rows.
    attachments: tuple[tuple[str, str], ...] = ()
    #: A file to be shown as cid:logo.
    logo: Path | None = None
    #: The page where the reader chooses which of these mails to get, or "".
    opt_out: str = ""


@dataclass(frozen=True)
class Part:
    """One section, written down."""

    section: Payload
    subject: str
    answer: str
    text: str
    html: Markup
    title: str
    day: date
    opt_out: str
    shown: Picture | None = None


def no_pages(section: Payload, case_key: str) -> str:
    """Where no page is served, mails link to none."""
    return ""


def render(sections: Sequence[Payload], pages: Pages = no_pages, runbook_url: str = "") -> Rendered:
    """The same sections render to the same bytes, so that a past mail can be rebuilt.

    pages: the address of the reader's page of a case, or of what a section asks them to decide; and
    for key "" of their preferences.
    runbook_url: where ops read it; "" where it is published nowhere.
    Raises DeliveryRefused when a template cannot show a section.
    """
    parts = [_part(section, pages, runbook_url) for section in sections]
    first = sections[0]
    topics = [Topic(each.section, each.title, each.subject, each.day, each.shown) for each in parts]
    subject = subject_of(topics, language(first.language))
    logo = Path(first.brand.logo) if first.brand.logo else None
    html = templates(first.language, "html").get_template("layout.html.j2")
    plain = templates(first.language, "txt").get_template("layout.txt.j2")
    shown = html.render(
        parts=parts,
        subject=subject,
        preheader=parts[0].answer,
        lang=language(first.language).tag,
        brand=first.brand.name,
        colour=first.brand.colour,
        ink=ink_on(first.brand.colour),
        logo=logo is not None,
    )
    return Rendered(
        subject=subject,
        text=plain.render(parts=parts).strip() + "\n",
        html=INLINER.inline(shown),
        attachments=spreadsheet.attachments(sections),
        logo=logo,
        opt_out=parts[0].opt_out if len(parts) == 1 else "",
    )


def _part(section: Payload, pages: Pages, runbook_url: str) -> Part:
    kinds = ("txt", "html")
    try:
        context = _context(section, pages, runbook_url)
        plain, html = (
            templates(section.language, kind).get_template(f"{section.template}.{kind}.j2")
            for kind in kinds
        )
        return Part(
            section=section,
            subject=_line(_block(plain, "subject", context)),
            answer=_line(_block(plain, "answer", context)),
            text=_lines(_block(plain, "body", context)),
            # Its own environment has escaped it.
            html=Markup(html.render(context)),
            opt_out=pages(section, ""),
            title=language(section.language).say(section.title),
            day=context["at_day"],
            shown=context.get("shown"),
        )
    except (jinja2.TemplateError, KeyError) as error:
        raise DeliveryRefused(
            f"the template {section.template!r} cannot show this message: {error}"
        ) from error


def _context(section: Payload, pages: Pages, runbook_url: str) -> dict[str, Any]:
    """What templates see: the section's own keys, and what follows from them."""

    def page(told: ToldFinding | ToldAside) -> str:
        if not told.key:
            return ""
        # A hold may have been put on by the page of another job.
        job = (isinstance(told, ToldAside) and told.job) or section.rule
        return pages(replace(section, rule=job), told.key)

    at = datetime.fromisoformat(section.at).astimezone(ZoneInfo(section.zone))
    context = {
        **vars(section),
        "section": section,
        "at_day": at.date(),
        "page": page,
    }
    if isinstance(section, Digest):
        context["shown"] = picture(section, page)
    if isinstance(section, Personal):
        context["queue"] = Queue.of(section.findings)
    if isinstance(section, Asking):
        context["decide"] = pages(section, f"effect {section.effect}")
    if isinstance(section, Ops):
        # One mail tells of companies of several zones.
        context["zone"] = "UTC"
        context["runbook"] = partial(runbook.about, runbook_url)
    return context


def _block(template: jinja2.Template, name: str, context: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(context))))


def _line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    """No more than one empty line in a row, no blanks at the end of lines."""
    lines = [line.rstrip() for line in text.strip().split("\n")]
    kept = [line for number, line in enumerate(lines) if line or lines[number - 1]]
    return "\n".join(kept)
