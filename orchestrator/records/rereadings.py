"""What people asked the specialists to look at again: one wish a revision."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.progress import StudyRecord
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import reopen
from orchestrator.records.tables import REREADINGS
from orchestrator.rereading import Rereading


class Rereadings:
    """The wishes of one installation."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, study_id: str, rereading: Rereading) -> StudyRecord:
        """Begin the next revision of a study, in which its film is read as wished; committed when this returns."""
        with writing(self._engine) as connection:
            record = reopen(connection, study_id, f"a person had it read again with {rereading.in_words}")
            row = {"study_id": study_id, "revision": record.revision, "document": rereading.model_dump_json()}
            connection.execute(sa.insert(REREADINGS).values(row))
            return record

    def of(self, study_id: str, revision: int) -> Rereading | None:
        """Return what was wished for this revision; ``None`` where it reads the film as it came."""
        query = sa.select(REREADINGS.c.document).where(
            REREADINGS.c.study_id == study_id, REREADINGS.c.revision == revision
        )
        with reading(self._engine) as connection:
            document = connection.execute(query).scalar_one_or_none()
        return Rereading.model_validate_json(document) if document else None
