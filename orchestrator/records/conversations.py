"""What was asked and answered, turn by turn, kept with the study: masked, and for the person who asked."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.conversation.turn import Transcript, Turn
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import text_of
from orchestrator.records.tables import TURNS

NO_STUDY = ""
"""Stands in the row of a conversation without a study."""


class ConversationRecords:
    """Turns are added and never changed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def keep(self, study_id: str | None, person: str, turn: Turn) -> None:
        """Add one turn; committed when this returns."""
        row = {
            "turn_id": turn.turn_id,
            "study_id": study_id or NO_STUDY,
            "person": person,
            "at": text_of(turn.at),
            "document": turn.model_dump_json(exclude_none=True),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.insert(TURNS).values(row))

    def transcript(self, study_id: str | None, person: str) -> Transcript:
        """Return what one person asked about one study, in order; empty where nothing was."""
        query = (
            sa.select(TURNS.c.document)
            .where(TURNS.c.study_id == (study_id or NO_STUDY), TURNS.c.person == person)
            .order_by(TURNS.c.at, TURNS.c.turn_id)
        )
        with reading(self._engine) as connection:
            turns = tuple(Turn.model_validate_json(document) for document in connection.execute(query).scalars())
        return Transcript(study_id=study_id, person=person, turns=turns)
