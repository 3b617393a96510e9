"""Where a study stands, as the API shows it."""

from __future__ import annotations

from datetime import datetime

from orchestrator.progress import Event, StudyRecord, StudyStatus
from services.contract import Fact


class Links(Fact):
    """Where the study, its progress and its draft are found."""

    self: str
    events: str
    draft: str


class StudyState(Fact):
    """Where a study stands, and the stages it went through."""

    study_id: str
    status: StudyStatus
    revision: int
    attempt: int
    accepted_at: datetime
    updated_at: datetime
    reason: str | None = None
    """Why the study was refused or failed."""
    held: bool = False
    """True while people must say whose study this is (``GET /v1/mismatches``)."""
    progress: tuple[Event, ...] = ()
    links: Links


class StudyList(Fact):
    """One page of studies, newest first."""

    studies: tuple[StudyState, ...]
    next: str | None = None
    """Ask for ``?before=`` this for the next page; absent on the last one."""


def state_of(record: StudyRecord, events: tuple[Event, ...] = ()) -> StudyState:
    """Return a study as the API shows it."""
    base = f"/v1/studies/{record.study_id}"
    return StudyState(
        **record.model_dump(),
        progress=events,
        links=Links(self=base, events=f"{base}/events", draft=f"{base}/draft"),
    )
