"""The outbox tables of the hospital's file: where reports may go, and who receives which of them in what form."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from orchestrator.exports.dicom.kinds import KINDS, ObjectKind
from orchestrator.exports.hl7v2 import OruStyle
from orchestrator.release import ReleaseEvent
from services.contract import Fact

AETitle = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x20-\x5b\x5d-\x7e]{1,16}$")]
SignedEvent = Literal["signed", "corrected", "addended"]


class Allowed(Fact):
    """``[outbox]``: which hosts may be spoken to at all, and how patiently."""

    hosts: tuple[str, ...] = ()
    """Names or addresses, as the destinations write them. Nothing else is ever connected to."""
    private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and may be reached all the same; none unless listed, this machine included."""
    attempts: int = Field(default=200, ge=1, le=10_000)
    """After so many a message is a dead letter."""
    back_off_s: float = Field(default=1.0, gt=0, le=600)
    """Wait after the first attempt; doubled each time, with jitter."""
    back_off_at_most_s: float = Field(default=600.0, gt=0, le=86_400)
    lease_s: float = Field(default=30.0, ge=0.5, le=600)
    """A message whose sender gave no sign for so long is taken over."""
    poll_s: float = Field(default=0.5, gt=0, le=60)


class Tls(Fact):
    """How a connection is encrypted, and who we say we are."""

    ca_file: Path | None = None
    """Who may have signed the receiver's certificate; the system's authorities where none is given."""
    certificate_file: Path | None = None
    """Our own certificate, for a receiver that asks for one (mutual TLS)."""
    key_file: Path | None = None
    server_name: str | None = None
    """The name in the receiver's certificate, where it is not the host's."""


class Destination(Fact):
    """What every destination says: who it is, and what it receives."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    events: tuple[SignedEvent, ...] = ("signed", "corrected", "addended")
    """A retraction goes wherever something went before it."""
    drafts: bool = False
    """Whether unsigned drafts leave for it, marked as such. Nothing unsigned leaves otherwise."""
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    at_once: int = Field(default=4, ge=1, le=64)
    """Messages on their way at the same time, each of another study."""

    @property
    def wanted(self) -> frozenset[ReleaseEvent]:
        """The events it receives."""
        drafts = {ReleaseEvent.DRAFTED} if self.drafts else set()
        return frozenset({ReleaseEvent(event) for event in self.events} | drafts)


class Mllp(Destination):
    """``kind = "mllp"``: HL7 v2 ORU^R01 over MLLP (HL7 v2.5.1, and its transport specification release 1)."""

    kind: Literal["mllp"]
    host: str
    port: int = Field(ge=1, le=65535)
    tls: Tls | None = None
    style: OruStyle = OruStyle()


class Dicom(Destination):
    """``kind = "dicom"``: C-STORE of structured report, overlays, key images and document."""

    kind: Literal["dicom"]
    host: str
    port: int = Field(default=104, ge=1, le=65535)
    called_ae_title: AETitle
    calling_ae_title: AETitle = "WETREAD"
    tls: Tls | None = None
    objects: tuple[ObjectKind, ...] = KINDS


class _Web(Destination):
    """A destination with an address on the web."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    tls: Tls = Tls()
    authorization_file: Path | None = None
    """A file with the value of the Authorization header."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)


class StowRs(_Web):
    """``kind = "stow"``: the same objects over DICOMweb (PS3.18 10.5); ``url`` up to and without ``/studies``."""

    kind: Literal["stow"]
    objects: tuple[ObjectKind, ...] = KINDS


class FhirServer(_Web):
    """``kind = "fhir"``: a transaction Bundle; ``url`` is the server's base."""

    kind: Literal["fhir"]
    pdf: bool = True


class Webhook(_Web):
    """``kind = "webhook"``: a CloudEvent, signed with a shared secret."""

    kind: Literal["webhook"]
    secret_file: Path
    content: Literal["event", "report"] = "event"
    """``event`` tells that something happened, in ids of ours; ``report`` holds the report, which names the patient."""


AnyDestination = Annotated[Mllp | Dicom | StowRs | FhirServer | Webhook, Field(discriminator="kind")]


class Outgoing(Fact):
    """Both tables together, right in themselves and with each other."""

    outbox: Allowed = Allowed()
    destinations: tuple[AnyDestination, ...] = ()

    @model_validator(mode="after")
    def _each_is_named_once_and_allowed(self) -> Self:
        names = [one.name for one in self.destinations]
        if len(names) != len(set(names)):
            raise ValueError("two destinations have the same name")
        for one in self.destinations:
            if one.host not in self.outbox.hosts:
                raise ValueError(f"the host of destination {one.name} is not in the hosts of [outbox]")
        return self
