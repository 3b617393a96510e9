"""How one installation is connected to its hospital: one TOML file, read once, wrong in nothing.

``WETREAD_HOSPITAL`` names the file; ``deploy/hospital.toml`` shows every table, switched off. Without a file nothing
listens and nothing is sent.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from orchestrator.errors import Misconfigured
from orchestrator.gateway.fhir.tables import FhirSource
from orchestrator.gateway.hl7.tables import Hl7Listener
from orchestrator.gateway.tables import DicomListener, FolderWatch, Messages, Source, Stow, StudyTimer
from orchestrator.knowledge.settings import Knowledge
from orchestrator.orders.issuers import Issuers
from orchestrator.outbox.tables import Outgoing


class Hospital(Outgoing):
    """Listeners and destinations of one installation."""

    dicom: DicomListener | None = None
    stow: Stow | None = None
    folder: FolderWatch | None = None
    arrivals: StudyTimer = StudyTimer()
    sources: tuple[Source, ...] = ()
    hl7: tuple[Hl7Listener, ...] = ()
    fhir: tuple[FhirSource, ...] = ()
    orders: Issuers = Issuers()
    messages: Messages = Messages()
    knowledge: Knowledge = Knowledge()

    @property
    def listens(self) -> bool:
        """Whether anything here is the business of :mod:`orchestrator.gateway`."""
        return any((self.dicom, self.stow, self.folder, self.sources, self.hl7, self.fhir))


def read_hospital(path: Path | None) -> Hospital:
    """Return how this installation is connected; nothing without a file.

    Raises
    ------
    Misconfigured
        If the file cannot be read or says what no installation can do. The message names the place, never the value.
    """
    if path is None:
        return Hospital()
    try:
        return Hospital.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise Misconfigured("WETREAD_HOSPITAL cannot be read; expected a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured("WETREAD_HOSPITAL is not TOML") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(f"WETREAD_HOSPITAL: {faults}") from None
