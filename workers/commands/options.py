"""What the options of several verbs are called, and what is made of what people give them."""

import getpass
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from odoo_gateway.records import zone_named
from tasks import catalogue
from workers import instants
from workers.ledger import lookup
from workers.ledger.lookup import MOST, Wanted
from workers.wiring import Fleet

# Odoo is younger, and nobody plans further.
FIRST_YEAR, LAST_YEAR = 2000, 2100
# No ledger is older.
OLDEST: Final = timedelta(days=36500)
MOST_DIGITS: Final = 9
# What lists call a row: no id has more digits.
NAME: Final = re.compile(r"([a-z]+)-([1-9][0-9]{0,17})", re.ASCII)


def _as_day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d")


def day(
    name: str,
    help_text: str,
    read: Callable[[str], datetime] = _as_day,
    example: str = "2026-12-01",
    metavar: str = "YYYY-MM-DD",
) -> Any:
    """An option that takes a day of years that somebody may mean."""

    def within(text: str) -> datetime:
        try:
            found = read(text)
        except ValueError as error:
            raise ConfigurationError(
                f"{name} {quoted(text)}: there is no such day; write one like {example}"
            ) from error
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ConfigurationError(
                f"{name} {found.date()}: name a day of the years {FIRST_YEAR} to {LAST_YEAR}"
            )
        return found

    return typer.Option(name, help=help_text, metavar=metavar, parser=within)


def _in_zone(context: typer.Context, name: str | None) -> str | None:
    """Have all that the command prints in this zone, until it ends."""
    if name is not None:
        try:
            context.with_resource(instants.in_zone(zone_named(name)))
        except ValueError as error:
            raise ConfigurationError(
                f"--zone {quoted(name)}: there is none such; write one like Europe/Brussels"
            ) from error
    return name


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]
JobName = Annotated[str, typer.Argument(help="Name of the job, as `fleet jobs` lists it.")]
AsOfDay = Annotated[datetime | None, day("--as-of", "Judge the end of this day, not now.")]
FirstDay = Annotated[datetime | None, day("--from", "First day of the period.")]
LastDay = Annotated[datetime | None, day("--to", "Last day of the period, included.")]
TenantName = Annotated[str | None, typer.Option(help="Needed when there are several.")]
CompanyIds = Annotated[list[int] | None, typer.Option(help="Company id; may be repeated.")]
OfTenant = Annotated[str | None, typer.Option("--tenant", help="Of this one only.")]
OfCompany = Annotated[
    int | None, typer.Option("--company", max=MOST, help="Of this company id only.")
]
OfJob = Annotated[str | None, typer.Option("--job", help="Of this one only.")]
InZone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        callback=_in_zone,
        help="Tell all times in this zone, such as Europe/Brussels, not in UTC.",
    ),
]
OfPerson = Annotated[str | None, typer.Option("--person", help="Of this address only.")]
Since = Annotated[str | None, typer.Option(help="No older than this, such as 90m, 12h or 7d.")]
Reason = Annotated[str, typer.Option(help="Why; the audit keeps it.")]
Who = Annotated[str, typer.Option(help="Who you are; the name you are logged in by if left out.")]
Newest = Annotated[int, typer.Option("--limit", min=1, max=MOST, help="The newest to list.")]
ListensOn = Annotated[str, typer.Option(help="Where it listens; 0.0.0.0 for every network.")]


def number_in(name: str, *kinds: str, listed_by: str) -> tuple[str, int]:
    """Kind and number in a name, like event and 12 in event-12.

    Raises ConfigurationError for a name of no such kind; listed_by: what tells those there are.
    """
    found = NAME.fullmatch(name)
    if found is None or found[1] not in kinds:
        like = " or ".join(f"{kind}-3" for kind in kinds)
        raise ConfigurationError(f"{quoted(name)}: write {like}, as `{listed_by}` lists them")
    return found[1], int(found[2])


def wanted(
    fleet: Fleet,
    tenant: str | None,
    company: int | None,
    job: str | None,
    person: str | None = None,
    record: str | None = None,
    since: str | None = None,
    limit: int | None = 50,
    *,
    older: str | None = None,
) -> Wanted:
    """The rows that options ask for. Raises ConfigurationError for what there never was."""
    # An address, or as owners of cases are named.
    if person is not None and not any(map(str.isalpha, person)):
        raise ConfigurationError(f"--person {quoted(person)}: is not an address")
    oldest, newest = _ago(fleet, "--since", since), _ago(fleet, "--older", older)
    fleet.ledger.check()
    found = Wanted(tenant, company, job, person, record, oldest, newest, limit)
    refuse_unknown(fleet, found)
    return found


def refuse_unknown(fleet: Fleet, wanted: Wanted) -> None:
    """Raises ConfigurationError for a tenant, job or company that there never was.

    Those that are gone from the configuration are known as long as the ledger speaks of them.
    """
    there = {
        "tenant": (wanted.tenant, fleet.settings.names),
        "job": (wanted.job, catalogue.jobs()),
        "company_id": (wanted.company_id, ()),
    }
    for column, (name, configured) in there.items():
        if name is None or name in configured:
            continue
        # A company is one of its tenant, where one is named.
        of = {"tenant": wanted.tenant} if column == "company_id" and wanted.tenant else {}
        with fleet.ledger.reading() as connection:
            known = sorted({*configured, *lookup.names(connection, column, **of)})
        if name not in known:
            what = column.removesuffix("_id")
            listed = ", ".join(map(str, known)) or "none yet"
            raise ConfigurationError(
                f"--{what} {quoted(name)}: there is none such; there are: {listed}"
            )


def who(given: str) -> str:
    """Who gives the command, for the audit."""
    try:
        return given or getpass.getuser()
    except (KeyError, OSError) as error:
        raise ConfigurationError(
            "--who: this machine does not know you; say who you are"
        ) from error


def span(option: str, text: str, most: timedelta = OLDEST) -> timedelta:
    """As `age`. Raises ConfigurationError that names the option."""
    try:
        return age(text, most)
    except ValueError as error:
        raise ConfigurationError(f"{option} {error}") from error


def age(text: str, most: timedelta = OLDEST) -> timedelta:
    """A span such as 90m, 12h, 7d or 2w, at most `most`. Raises ValueError for anything else."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdecimal():
        raise ValueError(f"{quoted(text)} is not an age; write one like 90m, 12h, 7d or 2w")
    if not number.strip("0"):
        raise ValueError(f"{quoted(text)}: give more than nothing, like 90m, 12h, 7d or 2w")
    one = timedelta(**{units[unit]: 1})
    if len(number) > MOST_DIGITS or int(number) > most // one:
        raise ValueError(f"{quoted(text)} is too long: at most {most.days}d")
    return int(number) * one


def _ago(fleet: Fleet, option: str, given: str | None) -> datetime | None:
    return None if given is None else fleet.clock() - span(option, given)
