"""The life of a report after the draft, as one table, and what each step makes.

::

                 save   sign     correct    addend     reject     reopen
    draft        draft  signed   -          -          rejected   draft
    signed       same   -        corrected  addended   rejected   same
    corrected    same   -        corrected  addended   rejected   same
    addended     same   -        corrected  addended   rejected   same
    rejected     -      -        -          -          -          draft

Only a person with the role takes a step but ``reopen``, which begins a next revision: the software's next draft is
another draft, and what was signed stands until a person corrects or rejects it. Signed is a report of another type,
:class:`SignedReport`, and nothing but :func:`sign`, :func:`correct` and :func:`addend` makes one.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from orchestrator.access import How, Person
from orchestrator.errors import NoSuchStep, NotAllowed, RefusedInput
from orchestrator.release import (
    SIGNED_EVENTS,
    Addendum,
    Release,
    ReleasedSection,
    ReleasedSentence,
    ReleaseEvent,
    Signature,
    release_of_addendum,
    release_of_signed,
)
from orchestrator.report import DraftReport
from orchestrator.working_copy import Decision, WorkingCopy, standing
from services.contract import Fact


class ReportState(StrEnum):
    """Where the report of a study stands."""

    DRAFT = "draft"
    """The software's draft, or a person's working copy of it; nobody has signed."""
    SIGNED = "signed"
    CORRECTED = "corrected"
    ADDENDED = "addended"
    REJECTED = "rejected"

    @property
    def is_signed(self) -> bool:
        """Whether a signed report is in force."""
        return self in {ReportState.SIGNED, ReportState.CORRECTED, ReportState.ADDENDED}


class Act(StrEnum):
    """A step of a report's life."""

    SAVE = "save"
    SIGN = "sign"
    CORRECT = "correct"
    ADDEND = "addend"
    REJECT = "reject"
    REOPEN = "reopen"


_AFTER_SIGNING = {
    Act.CORRECT: ReportState.CORRECTED,
    Act.ADDEND: ReportState.ADDENDED,
    Act.REJECT: ReportState.REJECTED,
}
NEXT: dict[ReportState, dict[Act, ReportState]] = {
    ReportState.DRAFT: {
        Act.SAVE: ReportState.DRAFT,
        Act.SIGN: ReportState.SIGNED,
        Act.REJECT: ReportState.REJECTED,
        Act.REOPEN: ReportState.DRAFT,
    },
    **{
        state: {Act.SAVE: state, **_AFTER_SIGNING, Act.REOPEN: state}
        for state in (ReportState.SIGNED, ReportState.CORRECTED, ReportState.ADDENDED)
    },
    ReportState.REJECTED: {Act.REOPEN: ReportState.DRAFT},
}
"""From a state, by an act, to a state; what is not here cannot happen."""


def next_state(state: ReportState, act: Act) -> ReportState:
    """Return where an act leads.

    Raises
    ------
    NoSuchStep
        If there is no such step from here.
    """
    if act not in NEXT[state]:
        possible = ", ".join(NEXT[state])
        raise NoSuchStep(f"the report is {state}; from there one can {possible}, not {act}")
    return NEXT[state][act]


class SignedReport(Fact):
    """What a person signed: one version, never changed again. A correction or an addendum is the next version."""

    study_id: str
    version: int = Field(ge=1)
    """Counts the signed versions of a study."""
    event: ReleaseEvent
    revision: int = Field(ge=1)
    draft_id: str
    """The draft it grew out of."""
    sections: tuple[ReleasedSection, ...]
    copy_signed: WorkingCopy
    """Every decision as it was at the signature, rejected sentences included."""
    signature: Signature
    addenda: tuple[Addendum, ...] = ()
    reason: str | None = None
    """Why it was corrected."""
    content_sha256: str = ""
    """Over everything above; see :func:`content_sha256`."""

    @model_validator(mode="after")
    def _is_what_was_signed(self) -> Self:
        if self.event not in SIGNED_EVENTS:
            raise ValueError("a signed report is signed, corrected or addended")
        if self.content_sha256 != content_sha256(self):
            raise ValueError("the content is not what was signed: its hash differs")
        return self


class Rejection(Fact):
    """That a person rejected a draft, or withdrew what was signed."""

    study_id: str
    revision: int = Field(ge=1)
    draft_id: str
    version: int = Field(ge=0)
    """The signed version that is withdrawn; 0 where nobody had signed."""
    copy_rejected: WorkingCopy
    subject: str
    name: str
    at: datetime
    reason: str


def content_sha256(report: SignedReport) -> str:
    """Return the SHA-256 of what a signature stands for: canonical JSON of everything but the hash itself."""
    content = report.model_dump(mode="json", exclude={"content_sha256"})
    said = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def signature_of(person: Person, name: str | None, at: datetime, organization: str | None = None) -> Signature:
    """Return a signature, which only a human with the role can give.

    Parameters
    ----------
    name
        As the person gives it; needed only where nobody was asked who it is (local mode), ignored elsewhere.

    Raises
    ------
    NotAllowed
        If a program, or somebody without the role, is about to sign.
    RefusedInput
        If nobody is named.
    """
    if not person.may_sign:
        raise NotAllowed("only a person with the role radiologist can sign; a program cannot")
    signer = person.name or (name if person.how is How.LOCAL else None)
    if not signer or not signer.strip():
        raise RefusedInput("a signature needs the name of the person who signs")
    return Signature(name=signer.strip(), subject=person.subject, at=at, organization=organization)


def sign(copy: WorkingCopy, signature: Signature, version: int) -> SignedReport:
    """Make what stands of the working copy a signed report."""
    return _sealed(
        study_id=copy.study_id,
        version=version,
        event=ReleaseEvent.SIGNED,
        revision=copy.revision,
        draft_id=copy.draft_id,
        sections=_sections(copy),
        copy_signed=copy,
        signature=signature,
    )


def correct(last: SignedReport, copy: WorkingCopy, signature: Signature, reason: str) -> SignedReport:
    """Replace a signed report that was wrong; its addenda stay."""
    made = sign(copy, signature, last.version + 1)
    return _sealed(
        **{**dict(made), "event": ReleaseEvent.CORRECTED, "addenda": last.addenda, "reason": reason},
    )


def addend(last: SignedReport, text: str, signature: Signature) -> SignedReport:
    """Add to a signed report that stands as it is."""
    addenda = (*last.addenda, Addendum(text=text, signature=signature))
    return _sealed(
        **{
            **dict(last),
            "event": ReleaseEvent.ADDENDED,
            "version": last.version + 1,
            "addenda": addenda,
            "reason": None,
        }
    )


def release_of(signed: SignedReport, draft: DraftReport, before: Release | None) -> Release:
    """Return a signed report as it leaves the house.

    Parameters
    ----------
    before
        The release of the version before, which a correction or an addendum continues.
    """
    if signed.event is ReleaseEvent.ADDENDED and before is not None:
        return release_of_addendum(before, signed.addenda[-1])
    rejected = frozenset(one.id for one in signed.copy_signed.findings if one.decision is Decision.REJECTED)
    continued = before if signed.event is ReleaseEvent.CORRECTED else None
    made = release_of_signed(draft, signed.sections, signed.signature, continued, signed.reason, rejected=rejected)
    return made.model_copy(update={"version": signed.version})


def _sealed(**content: object) -> SignedReport:
    unsealed = SignedReport.model_construct(**{**content, "content_sha256": ""})  # type: ignore[arg-type]
    return SignedReport.model_validate({**dict(unsealed), "content_sha256": content_sha256(unsealed)})


def _sections(copy: WorkingCopy) -> tuple[ReleasedSection, ...]:
    return tuple(
        ReleasedSection(
            name=name,
            sentences=tuple(
                ReleasedSentence(text=one.text, citations=one.citations, origin=one.origin) for one in sentences
            ),
        )
        for name, sentences in standing(copy)
    )
