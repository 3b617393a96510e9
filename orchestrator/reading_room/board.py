"""The worklist as it stands now, shared by everyone who looks at it."""

from __future__ import annotations

import threading

from orchestrator.reading_room.worklist import Worklist, WorklistRow, row_of
from orchestrator.records import Records
from orchestrator.records.worklist import Standing


class WorklistBoard:
    """Makes rows and keeps them until their study moves, so that a look costs one query without documents.

    Safe to use from several threads.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._rows: dict[str, tuple[Standing, WorklistRow]] = {}
        self._looking = threading.Lock()

    def look(self, limit: int = 500) -> Worklist:
        """Return the newest ``limit`` studies in the order in which they should be read."""
        with self._looking:
            standings = {one.record.study_id: one for one in self._records.worklist.standings(limit)}
            moved = [study_id for study_id, standing in standings.items() if not self._keeps(study_id, standing)]
            listed = self._records.worklist.listed(moved) if moved else {}
            made = {
                study_id: (standings[study_id], row_of(standings[study_id], one)) for study_id, one in listed.items()
            }
            known = {**self._rows, **made}
            self._rows = {study_id: known[study_id] for study_id in standings if study_id in known}
            rows = [row for _, row in self._rows.values()]
        return Worklist(studies=tuple(sorted(rows, key=lambda row: (row.rank.group, row.rank.at, row.study_id))))

    def _keeps(self, study_id: str, standing: Standing) -> bool:
        return study_id in self._rows and self._rows[study_id][0] == standing
