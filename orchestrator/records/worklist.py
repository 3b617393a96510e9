"""What the worklist is made of: where every study stands, and the documents behind a few of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.progress import StudyRecord
from orchestrator.records.engine import reading
from orchestrator.records.tables import ACKNOWLEDGEMENTS, DRAFTS, REPORTS, STUDIES
from orchestrator.report import Acknowledgement, DraftReport
from orchestrator.signing import ReportState
from orchestrator.study import Study

_STATE = [STUDIES.c[name] for name in StudyRecord.model_fields]


class Standing(NamedTuple):
    """Where a study and its report stand."""

    record: StudyRecord
    report: ReportState | None
    """``None`` while nobody has worked on it."""
    number: int
    """Steps that the report has taken; 0 while nobody has worked on it."""
    acknowledgement: Acknowledgement | None


class Listed(NamedTuple):
    """One study with the person it belongs to, and its draft where there is one."""

    study: Study
    draft: DraftReport | None


class WorklistRecords:
    """Questions over many studies at once."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def standings(self, limit: int) -> tuple[Standing, ...]:
        """Return where the newest studies stand, newest first; no study and no draft is read."""
        read = (ACKNOWLEDGEMENTS.c.study_id == STUDIES.c.study_id) & (ACKNOWLEDGEMENTS.c.revision == STUDIES.c.revision)
        query = (
            sa.select(*_STATE, REPORTS.c.state, REPORTS.c.number, ACKNOWLEDGEMENTS.c.document.label("acknowledged"))
            .join(REPORTS, REPORTS.c.study_id == STUDIES.c.study_id, isouter=True)
            .join(ACKNOWLEDGEMENTS, read, isouter=True)
            .order_by(STUDIES.c.accepted_at.desc(), STUDIES.c.study_id.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_standing(row) for row in connection.execute(query).mappings())

    def listed(self, study_ids: Iterable[str]) -> dict[str, Listed]:
        """Return these studies with the draft of their current revision; unknown ones are left out."""
        query = (
            sa.select(STUDIES.c.study_id, STUDIES.c.document, DRAFTS.c.document.label("draft"))
            .join(
                DRAFTS,
                (DRAFTS.c.study_id == STUDIES.c.study_id) & (DRAFTS.c.revision == STUDIES.c.revision),
                isouter=True,
            )
            .where(STUDIES.c.study_id.in_(tuple(study_ids)))
        )
        with reading(self._engine) as connection:
            return {
                row.study_id: Listed(
                    Study.model_validate_json(row.document),
                    DraftReport.model_validate_json(row.draft) if row.draft else None,
                )
                for row in connection.execute(query)
            }

    def earlier(self, study: Study, limit: int = 8) -> tuple[Study, ...]:
        """Return studies of the same person taken before this one, latest first.

        The same person is the same Patient ID under the same issuer (PS3.3 C.7.1.1); a study without a Patient ID, or
        without a time, has nothing that is surely earlier.
        """
        person, taken = study.patient, study.study_datetime
        if not person.patient_id or taken is None:
            return ()
        named = f'"patient_id":{json.dumps(person.patient_id, ensure_ascii=False)}'
        query = (
            sa.select(STUDIES.c.document)
            .where(STUDIES.c.document.contains(named, autoescape=True), STUDIES.c.study_id != study.study_id)
            .order_by(STUDIES.c.accepted_at.desc())
            .limit(100)
        )
        with reading(self._engine) as connection:
            found = [Study.model_validate_json(document) for document in connection.execute(query).scalars()]
        before = [(one.study_datetime, one) for one in found if _same_person(one, study) and one.study_datetime]
        older = [(when, one) for when, one in before if _naive(when) < _naive(taken)]
        return tuple(one for _, one in sorted(older, key=lambda pair: _naive(pair[0]), reverse=True)[:limit])


def _standing(said: sa.RowMapping) -> Standing:
    acknowledged = said["acknowledged"]
    return Standing(
        record=StudyRecord.model_validate({name: said[name] for name in StudyRecord.model_fields}),
        report=ReportState(said["state"]) if said["state"] else None,
        number=said["number"] or 0,
        acknowledgement=Acknowledgement.model_validate_json(acknowledged) if acknowledged else None,
    )


def _same_person(one: Study, other: Study) -> bool:
    a, b = one.patient, other.patient
    return (a.patient_id, a.issuer_of_patient_id) == (b.patient_id, b.issuer_of_patient_id)


def _naive(when: datetime) -> datetime:
    """A time without a zone is the hospital's own, as is every other."""
    return when.replace(tzinfo=None)
