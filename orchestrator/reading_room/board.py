"""The worklist as it stands now, shared by everyone who looks at it."""

from __future__ import annotations

import threading

from orchestrator.progress import StudyRecord
from orchestrator.reading_room.worklist import Worklist, WorklistRow, row_of
from orchestrator.records import Records


class WorklistBoard:
    """Makes rows and keeps them until their study moves, so that a look costs one query without documents.

    Safe to use from several threads.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._rows: dict[str, tuple[StudyRecord, WorklistRow]] = {}
        self._looking = threading.Lock()

    def look(self, limit: int = 500) -> Worklist:
        """Return the newest ``limit`` studies in the order in which they should be read."""
        with self._looking:
            states = self._records.worklist.states(limit)
            moved = [state for state in states if self._kept(state) is None]
            listed = self._records.worklist.listed(state.study_id for state in moved) if moved else {}
            made = {s.study_id: (s, row_of(s, listed[s.study_id])) for s in moved if s.study_id in listed}
            known = {**self._rows, **made}
            self._rows = {state.study_id: known[state.study_id] for state in states if state.study_id in known}
            rows = [row for _, row in self._rows.values()]
        return Worklist(studies=tuple(sorted(rows, key=lambda row: (row.rank.group, row.rank.at, row.study_id))))

    def _kept(self, state: StudyRecord) -> WorklistRow | None:
        kept = self._rows.get(state.study_id)
        return kept[1] if kept is not None and kept[0] == state else None
