"""One version of a report as it leaves the house: an unsigned draft, what a person signed, or its retraction.

A release is frozen at the event that made it, and rendered from then on: whoever receives it, and however often, reads
the same words. It holds nothing that names the patient; exports join the identity when they write.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestrator.report import Author, Citation, DraftReport, Facts, FollowUp, Provenance, SectionName, Urgency
from services.contract import Fact


class ReleaseEvent(StrEnum):
    """What happened to a report, and so which message leaves."""

    DRAFTED = "drafted"
    """Software wrote a draft; it leaves only where a destination opted in."""
    SIGNED = "signed"
    CORRECTED = "corrected"
    """A signed report was wrong; this version replaces it."""
    ADDENDED = "addended"
    """Something was added to a signed report that stands as it is."""
    REJECTED = "rejected"
    """A person rejected it: what was sent is retracted."""


SIGNED_EVENTS = frozenset({ReleaseEvent.SIGNED, ReleaseEvent.CORRECTED, ReleaseEvent.ADDENDED})


class Signature(Fact):
    """Who signed, as the person gave the name, and when."""

    name: str = Field(min_length=1)
    """As the person signed, such as ``Dr Ada Nowak``."""
    subject: str = Field(min_length=1)
    """The account that signed; stays in the house."""
    at: datetime
    organization: str | None = None


class ReleasedSentence(Fact):
    """One sentence, and whose words it is."""

    text: str = Field(min_length=1)
    citations: tuple[Citation, ...] = ()
    """Empty where a person wrote it."""
    origin: Literal["language_model", "plain", "edited", "person"]
    """``plain`` is this program's own rendering of a finding; ``edited`` a sentence of either that a person changed."""

    @property
    def author(self) -> str:
        """Whose words, as :class:`orchestrator.report.Sentence` says it."""
        return self.origin


class ReleasedSection(Fact):
    name: SectionName
    sentences: tuple[ReleasedSentence, ...]


class Addendum(Fact):
    """What was added to a signed report, by whom, and when."""

    text: str = Field(min_length=1)
    signature: Signature


class Release(Fact):
    """A report as it leaves; a draft's release has no signature, a signed one always has."""

    event: ReleaseEvent
    version: int = Field(ge=0)
    """Counts the signed versions of a study; 0 for a draft, and for a draft's retraction."""
    at: datetime
    draft: DraftReport
    """The draft it rests on, as the software wrote it."""
    sections: tuple[ReleasedSection, ...]
    facts: Facts
    """What may be told coded: of a draft everything, of a signed report what the signer left as it was."""
    withdrawn: Facts = Facts()
    """What an earlier release told coded and this one no longer does."""
    signature: Signature | None = None
    addenda: tuple[Addendum, ...] = ()
    reason: str | None = None
    """Why it was corrected or rejected."""

    @model_validator(mode="after")
    def _only_a_person_makes_it_final(self) -> Self:
        if self.event in SIGNED_EVENTS and (self.signature is None or self.version < 1):
            raise ValueError("a signed report needs a signature and a version")
        if self.event is ReleaseEvent.DRAFTED and (self.signature is not None or self.version):
            raise ValueError("a draft cannot be signed")
        return self

    @property
    def key(self) -> str:
        """The same for the same release, for ever: message ids and UIDs are made of it."""
        if self.event is ReleaseEvent.DRAFTED:
            return self.draft.draft_id
        if self.event is ReleaseEvent.REJECTED:
            return f"{self.draft.draft_id}.rejected" + (f".v{self.version}" if self.version else "")
        return self.key_of_version(self.version)

    def key_of_version(self, version: int) -> str:
        """Return the key of a signed version of the same study."""
        return f"{self.study_id}.v{version}"

    @property
    def is_signed(self) -> bool:
        return self.event in SIGNED_EVENTS

    @property
    def is_retraction(self) -> bool:
        return self.event is ReleaseEvent.REJECTED

    @property
    def holds_ai_text(self) -> bool:
        """Whether a word of it may still be the software's."""
        return any(sentence.origin != "person" for section in self.sections for sentence in section.sentences)

    @property
    def study_id(self) -> str:
        return self.draft.study_id

    @property
    def author(self) -> Author:
        return self.draft.author

    @property
    def provenance(self) -> Provenance:
        return self.draft.provenance

    @property
    def urgency(self) -> Urgency | None:
        return self.draft.urgency

    @property
    def follow_up(self) -> tuple[FollowUp, ...]:
        return self.draft.follow_up


Told = DraftReport | Release
"""Anything with facts that pictures can be drawn of."""


def release_of_draft(draft: DraftReport) -> Release:
    """Return a draft as it leaves where a destination opted in, and as a person in the house downloads it."""
    sections = tuple(
        ReleasedSection(
            name=section.name,
            sentences=tuple(
                ReleasedSentence(text=one.text, citations=one.citations, origin=one.author) for one in section.sentences
            ),
        )
        for section in draft.sections
    )
    return Release(
        event=ReleaseEvent.DRAFTED, version=0, at=draft.created_at, draft=draft, sections=sections, facts=draft.facts
    )


def release_of_rejection(before: Release, at: datetime, reason: str) -> Release:
    """Return the retraction of a draft, or of the signed version that grew out of it; no sentence of it is left."""
    return before.model_copy(
        update={
            "event": ReleaseEvent.REJECTED,
            "at": at,
            "reason": reason,
            "sections": (),
            "addenda": (),
            "signature": None,
            "facts": Facts(),
            "withdrawn": before.facts,
        }
    )


def release_of_signed(
    draft: DraftReport,
    sections: tuple[ReleasedSection, ...],
    signature: Signature,
    before: Release | None = None,
    reason: str | None = None,
    *,
    rejected: frozenset[str] = frozenset(),
) -> Release:
    """Return what a person signed: the first version, or with ``before`` the correction of that version.

    Parameters
    ----------
    rejected
        Ids of the findings and measurements that the signer rejected.
    """
    facts = endorsed_facts(draft.facts, sections, rejected)
    return Release(
        event=ReleaseEvent.CORRECTED if before else ReleaseEvent.SIGNED,
        version=before.version + 1 if before else 1,
        at=signature.at,
        draft=draft,
        sections=sections,
        facts=facts,
        withdrawn=_told_no_more(before.facts, facts) if before else Facts(),
        signature=signature,
        addenda=before.addenda if before else (),
        reason=reason,
    )


def release_of_addendum(before: Release, addendum: Addendum) -> Release:
    """Return a signed version with something added; what was signed stands as it is."""
    return before.model_copy(
        update={
            "event": ReleaseEvent.ADDENDED,
            "version": before.version + 1,
            "at": addendum.signature.at,
            "addenda": (*before.addenda, addendum),
            "withdrawn": Facts(),
            "reason": None,
        }
    )


def _told_no_more(before: Facts, now: Facts) -> Facts:
    findings = {one.finding_id for one in now.findings}
    measurements = {one.measurement_id for one in now.measurements}
    return Facts(
        findings=tuple(one for one in before.findings if one.finding_id not in findings),
        measurements=tuple(one for one in before.measurements if one.measurement_id not in measurements),
    )


def endorsed_facts(
    facts: Facts, sections: tuple[ReleasedSection, ...], rejected: frozenset[str] = frozenset()
) -> Facts:
    """Return the facts that a signed report may still tell coded.

    A finding or measurement stays where the signer did not reject it, left a sentence that cites it as it was, and
    changed none that does: a coded left effusion beside a sentence that now says right would be two reports in one.
    Outlines stay with the measurements they belong to; what was not assessed is the software's matter and goes.
    """
    sentences = [sentence for section in sections for sentence in section.sentences]
    kept = {cited.id for one in sentences if one.origin in {"language_model", "plain"} for cited in one.citations}
    changed = {cited.id for one in sentences if one.origin == "edited" for cited in one.citations}
    stays = kept - changed - rejected
    return facts.model_copy(
        update={
            "findings": tuple(one for one in facts.findings if one.finding_id in stays),
            "measurements": tuple(one for one in facts.measurements if one.measurement_id in stays),
            "limitations": (),
            "priors": (),
        }
    )
