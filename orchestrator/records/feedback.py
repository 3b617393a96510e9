"""What people made of drafts: every working copy that was signed or rejected, with the draft it grew out of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.records.engine import reading
from orchestrator.records.tables import DRAFTS, REJECTIONS, SIGNED_REPORTS, STUDIES
from orchestrator.release import ReleaseEvent
from orchestrator.report import DraftReport
from orchestrator.signing import Rejection, SignedReport
from orchestrator.study import Study
from orchestrator.working_copy import WorkingCopy


class Judged(NamedTuple):
    """A draft, what a person made of it, and whose it is, so that names can be masked."""

    at: datetime
    copy: WorkingCopy
    draft: DraftReport
    study: Study
    rejected: bool
    reason: str | None


class FeedbackRecords:
    """Questions about what became of drafts."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def judged(self, limit: int = 5000) -> Iterator[Judged]:
        """Yield the first signature of every draft and every rejection, newest first."""
        signed = SIGNED_REPORTS.c.event == ReleaseEvent.SIGNED.value
        yield from self._of(SIGNED_REPORTS, SIGNED_REPORTS.c.signed_at, signed, limit, rejected=False)
        yield from self._of(REJECTIONS, REJECTIONS.c.at, sa.true(), limit, rejected=True)

    def last_drafts(self, limit: int) -> tuple[DraftReport, ...]:
        """Return the newest drafts of all studies, the oldest of them first."""
        query = sa.select(DRAFTS.c.document).order_by(DRAFTS.c.created_at.desc(), DRAFTS.c.study_id).limit(limit)
        with reading(self._engine) as connection:
            documents = list(connection.execute(query).scalars())
        return tuple(DraftReport.model_validate_json(document) for document in reversed(documents))

    def _of(
        self, table: sa.Table, at: sa.Column[str], wanted: sa.ColumnElement[bool], limit: int, *, rejected: bool
    ) -> Iterator[Judged]:
        draft = (DRAFTS.c.study_id == table.c.study_id) & (DRAFTS.c.revision == table.c.revision)
        query = (
            sa.select(
                at.label("at"), table.c.document, DRAFTS.c.document.label("draft"), STUDIES.c.document.label("study")
            )
            .join(DRAFTS, draft)
            .join(STUDIES, STUDIES.c.study_id == table.c.study_id)
            .where(wanted)
            .order_by(at.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            for row in connection.execute(query).mappings():
                copy, reason = _read(row["document"], rejected)
                draft_of, study = DraftReport.model_validate_json(row["draft"]), Study.model_validate_json(row["study"])
                yield Judged(datetime.fromisoformat(row["at"]), copy, draft_of, study, rejected, reason)


def _read(document: str, rejected: bool) -> tuple[WorkingCopy, str | None]:
    if rejected:
        rejection = Rejection.model_validate_json(document)
        return rejection.copy_rejected, rejection.reason
    return SignedReport.model_validate_json(document).copy_signed, None
