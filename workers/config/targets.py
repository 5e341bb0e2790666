"""Webhooks and chats that a tenant may route messages to, and the routes themselves."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import httpx
from pydantic import Field

from tasks.declaration import Audience
from tasks.domain.findings import Severity
from tasks.domain.written import Id
from workers.config.channel_kinds import ServerKind, in_odoo, kinds
from workers.config.reach import Reach
from workers.config.signing import key_of
from workers.config.strict import Seconds, Strict

EMAIL: Final = "email"
LAST_PORT: Final = 65535
# Names become part of environment variables.
TargetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
VARIABLES: Final = re.compile(r"FLEET_[A-Z0-9_]+_WEBHOOK_[A-Z0-9_]+_(SECRET|URL)")


class TargetSettings(Strict):
    """A server: a webhook, whose secret stands in the environment; a chat, whose url is one."""

    kind: ServerKind = "webhook"
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = Field(
        None, description="may stand in the environment instead", repr=False
    )
    timeout_seconds: Seconds = Field(15, description="for one answer")


class RouteSettings(Strict):
    """Where messages go that fit all that is said here; the first route that fits wins."""

    jobs: tuple[str, ...] = Field((), description="all, if empty; likewise the next two")
    audiences: tuple[Audience, ...] = ()
    companies: tuple[Id, ...] = ()
    severity_from: Severity = Field(Severity.INFO, description="this one and worse")
    channels: tuple[str, ...] = Field(min_length=1)
    digest: bool = Field(True, description="false tells each finding at once, by itself")


@dataclass(frozen=True)
class Target:
    """A configured webhook or chat with its secrets, which stay out of the repr."""

    settings: TargetSettings
    url: str = field(repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)


def variable(tenant: str, name: str, what: str) -> str:
    """The environment variable of a target: its `url` or its `secret`."""
    return f"FLEET_{tenant}_WEBHOOK_{name}_{what}".upper()


def with_secrets(
    tenant: str, named: Mapping[str, TargetSettings], read: Callable[[str], str]
) -> Mapping[str, Target]:
    """The targets; several secrets in one variable stand apart by blanks, the newest first.

    read: the value of a variable, "" when it is not set.
    """

    def given(name: str, what: str) -> str:
        return read(variable(tenant, name, what))

    return {
        name: Target(
            settings,
            given(name, "url") or settings.url or "",
            given(name, "secret").split() if kinds()[settings.kind].signed else (),
        )
        for name, settings in named.items()
    }


def problems(
    tenant: str,
    targets: Mapping[str, Target],
    reach: Reach,
    place: Callable[[Sequence[str | int]], str],
) -> Iterator[str]:
    """What of the targets is missing or wrong; of secret values, hosts alone are repeated.

    place: how to name what stands in the file of the tenant.
    """
    for name, target in targets.items():
        url, secret = (variable(tenant, name, what) for what in ("url", "secret"))
        if not target.url:
            yield f"{url}: not set, and no url in the file; set one of them"
        elif problem := _wrong(target.url, reach):
            in_file = target.url == target.settings.url
            yield f"{place(('webhooks', name, 'url')) if in_file else url}: {problem}"
        if kinds()[target.settings.kind].signed and not target.secrets:
            yield f"{secret}: not set; give the secret that the receiver checks with"
        for number, each in enumerate(target.secrets, start=1):
            try:
                key_of(each)
            except ValueError as error:
                yield f"{secret}: number {number} {error}"


def _wrong(url: str, reach: Reach) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        return f"cannot be read as an address: {error}"
    if parts.scheme not in ("http", "https") or not parts.host:
        return "give an address that starts with https:// and names a host"
    if (parts.port or 0) > LAST_PORT:
        return f"there is no port {parts.port}"
    return reach.wrong_scheme(parts.scheme, parts.host) or reach.wrong_address(parts.host)


def misnamed(
    routes: Sequence[RouteSettings], named: Mapping[str, TargetSettings]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a name is taken or means nothing, within the tenant, and what is wrong."""
    built_in = (EMAIL, *in_odoo())
    for name in named:
        if name in built_in:
            yield ("webhooks", name), "a channel has that name already; choose another"
    known = [*built_in, *named]
    for number, route in enumerate(routes):
        for channel in route.channels:
            if channel not in known:
                there_are = ", ".join(known)
                yield (
                    ("routes", number, "channels"),
                    f"no such channel {channel!r}; there are {there_are}",
                )
