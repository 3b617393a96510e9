"""The report as JSON: what it is, whose it is, its sentences with their origin and citations, and its coded facts."""

from __future__ import annotations

from datetime import datetime

from orchestrator.exports.words import mark_of, notice_of, signed_by
from orchestrator.release import Release, ReleasedSection, ReleaseEvent
from orchestrator.report import Facts, Provenance
from orchestrator.study import Order, Patient, Study
from services.contract import Fact


class WrittenAddendum(Fact):
    text: str
    signed_by: str


class ReportDocument(Fact):
    """One report for a receiver that reads JSON; it names the patient.

    Of a signed report it holds what was signed and nothing of the draft but its id and how it was made.
    """

    mark: str
    """What must be shown wherever the text is: draft, signed by whom, or withdrawn."""
    notice: str
    event: ReleaseEvent
    version: int
    at: datetime
    study_id: str
    draft_id: str
    patient: Patient
    order: Order
    study_instance_uid: str
    sections: tuple[ReleasedSection, ...]
    addenda: tuple[WrittenAddendum, ...]
    signed_by: str | None
    reason: str | None
    facts: Facts
    provenance: Provenance


def render_json(release: Release, study: Study) -> str:
    """Return a report as JSON text, the same for the same release, without a null in it."""
    document = ReportDocument(
        mark=mark_of(release),
        notice=notice_of(release),
        event=release.event,
        version=release.version,
        at=release.at,
        study_id=release.study_id,
        draft_id=release.draft.draft_id,
        patient=study.patient,
        order=study.order,
        study_instance_uid=study.study_instance_uid,
        sections=release.sections,
        addenda=tuple(WrittenAddendum(text=one.text, signed_by=signed_by(one.signature)) for one in release.addenda),
        signed_by=signed_by(release.signature) if release.signature else None,
        reason=release.reason,
        facts=release.facts,
        provenance=release.provenance,
    )
    return f"{document.model_dump_json(indent=2, exclude_none=True)}\n"
