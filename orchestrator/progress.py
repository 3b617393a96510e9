"""Where a study stands, and the numbered story of how it got there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.contract import Fact


class StudyStatus(StrEnum):
    """The life of a study until there is a draft. A draft has no status."""

    QUEUED = "queued"
    RUNNING = "running"
    DRAFTED = "drafted"
    FAILED = "failed"
    """Tried as often as allowed; what came with the study is kept."""
    REFUSED = "refused"
    """No image of the study can be read here; the draft says only what was not assessed, and why."""

    @property
    def is_final(self) -> bool:
        """True when no more work is to be done for this revision."""
        return self in {StudyStatus.DRAFTED, StudyStatus.FAILED, StudyStatus.REFUSED}


class StudyRecord(Fact):
    """What may be told of a study: nothing that names a person."""

    study_id: str
    status: StudyStatus
    revision: int = Field(ge=1)
    accepted_at: datetime
    updated_at: datetime
    attempt: int = Field(default=0, ge=0)
    reason: str | None = None
    """Why a study failed or was refused."""
    held: bool = False
    """True while people must say whose study this is: nothing is read, signed or sent until then."""

    @property
    def may_be_worked_on(self) -> bool:
        """True when a worker may draft it now."""
        return not (self.held or self.status.is_final)


class EventKind(StrEnum):
    QUEUED = "queued"
    ORDERED = "ordered"
    """An order met the study, or its words changed."""
    HELD = "held"
    """An order that may be meant names another patient; people must look."""
    FREED = "freed"
    """They did, or the order was put right."""
    RUNNING = "running"
    STAGE = "stage"
    RETRY = "retry"
    DRAFTED = "drafted"
    FAILED = "failed"
    REFUSED = "refused"
    SAVED = "saved"
    """A person saved a working copy of the report; from here on the kinds tell of its life after the draft."""
    RENEWED = "renewed"
    """A person took the latest draft into the working copy."""
    SIGNED = "signed"
    CORRECTED = "corrected"
    ADDENDED = "addended"
    REJECTED = "rejected"
    ACKNOWLEDGED = "acknowledged"
    """A person has read an urgent draft."""


class Event(Fact):
    """One step forward of one study; numbers start at 1 and have no gap."""

    study_id: str
    number: int = Field(ge=1)
    at: datetime
    kind: EventKind
    revision: int = Field(ge=1)
    attempt: int = Field(default=0, ge=0)
    stage: str | None = None
    seconds: float | None = Field(default=None, ge=0)
    detail: str | None = None

    @property
    def is_final(self) -> bool:
        """True when nothing follows for this revision."""
        return self.kind in {EventKind.DRAFTED, EventKind.FAILED, EventKind.REFUSED}
