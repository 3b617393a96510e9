"""The HL7 v2 tables of the hospital's file."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from services.contract import Fact

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
Place = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{2}-\d{1,3}(\.\d{1,2})?$")]
"""A field, and a component of it: ``OBR-18``, ``ORC-3.1``."""
ACCESSION: tuple[str, ...] = ("IPC-1", "OBR-18", "ORC-3", "OBR-3")
"""Where the accession number stands: OMI^O23 says it in IPC-1 (IHE RAD TF-2 4.4), ORM^O01 in OBR-18; a system that
knows neither means its filler order number."""


class ServerTls(Fact):
    """Our certificate, and whose certificates we ask for."""

    certificate: Path
    key: Path
    client_authority: Path | None = None
    """With it only a sender with a certificate of this authority may speak (mutual TLS)."""


class Hl7Listener(Fact):
    """``[[hl7]]``: a port that takes HL7 v2 messages over MLLP."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    host: str = "127.0.0.1"
    port: int = Field(default=2575, ge=0, le=65535)
    """2575 is registered for HL7; 0 takes a free one, for tests."""
    networks: tuple[Network, ...] = LOOPBACK
    """From where a connection is taken; every other one is closed before it is read."""
    tls: ServerTls | None = None
    connections: int = Field(default=64, ge=1, le=1000)
    message_mb: float = Field(default=8.0, gt=0, le=64)
    """Largest message, in MB (10^6 bytes); a larger one is answered with AR."""
    message_s: float = Field(default=30.0, gt=0, le=600)
    """A message that has begun must have ended by then, and a reply must have been taken."""
    idle_s: float = Field(default=3600.0, gt=0)
    """A connection on which nothing came for so long is closed."""
    charset: str | None = None
    """What is meant where MSH-18 is empty, as MSH-18 would say it; without it UTF-8 where the bytes are UTF-8, else
    8859/1."""
    accession: tuple[Place, ...] = ACCESSION
    """Where the accession number stands; the first that is filled holds."""
    processing_ids: frozenset[Literal["P", "T", "D"]] = frozenset({"P"})
    """MSH-11: production, training, debugging. Every other message is answered with AR."""

    @model_validator(mode="after")
    def _charset_is_known(self) -> Hl7Listener:
        from orchestrator.gateway.hl7.charsets import codec_of

        if self.charset is not None and codec_of(self.charset) is None:
            raise ValueError("charset is none of table 0211; expected such as 8859/1 or UNICODE UTF-8")
        return self

    def lets_in(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether a connection from this address is taken."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self.networks)
