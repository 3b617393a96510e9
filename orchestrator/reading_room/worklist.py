"""The worklist: which study a radiologist should open next, and why.

A rule decides the order, never a model's opinion: what a table calls urgent comes first, by the time it must have
been read; then what no machine has read; then the rest, oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from orchestrator.exports.words import header_of
from orchestrator.progress import StudyStatus
from orchestrator.records.worklist import Listed, Standing
from orchestrator.report import DraftReport, Urgency
from orchestrator.signing import ReportState
from services.contract import Fact, Presence
from services.contract.phrasing import label_text

_URGENT = {"minutes": 0, "hours": 1, "days": 3}
_WAITING = {
    StudyStatus.FAILED: 2,
    StudyStatus.DRAFTED: 4,
    StudyStatus.REFUSED: 5,
    StudyStatus.RUNNING: 6,
    StudyStatus.QUEUED: 7,
}
_DONE = 9


class Rank(Fact):
    """Where a study stands in the list: groups in order, and within a group by time."""

    group: int
    at: datetime


class WorklistRow(Fact):
    """One study as the worklist shows it. It names the patient: for people with a role, never for a log."""

    study_id: str
    status: StudyStatus
    revision: int
    attempt: int
    accepted_at: datetime
    updated_at: datetime
    held: bool = False
    """Not drafted until a person has decided whose it is."""
    reason: str | None = None
    """What failed or was refused, and why."""
    patient: str | None = None
    patient_id: str | None = None
    age: str | None = None
    sex: str | None = None
    accession_number: str | None = None
    procedure: str | None = None
    modalities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    """What the draft calls present, in words."""
    not_assessed: int = 0
    """How many things the draft does not assess or reads with reserve, as the page lists them: each once a reason."""
    urgency: Urgency | None = None
    due_at: datetime | None = None
    """By when a rule wants it read."""
    report: ReportState | None = None
    """Where the report stands once a person has worked on it."""
    report_number: int = 0
    """Counts its steps: another number is another report."""
    rank: Rank


class Worklist(Fact):
    """Studies in the order in which they should be read."""

    studies: tuple[WorklistRow, ...]


def row_of(standing: Standing, listed: Listed) -> WorklistRow:
    """Return the row of one study."""
    (study, draft), record = listed, standing.record
    said = {field.name: field.value for field in header_of(study)}
    images = [instance.image for series in study.series for instance in series.instances]
    urgency = _urgency(standing, draft)
    due_at = record.accepted_at + timedelta(minutes=urgency.within_minutes) if urgency else None
    return WorklistRow(
        **record.model_dump(include=set(WorklistRow.model_fields)),
        patient=said.get("Patient"),
        patient_id=said.get("Patient ID"),
        age=said.get("Age at the study"),
        sex=said.get("Sex"),
        accession_number=said.get("Accession number"),
        procedure=said.get("Procedure"),
        modalities=_distinct(series.modality for series in study.series),
        views=_distinct(image.view_position for image in images),
        present=_present(listed),
        not_assessed=len({(one.reason, one.what) for one in draft.facts.limitations}) if draft else 0,
        urgency=urgency,
        due_at=due_at,
        report=standing.report,
        report_number=standing.number,
        rank=rank_of(standing, urgency, due_at),
    )


def rank_of(standing: Standing, urgency: Urgency | None, due_at: datetime | None) -> Rank:
    """Return the place of a study: urgent by rule and read by nobody, then unread by any machine, then by age."""
    record = standing.record
    if standing.report not in {None, ReportState.DRAFT}:
        return Rank(group=_DONE, at=record.updated_at)
    if urgency is not None and due_at is not None and not urgency.acknowledgement:
        return Rank(group=_URGENT[urgency.level], at=due_at)
    return Rank(group=_WAITING[record.status], at=record.accepted_at)


def _urgency(standing: Standing, draft: DraftReport | None) -> Urgency | None:
    if draft is None or draft.urgency is None:
        return None
    return draft.urgency.model_copy(update={"acknowledgement": standing.acknowledgement})


def _present(listed: Listed) -> tuple[str, ...]:
    if listed.draft is None:
        return ()
    findings = [one for one in listed.draft.facts.findings if one.presence is Presence.PRESENT]
    return _distinct(
        " ".join(str(word) for word in (one.severity, one.laterality, label_text(one.code)) if word) for one in findings
    )


def _distinct(words: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
