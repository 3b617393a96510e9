"""The DICOM tables of the hospital's file: what listens, what is watched, whom we may ask for studies."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from services.contract import Fact

AETitle = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x20-\x5b\x5d-\x7e]{1,16}$")]
"""PS3.5 6.2, VR AE: at most 16 characters of the default repertoire, no backslash."""
Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class DicomListener(Fact):
    """``[dicom]``: our Application Entity, which answers C-ECHO and takes C-STORE."""

    ae_title: AETitle = "WETREAD"
    host: str = "127.0.0.1"
    port: int = Field(default=11112, ge=0, le=65535)
    """0 takes a free one; for tests."""
    calling_ae_titles: tuple[AETitle, ...] = ()
    """Who may associate; empty is anyone from an allowed address."""
    called_ae_title_checked: bool = True
    """Whether an association must be addressed to our AE title."""
    networks: tuple[Network, ...] = LOOPBACK
    """From where a connection is taken; every other one is closed before it is read."""
    associations: int = Field(default=32, ge=1, le=1000)
    """At the same time. Connections that have not asked for an association yet do not count among them."""
    associations_of_a_peer: int = Field(default=16, ge=1, le=1000)
    """The same from one address."""
    pdu_bytes: int = Field(default=131_072, ge=4096, le=1_048_576)
    """Maximum length of a P-DATA-TF PDU (PS3.8 D.1), offered and held to."""
    object_mb: int = Field(default=320, ge=1, le=4096)
    """Largest object, in MB (10^6 bytes)."""
    objects_per_s: float = Field(default=200.0, gt=0)
    """Faster than this an association is read more slowly; nothing is refused for it."""
    free_disk_mb: int = Field(default=1024, ge=0)
    """With less room on the disk objects are refused: out of resources (A700H)."""
    request_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """A connection that has not sent its whole A-ASSOCIATE-RQ by then is closed (the ARTIM timer, PS3.8 9.1.5)."""
    idle_s: float = Field(default=60.0, gt=0, le=3600)
    """An association that sends nothing for so long, between two messages or within one, is aborted."""


class StudyTimer(Fact):
    """``[arrivals]``: when a study that came object by object counts as complete."""

    quiet_s: float = Field(default=10.0, gt=0, le=3600)
    """So long nothing of the study has come."""
    at_most_s: float = Field(default=300.0, gt=0, le=86_400)
    """So long after its first object it is read in any case; what comes later is read then."""


class Stow(Fact):
    """``[stow]``: the HTTP API takes DICOMweb STOW-RS (PS3.18 10.5) at ``/dicomweb/studies``."""

    enabled: bool = True


class FolderWatch(Fact):
    """``[folder]``: files that somebody puts into a folder."""

    path: Path
    done: Path | None = None
    """Where a file goes that was taken; ``done`` in the folder when not given."""
    failed: Path | None = None
    """Where a file goes that nothing here reads; ``failed`` in the folder when not given."""
    stable_s: float = Field(default=3.0, gt=0, le=600)
    """A file is taken when its size and time have stood still for so long."""


class Messages(Fact):
    """``[messages]``: HL7 v2 and FHIR messages as they came, which name patients."""

    days: float = Field(default=30.0, gt=0, le=3650)
    """So long their text is kept. What they said of orders, patients and reports stays, and so does that they came."""


class Source(Fact):
    """``[[sources]]``: an archive that may be asked for a study and its priors."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    kind: Literal["dicomweb", "c-get", "c-move"]
    url: str | None = None
    """Of a DICOMweb service, up to and without ``/studies``."""
    authorization: str | None = None
    """The value of the Authorization header it wants."""
    ae_title: AETitle | None = None
    host: str | None = None
    port: int = Field(default=104, ge=1, le=65535)
    priors: int = Field(default=2, ge=0, le=20)
    """How many earlier chest studies of the same patient (identifier and issuer) are fetched along."""
    timeout_s: float = Field(default=60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _has_an_address(self) -> Source:
        if self.kind == "dicomweb" and not self.url:
            raise ValueError("a dicomweb source needs a url")
        if self.kind != "dicomweb" and not (self.ae_title and self.host):
            raise ValueError("a c-get or c-move source needs ae_title and host")
        return self
