"""Earlier examinations of a patient: reports that were sent to us, and what our own drafts found."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from orchestrator.orders.incoming import EarlierReport
from orchestrator.orders.issuers import Who
from orchestrator.progress import StudyStatus
from orchestrator.records.patients import People
from orchestrator.records.rows import text_of
from orchestrator.records.tables import DRAFTS, EARLIER_REPORTS, REPORTED_PATIENTS, REPORTS, STUDIES, STUDY_NUMBERS
from orchestrator.report import DraftReport
from orchestrator.signing import ReportState
from orchestrator.study import EarlierExamination, Study
from orchestrator.working_copy import Decision, WorkingCopy
from services.contract import Finding

_LOOKED_AT = 40
"""Newest rows of each kind that are read; more of one patient are passed over."""


def keep_report(connection: sa.Connection, report: EarlierReport) -> None:
    """Keep a report under its number; a later one with the number replaces it, a withdrawn one is forgotten."""
    query = sa.select(EARLIER_REPORTS.c.report_id).where(EARLIER_REPORTS.c.key == report.key)
    known = connection.execute(query).scalar_one_or_none()
    if known is not None:
        for table in (REPORTED_PATIENTS, EARLIER_REPORTS):
            connection.execute(sa.delete(table).where(table.c.report_id == known))
    if report.withdrawn:
        return
    report_id = known or secrets.token_hex(16)
    row = {"report_id": report_id, "key": report.key, "performed_at": _stored(report.performed_at)}
    connection.execute(sa.insert(EARLIER_REPORTS).values({**row, "document": report.model_dump_json()}))
    for value in dict.fromkeys(identifier.value for identifier in report.patient.identifiers):
        connection.execute(sa.insert(REPORTED_PATIENTS).values({"report_id": report_id, "patient_id": value}))


def earlier_examinations(
    connection: sa.Connection, people: People, study: Study, limit: int
) -> tuple[EarlierExamination, ...]:
    """Return what is known of examinations before a study's day, newest first.

    Without a day or a patient identifier of the study there is nothing to compare with.
    """
    who = people.of_study(connection, study.patient)
    if who is None or study.study_datetime is None:
        return ()
    found = [*_reports(connection, people, study, who), *_own(connection, people, study, who)]
    before = [one for one in found if one.performed_at.date() < study.study_datetime.date()]
    return tuple(sorted(before, key=lambda one: (one.performed_at.date(), one.examination_id), reverse=True)[:limit])


def _reports(connection: sa.Connection, people: People, study: Study, who: Who) -> Iterator[EarlierExamination]:
    query = (
        sa.select(EARLIER_REPORTS)
        .join(REPORTED_PATIENTS, REPORTED_PATIENTS.c.report_id == EARLIER_REPORTS.c.report_id)
        .where(REPORTED_PATIENTS.c.patient_id.in_(people.values(connection, who)))
        .order_by(EARLIER_REPORTS.c.performed_at.desc())
        .limit(_LOOKED_AT)
    )
    for row in {row.report_id: row for row in connection.execute(query)}.values():
        report = EarlierReport.model_validate_json(row.document)
        of_this_study = report.study_instance_uid == study.study_instance_uid or (
            report.accession_number is not None and report.accession_number == study.order.accession_number
        )
        if not of_this_study and _is_of_the_chest(report) and who in people.of_order(connection, report.patient):
            yield EarlierExamination(examination_id=row.report_id, performed_at=report.performed_at, text=report.text)


def _own(connection: sa.Connection, people: People, study: Study, who: Who) -> Iterator[EarlierExamination]:
    """Our own studies that were drafted, without what a person rejected; one whose patient is in question is none."""
    query = (
        sa.select(
            *(STUDIES.c.study_id, STUDIES.c.document, DRAFTS.c.document.label("draft")),
            *(REPORTS.c.state, REPORTS.c.document.label("copy")),
        )
        .join(STUDY_NUMBERS, STUDY_NUMBERS.c.study_id == STUDIES.c.study_id)
        .join(DRAFTS, (DRAFTS.c.study_id == STUDIES.c.study_id) & (DRAFTS.c.revision == STUDIES.c.revision))
        .outerjoin(REPORTS, REPORTS.c.study_id == STUDIES.c.study_id)
        .where(
            STUDY_NUMBERS.c.patient_id.in_(people.values(connection, who)),
            STUDY_NUMBERS.c.study_instance_uid != study.study_instance_uid,
            STUDIES.c.study_id != study.study_id,
            STUDIES.c.status == StudyStatus.DRAFTED,
            STUDIES.c.held.is_(False),
            REPORTS.c.state.is_(None) | (REPORTS.c.state != ReportState.REJECTED),
        )
        .order_by(STUDY_NUMBERS.c.performed_at.desc())
        .limit(_LOOKED_AT)
    )
    for row in connection.execute(query):
        other = Study.model_validate_json(row.document)
        if other.study_datetime is None or people.of_study(connection, other.patient) != who:
            continue
        findings = _believed(DraftReport.model_validate_json(row.draft), row.copy)
        yield EarlierExamination(examination_id=row.study_id, performed_at=other.study_datetime, findings=findings)


def _believed(draft: DraftReport, kept: str | None) -> tuple[Finding, ...]:
    """Return what a draft found and no person took back."""
    copy = WorkingCopy.model_validate_json(kept) if kept else None
    if copy is None or copy.draft_id != draft.draft_id:
        return draft.facts.findings
    taken_back = {one.id for one in copy.findings if one.decision is Decision.REJECTED}
    return tuple(one for one in draft.facts.findings if one.finding_id not in taken_back)


def _is_of_the_chest(report: EarlierReport) -> bool:
    """A report of another part of the body says nothing of the chest, not even that it was looked at."""
    said = report.procedure or report.text
    return re.search(r"chest|thora|\bcxr|\bthx|lung|pulmon", said, re.IGNORECASE) is not None


def _stored(moment: datetime) -> str:
    return text_of(moment) if moment.tzinfo else moment.isoformat()
