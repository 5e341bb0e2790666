"""What the configuration says of each Odoo database and its companies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, field_validator

from odoo_gateway.transport import Address
from tasks import catalogue
from tasks.declaration import ROLES, AnyJob
from tasks.domain.holds import Hold, HoldingPolicy
from tasks.domain.matrix import FIELDS, Matrix, Word
from tasks.domain.policy import Policy
from tasks.domain.proposals import Mode
from tasks.domain.written import Id, Weekday
from workers.config.brands import Brand
from workers.config.channel_kinds import ChannelKind, in_odoo, kinds
from workers.config.policies import Amendment, Unit, in_force
from workers.config.sources import Source, SourceKind, SourceName, SourceSettings
from workers.config.strict import Email, Holders, Seconds, Strict
from workers.config.systems import ODOO, RecordKind
from workers.config.targets import RouteSettings, Target, TargetName, TargetSettings
from workers.language.language import speaks


def url_of(*schemes: str) -> AfterValidator:
    """A validator of addresses that start with one of the schemes."""

    def check(url: str) -> str:
        _parts(url, *schemes)
        return url

    return AfterValidator(check)


def _parts(url: str, *schemes: str) -> SplitResult:
    """Raises ValueError, which quotes no part of it: it may hold a password."""
    if url.partition(":")[0].lower() not in schemes:
        raise ValueError(f"give an address that starts with {' or '.join(schemes)}")
    if not url.isprintable():
        raise ValueError("holds signs that no address has; write it anew")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018
    except ValueError as error:
        raise ValueError(f"cannot be read as an address: {error}") from None
    return parts


def _mail_server(url: str) -> str:
    if not _parts(url, "smtp", "smtps", "smtp+starttls").hostname:
        raise ValueError("name a host, like smtp://mail.example.com:25")
    return url


def _odoo(url: str) -> str:
    parts = _parts(url, "http", "https")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("give scheme and host without a path, like https://odoo.example.com")
    if parts.username is not None:
        raise ValueError("give no user in it: login and API key stand elsewhere")
    return url


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/Brussels")
    return name


def _crontab(line: str) -> str:
    try:
        if len(line.split()) not in CRONTAB_FIELDS:
            raise ValueError("it has no seconds and no years")
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, ValueError, StopIteration) as error:
        why = "comes on no day" if isinstance(error, StopIteration) else "is not a crontab line"
        raise ValueError(f"{line!r} {why}; write one of five fields, like 0 6 * * 1-5") from error
    return line


# Those of a line without seconds and years.
CRONTAB_FIELDS: tuple[int, ...] = (5,)
Zone = Annotated[str, AfterValidator(_known_zone)]
CrontabLine = Annotated[str, AfterValidator(_crontab)]
SmtpUrl = Annotated[str, AfterValidator(_mail_server)]
OdooUrl = Annotated[str, AfterValidator(_odoo)]
# A language, perhaps with a territory that says how numbers and days are written: de, de_CH.
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]
TENANT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Recipients(Strict):
    """Who stands behind each role: those of tasks.declaration.ROLES."""

    finance: tuple[Email, ...] = ()
    delivery: tuple[Email, ...] = ()
    ops: tuple[Email, ...] = ()

    def of(self, role: str) -> tuple[str, ...]:
        """Who stands behind a role. Raises KeyError where there is no such role."""
        people: dict[str, tuple[str, ...]] = dict(self)
        return people[role]

    def over(self, other: "Recipients") -> "Recipients":
        """These, with the roles that they do not name from another; an empty list names nobody."""
        named = {role: self.of(role) for role in self.model_fields_set}
        return other.model_copy(update=named)


def _span(text: str) -> str:
    if text:
        start, end = _clocks(text)
        if start == end:
            raise ValueError(f"{text!r} starts when it ends; leave it empty for no quiet hours")
    return text


def _clocks(text: str) -> tuple[time, time]:
    found = SPAN.fullmatch(text.strip())
    try:
        start, end = found.groups() if found else ("", "")
        return time.fromisoformat(start), time.fromisoformat(end)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a span of hours; write one like 20:00-06:00, without an offset: they "
            "are hours of each reader's zone"
        ) from error


SPAN: Final = re.compile(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)")


class MailSettings(Strict):
    """How mails are told to people; hours and days are those of each reader's zone."""

    language: Language = Field(
        "en", description="of readers whose own is not known; a company may have its own"
    )
    languages: dict[Email, Language] = Field({}, description="of single readers, by address")
    merge: bool = Field(True, description="one mail for all that a reader is told at a time")
    quiet_hours: Annotated[str, AfterValidator(_span)] = Field(
        "20:00-06:00", description="in which nothing but urgent mail goes out; empty for none"
    )
    quiet_days: tuple[Weekday, ...] = Field(
        ("saturday", "sunday"),
        description="on which roles are not written to; people are on their own working days",
    )
    cap_per_day: int = Field(
        1, ge=0, le=1000, description="reminder mails to one person; 0 for no cap"
    )
    cap_per_week: int = Field(
        3,
        ge=0,
        le=1000,
        description="likewise; what is over comes as one mail on the next morning or Monday",
    )
    digest_at: time | None = Field(
        None, description="when digests go out, in the company's zone; at once if left out"
    )

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Start and end of the quiet hours."""
        return _clocks(self.quiet_hours) if self.quiet_hours else None


class StandInSettings(Strict):
    """Who decides for somebody who is away."""

    person: Email = Field(description="who is away")
    by: Email = Field(description="who decides in their place")
    since: date | None = Field(None, alias="from", description="the first day of it")
    until: date | None = Field(None, description="the last day of it, included")


class CompanySettings(Strict):
    """What differs for one company of a tenant."""

    timezone: Zone | None = None
    language: Language | None = None
    recipients: Recipients = Recipients()
    brand: Brand = Brand()
    policies: dict[str, dict[str, Any]] = Field({})
    effects: dict[Word, Mode] = Field({})


_AS_ITS_TENANT: Final = CompanySettings()


class TenantSettings(Strict):
    """One Odoo database. The API key never stands here, only in the environment."""

    url: OdooUrl = Field(description="scheme and host, like https://odoo.acme.example")
    database: str = Field(min_length=1, description="the database's name")
    login: str = Field(min_length=1, description="the login of the fleet's user there")
    timezone: Zone | None = Field(
        None, description="of all companies; that of each one's working calendar if left out"
    )
    companies: tuple[Id, ...] = Field(
        (), description="ids of those to watch; all that the user may see if left out"
    )
    concurrency: int = Field(
        2,
        ge=1,
        le=1000,
        description="runs at the same time in this Odoo; from 2 on, each makes up to two calls",
    )
    timeout_seconds: Seconds = Field(
        60, description="the longest that Odoo may be silent within a call"
    )
    answer_seconds: Seconds = Field(300, description="the longest that an answer may take")
    answer_megabytes: float = Field(
        64, gt=0, le=100_000, description="the most that one answer may have"
    )
    read_megabytes: float = Field(
        256, gt=0, le=100_000, description="the most memory that the rows of one question may hold"
    )
    recipients: Recipients = Field(Recipients(), description="who stands behind each role")
    policies: dict[str, dict[str, Any]] = Field({}, description="thresholds, by job")
    units: dict[str, Unit] = Field({}, description="business units, by name")
    amendments: tuple[Amendment, ...] = Field((), description="dated changes of policies")
    schedules: dict[str, CrontabLine] = Field(
        {}, description="crontab lines in place of the jobs' own, in each company's zone"
    )
    disabled_jobs: tuple[str, ...] = Field((), description="jobs that are not wanted here")
    opt_out_jobs: tuple[str, ...] = Field((), description="jobs whose mails readers may opt out of")
    company: dict[Id, CompanySettings] = Field({}, description="what differs for one, by id")
    roles: dict[Word, Holders] = Field(
        {},
        description="who holds each role that matrices name, beside those of `recipients`: "
        "addresses, or a field of the record: " + ", ".join(FIELDS),
    )
    effects: dict[Word, Mode] = Field(
        {},
        description="what becomes of proposals, by kind: off (if left out), propose, approve or "
        "automatic",
    )
    matrices: dict[Word, Matrix] = Field(
        {}, description="who must agree to effects of the mode approve, by name: see matrix.md"
    )
    stand_ins: tuple[StandInSettings, ...] = Field(
        (), description="who decides for whom while they are away: person, by, from, until"
    )
    mail: MailSettings = Field(MailSettings(), description="when and how mails are sent")
    brand: Brand = Field(Brand(), description="how mails look")
    webhooks: dict[TargetName, TargetSettings] = Field(
        {}, description="webhooks and chats, by name"
    )
    routes: tuple[RouteSettings, ...] = Field(
        (), description="where findings go in place of mail; the first that fits"
    )
    sources: dict[SourceName, SourceSettings] = Field(
        {}, description="where events come from, by name; without any, jobs run by schedule alone"
    )
    systems: dict[RecordKind, str] = Field(
        {}, description="which system holds the truth about what: `odoo` (if left out) or a source"
    )

    @field_validator("companies")
    @classmethod
    def _named_once(cls, companies: tuple[int, ...]) -> tuple[int, ...]:
        if twice := sorted({number for number in companies if companies.count(number) > 1}):
            raise ValueError(f"names company {', '.join(map(str, twice))} more than once")
        return companies


@dataclass(frozen=True)
class Tenant:
    """A tenant with its secrets, ready to be used."""

    name: str
    settings: TenantSettings
    address: Address
    targets: Mapping[str, Target] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    def sources_of(self, *kinds: SourceKind) -> list[str]:
        """The names of the sources of these kinds."""
        return [name for name, source in self.sources.items() if source.settings.kind in kinds]

    def zone(self, company_id: int, default: str) -> ZoneInfo:
        """The company's zone: its own, else the tenant's, else the default."""
        return ZoneInfo(self._company(company_id).timezone or self.settings.timezone or default)

    def has_zone(self, company_id: int) -> bool:
        """Whether a zone is configured for the company."""
        return bool(self._company(company_id).timezone or self.settings.timezone)

    def recipients(self, company_id: int) -> Recipients:
        """Who stands behind each role in a company."""
        return self._company(company_id).recipients.over(self.settings.recipients)

    def brand(self, company_id: int) -> Brand:
        """How a company looks in its mails."""
        return self._company(company_id).brand.over(self.settings.brand)

    def language(self, reader: str, company_id: int, own: str = "") -> str:
        """The language of a reader: configured, else their account's, else their company's.

        own: their account's; one that we do not speak counts for nothing.
        """
        mail = self.settings.mail
        of_company = self._company(company_id).language or mail.language
        return mail.languages.get(reader) or (own if speaks(own) else of_company)

    def channel_kind(self, channel: str) -> ChannelKind | None:
        """The kind of a channel; None for mail, and for one that is not configured any more."""
        target = self.targets.get(channel)
        return kinds().get(target.settings.kind) if target else kinds().get(channel)

    def policy(self, job: AnyJob, company_id: int, day: date) -> Policy:
        """The job's policy in force: the tenant's values, the company's, then amendments."""
        layers = (self.settings.policies, self._company(company_id).policies)
        return in_force(
            job,
            [layer.get(job.name, {}) for layer in layers],
            [a for a in self.settings.amendments if a.concerns(job.name, company_id, day)],
            self.settings.units,
        )

    def holds(self, company_id: int, day: date) -> tuple[Hold, ...]:
        """The orders that any job's policy, or that of a business unit, puts on hold."""
        # Each look asks, so those of jobs that hold nothing are not made.
        jobs = [job for job in catalogue.jobs().values() if issubclass(job.policy, HoldingPolicy)]
        policies = (self.policy(job, company_id, day) for job in jobs)
        holding = (policy for policy in policies if isinstance(policy, HoldingPolicy))
        return tuple(
            hold for policy in holding for unit in policy.everywhere() for hold in unit.holds
        )

    def people(
        self, company_id: int, named: Mapping[str, tuple[str, ...]] | None = None
    ) -> Mapping[str, tuple[str, ...]]:
        """Who holds each role in a company, by addresses in lower case.

        named: whom fields of the record in question name, by the field; nobody if left out.
        """
        recipients = self.recipients(company_id)
        held = {role: recipients.of(role) for role in ROLES} | self.settings.roles
        return {
            role: tuple(
                person
                for each in found
                for person in ((named or {}).get(each, ()) if each in FIELDS else (each.lower(),))
            )
            for role, found in held.items()
        }

    def mode(self, kind: str, company_id: int) -> Mode:
        """What becomes of proposals of a kind in a company."""
        of_tenant = self.settings.effects.get(kind, Mode.OFF)
        return self._company(company_id).effects.get(kind, of_tenant)

    @property
    def writes(self) -> bool:
        """Whether there may be effects: of proposals in any company, or of messages into Odoo."""
        ways = {channel for route in self.settings.routes for channel in route.channels}
        return not ways.isdisjoint(in_odoo()) or bool(self.modes - {Mode.OFF})

    @property
    def modes(self) -> set[Mode]:
        """Those that any kind of effect has in any company; `off` may be left out."""
        named = [self.settings.effects, *(each.effects for each in self.settings.company.values())]
        return {mode for of_kinds in named for mode in of_kinds.values()}

    def matrix_of(self, kind: str) -> tuple[str, Matrix | None]:
        """The matrix that decides about a kind of request or effect, and its name."""
        named = self.settings.matrices.items()
        return next(((name, each) for name, each in named if kind in each.about), ("", None))

    def system_of(self, kind: RecordKind) -> str:
        """Which system holds the truth about records of a kind: Odoo, or a source by its name."""
        return self.settings.systems.get(kind, ODOO)

    def may_opt_out(self, job: str) -> bool:
        """Whether readers may opt out of a job's mails."""
        return job in self.settings.opt_out_jobs

    @property
    def company_ids(self) -> tuple[int, ...]:
        """The companies that the configuration names, and 0 for all others."""
        named = {*self.settings.companies, *self.settings.company}
        named |= {company for a in self.settings.amendments for company in a.companies}
        return (0, *sorted(named))

    def crontab(self, job: AnyJob) -> str:
        """The job's crontab line in this tenant."""
        return self.settings.schedules.get(job.name, job.cron.line)

    def _company(self, company_id: int) -> CompanySettings:
        return self.settings.company.get(company_id, _AS_ITS_TENANT)
