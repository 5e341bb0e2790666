"""Where the fleet may connect to: the public by TLS, and what the operator names beside it.

A webhook's address may be anybody's, and what it leads to is known only once its name is resolved.
"""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

IpAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: Final = IPv4Address("127.0.0.1")
# By these networks version 6 reaches addresses of version 4.
NAT64: Final = IPv6Network("64:ff9b::/96")
# Public by their numbers, but each tells a machine of Azure or Oracle what only that may know.
INNER: Final = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))


def _parted(text: Any) -> Any:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _networks(text: Any) -> Any:
    try:
        return tuple(ip_network(part, strict=False) for part in _parted(text))
    except ValueError as error:
        raise ValueError(f"{error}; write networks like 10.20.0.0/16, 192.168.1.7/32") from None


Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_parted)]


class OutOfReach(Exception):
    """A name leads nowhere, or to where the fleet may not connect to; says what to do."""


@dataclass(frozen=True)
class Reach:
    """Where webhooks may lead, and where they may go without TLS."""

    #: Those of private addresses that they may lead into.
    networks: Sequence[Network] = ()
    #: Those asked without TLS.
    plain_hosts: Sequence[str] = ()

    def wrong_scheme(self, scheme: str, host: str) -> str:
        """Why the host may not be asked without TLS; empty where it may, or has TLS."""
        written = written_out(host)
        if scheme != "http" or host in self.plain_hosts or (written and written.is_loopback):
            return ""
        return (
            f"http:// sends keys and figures in the clear to {host}: give https://, or name the "
            "host in FLEET_PLAIN_HTTP_HOSTS"
        )

    def wrong_address(self, host: str) -> str:
        """Why the host may not be a webhook's, as far as it is known without a name server."""
        written = written_out(host)
        return self._refusal(written) if written else ""

    def addresses(self, host: str, port: int) -> Sequence[IpAddress]:
        """Where a webhook's host is, each once; all of it may be connected to.

        Raises OutOfReach where any of it may not, or the name has no address.
        """
        try:
            found = list(dict.fromkeys(_resolved(host, port)))
        except (OSError, UnicodeError) as error:
            raise OutOfReach(f"its name has no address ({error}): check its url") from None
        if refused := next(filter(None, map(self._refusal, found)), ""):
            raise OutOfReach(refused)
        return found

    def _refusal(self, address: IpAddress) -> str:
        plain = _unwrapped(address)
        if any(plain in network for network in self.networks) or _is_public(plain):
            return ""
        return (
            f"it leads to {address}, which is not a public address: correct it, or allow its "
            "network in FLEET_WEBHOOK_NETWORKS"
        )


def written_out(host: str) -> IpAddress | None:
    """The address that a host says without a name server, like 127.1 or 0x7f000001; else None."""
    if host.rstrip(".").lower().endswith("localhost"):
        return LOOPBACK
    try:
        return next(_resolved(host, None, socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return None


def _resolved(host: str, port: int | None, flags: int = 0) -> Iterator[IpAddress]:
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags):
        yield ip_address(str(place[0]))


def _unwrapped(address: IpAddress) -> IpAddress:
    """The address of version 4 that one of version 6 stands for."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: IpAddress) -> bool:
    inner = address.is_multicast or address.is_reserved or any(address in net for net in INNER)
    if isinstance(address, IPv6Address):
        inner = inner or address.is_site_local
    return address.is_global and not inner
