"""Releases of one small study, from the draft to its retraction, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.release import (
    Addendum,
    Release,
    ReleasedSection,
    ReleasedSentence,
    Signature,
    release_of_addendum,
    release_of_draft,
    release_of_rejection,
    release_of_signed,
)
from orchestrator.report import DraftReport, SectionName

SIGNED_AT = datetime(2026, 3, 2, 15, 20, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 8, 1, 2, tzinfo=UTC)
SIGNATURE = Signature(name="Dr Ada Nowak", subject="ada", at=SIGNED_AT, organization="St. Vincent & Sons")
SECOND = Signature(name="Dr Bo Lindqvist", subject="bo", at=LATER, organization="St. Vincent & Sons")


def sections_of(draft: DraftReport) -> tuple[ReleasedSection, ...]:
    """What a radiologist left: the first sentence of each section edited, the others as they were, one added."""
    made = []
    for section in release_of_draft(draft).sections:
        first, *rest = section.sentences
        mine = first.model_copy(update={"text": f"{first.text.rstrip('.')}, as I see it.", "origin": "edited"})
        sentences = [mine, *rest]
        if section.name is SectionName.FINDINGS:
            sentences.append(ReleasedSentence(text="Old fracture of the left 7th rib | healed.", origin="person"))
        made.append(ReleasedSection(name=section.name, sentences=tuple(sentences)))
    return tuple(made)


def signed(draft: DraftReport) -> Release:
    return release_of_signed(draft, sections_of(draft), SIGNATURE)


def corrected(draft: DraftReport) -> Release:
    """The second sentence of the impression was wrong too."""
    findings, *others = signed(draft).sections
    last = [
        section.model_copy(
            update={"sentences": tuple(one.model_copy(update={"origin": "edited"}) for one in section.sentences)}
        )
        for section in others
    ]
    return release_of_signed(draft, (findings, *last), SECOND, signed(draft), "The side was wrong.")


def addended(draft: DraftReport, before: Release | None = None) -> Release:
    addendum = Addendum(text="Compared with the film of 2025: unchanged.", signature=SECOND)
    return release_of_addendum(before or signed(draft), addendum)


def rejected(draft: DraftReport, before: Release | None = None) -> Release:
    return release_of_rejection(before or release_of_draft(draft), LATER, "Not the film of this patient.")
