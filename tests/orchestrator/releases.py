"""Releases of one small study, from the draft to its retraction, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.release import (
    Addendum,
    Release,
    ReleasedSection,
    ReleasedSentence,
    ReleaseEvent,
    Signature,
    endorsed_facts,
    release_of_draft,
    release_of_rejection,
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


def signed(draft: DraftReport, version: int = 1) -> Release:
    sections = sections_of(draft)
    return Release(
        event=ReleaseEvent.SIGNED,
        version=version,
        at=SIGNED_AT,
        draft=draft,
        sections=sections,
        facts=endorsed_facts(draft.facts, sections),
        signature=SIGNATURE,
    )


def corrected(draft: DraftReport, version: int = 2) -> Release:
    return signed(draft).model_copy(
        update={
            "event": ReleaseEvent.CORRECTED,
            "version": version,
            "at": LATER,
            "signature": SECOND,
            "reason": "The side was wrong.",
        }
    )


def addended(draft: DraftReport, version: int = 2) -> Release:
    addendum = Addendum(text="Compared with the film of 2025: unchanged.", signature=SECOND)
    return signed(draft).model_copy(
        update={"event": ReleaseEvent.ADDENDED, "version": version, "at": LATER, "addenda": (addendum,)}
    )


def rejected(draft: DraftReport, version: int = 0) -> Release:
    return release_of_rejection(draft, LATER, "Not the film of this patient.", version)
