"""One message in every form a receiver may want, each rendered when it is asked for, once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from orchestrator.exports.arrays import Arrays, read_arrays
from orchestrator.exports.dicom.kinds import KINDS, ObjectKind
from orchestrator.exports.dicom.objects import render_dicom
from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.hl7v2 import OruStyle, render_oru
from orchestrator.exports.json_report import render_json
from orchestrator.exports.pdf import render_pdf
from orchestrator.exports.text import render_text
from orchestrator.release import Release
from orchestrator.study import Study


class Letter:
    """A release and the study it belongs to, ready to be written out; it names the patient.

    Parameters
    ----------
    store
        Root of the content-addressed store, for the pictures.
    """

    def __init__(self, release: Release, study: Study, store: Path) -> None:
        self.release, self._study, self._store = release, study, store

    @cached_property
    def pdf(self) -> bytes:
        return render_pdf(self.release, self._study, self._arrays)

    def oru(self, style: OruStyle) -> bytes:
        """Return the HL7 message in the character set it declares (MSH-18)."""
        return render_oru(self.release, self._study, self.pdf if style.pdf else None, style).encode()

    def bundle(self, with_pdf: bool, drafts_were_sent: bool) -> bytes:
        """Return the FHIR transaction."""
        pdf = self.pdf if with_pdf else None
        return render_bundle(self.release, self._study, pdf, "transaction", drafts_were_sent).encode()

    def collection(self) -> str:
        """Return the FHIR bundle to read."""
        return render_bundle(self.release, self._study, self.pdf)

    def json(self) -> str:
        return render_json(self.release, self._study)

    def text(self) -> str:
        return render_text(self.release, self._study)

    def dicom(self, kinds: Collection[ObjectKind] = KINDS) -> dict[str, bytes]:
        """Return the DICOM files of these kinds by name; a retraction is one file whatever they are."""
        needs_pdf = "document" in kinds or self.release.is_retraction
        return render_dicom(self.release, self._study, self._arrays, self.pdf if needs_pdf else b"", kinds)

    @cached_property
    def _arrays(self) -> Arrays:
        return read_arrays(self.release, self._study, self._store)
