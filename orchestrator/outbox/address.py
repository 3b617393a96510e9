"""Where a connection may go: a name is resolved once, every address is held against the rules, and one is connected to.

A name that is checked and then resolved again by whoever connects can answer differently the second time (DNS
rebinding). So everything here connects to the address that was checked, and gives the name only for TLS and ``Host``.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.errors import Misconfigured, TryAgain
from orchestrator.outbox.tables import Allowed, Tls

Resolve = Callable[[str, int], Sequence[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def resolved(host: str, port: int) -> Sequence[str]:
    """Return every address of a host, IPv4 first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found}, key=lambda address: (":" in address, address))


def pinned(host: str, port: int, allowed: Allowed, resolve: Resolve = resolved) -> str:
    """Return the one address to connect to.

    Raises
    ------
    TryAgain
        If the host is not listed, has no address, or has one that is not allowed: public addresses are, private
        ones, link-local ones and this machine only where a listed network holds them.
    """
    if host not in allowed.hosts:
        raise TryAgain("the host is not in the list of those that may be spoken to")
    try:
        addresses = resolve(host, port)
    except OSError as error:
        raise TryAgain("the host has no address now") from error
    if not addresses:
        raise TryAgain("the host has no address now")
    if not all(_is_allowed(ipaddress.ip_address(one.partition("%")[0]), allowed) for one in addresses):
        raise TryAgain("the host resolves to an address that is not allowed; expected a public one or a listed network")
    return addresses[0]


def _is_allowed(address: _Address, allowed: Allowed) -> bool:
    inner = _unwrapped(address)
    if any(inner in network for network in allowed.private_networks if network.version == inner.version):
        return True
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _unwrapped(address: _Address) -> _Address:
    """An IPv4 address within an IPv6 one is where the packets really go."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return how we speak TLS: the receiver proves its name, and we ours where a certificate is given.

    Raises
    ------
    Misconfigured
        If a file cannot be read or does not hold what it should.
    """
    try:
        context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate_file:
            context.load_cert_chain(tls.certificate_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured("a TLS file of a destination cannot be read; expected PEM") from error
    return context


def secret_in(file: Path) -> bytes:
    """Return what a file keeps secret, without the line end that editors add.

    Raises
    ------
    Misconfigured
        If it cannot be read or is empty.
    """
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise Misconfigured("a secret of a destination cannot be read; expected a file with it") from error
    if not secret:
        raise Misconfigured("a secret of a destination is empty; expected a file with it")
    return secret
