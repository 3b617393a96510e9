"""The working copy: what a person makes of a draft before signing it, sentence by sentence and finding by finding.

Every sentence of the draft stays in it, also one that is rejected, with what was decided and why: nothing the software
said disappears unseen. Whose words a sentence is comes from the draft, never from the page that saves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from orchestrator.errors import InvalidEdit
from orchestrator.report import Citation, DraftReport, Section, SectionName, Sentence
from services.contract import Fact

LONGEST_SENTENCE = 4000
MOST_SENTENCES = 200
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SENTENCE)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Decision(StrEnum):
    """What a person decided of a sentence or a finding."""

    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    ADDED = "added"


class CopySentence(Fact):
    """One sentence as it stands, and where it came from."""

    sentence_id: str
    """Section and number in the draft (``findings.1``); of an added sentence ``added.`` and what the page chose."""
    text: Words
    drafted: str | None = None
    """The software's words; ``None`` where a person added the sentence."""
    author: Literal["language_model", "plain"] | None = None
    """Who phrased ``drafted``."""
    citations: tuple[Citation, ...] = ()
    """What the drafted sentence rests on."""
    decision: Decision | None = None
    """``None`` until a person decided; signing takes such a sentence as it stands."""
    reason: Reason | None = None

    @property
    def origin(self) -> Literal["language_model", "plain", "edited", "person"]:
        """Whose words these are now."""
        if self.author is None:
            return "person"
        return "edited" if self.text != self.drafted else self.author


class CopySection(Fact):
    """One section as it stands."""

    name: SectionName
    sentences: tuple[CopySentence, ...]


class FindingDecision(Fact):
    """What a person decided of a finding or a measurement."""

    id: str = Field(min_length=1, max_length=64)
    decision: Literal[Decision.ACCEPTED, Decision.REJECTED]
    reason: Reason | None = None


class WorkingCopy(Fact):
    """A draft as people have worked on it; not signed, and never final by itself."""

    study_id: str
    revision: int = Field(ge=1)
    """The revision whose draft it is made of."""
    draft_id: str
    sections: tuple[CopySection, ...]
    findings: tuple[FindingDecision, ...] = ()
    saved_at: datetime | None = None
    saved_by: str | None = None
    """The account; ``None`` while nobody has saved."""

    @property
    def sentences(self) -> tuple[CopySentence, ...]:
        """Every sentence, in reading order, rejected ones too."""
        return tuple(sentence for section in self.sections for sentence in section.sentences)


class EditedSentence(Fact):
    """One sentence as a page saves it."""

    sentence_id: str = Field(pattern=r"^[a-z]+\.[A-Za-z0-9-]{1,40}$")
    text: Words
    decision: Decision | None = None
    reason: Reason | None = None


class EditedSection(Fact):
    name: SectionName
    sentences: tuple[EditedSentence, ...] = Field(max_length=MOST_SENTENCES)


class Edit(Fact):
    """The whole copy as a page saves it: every sentence of the draft once, and what was added."""

    sections: tuple[EditedSection, ...] = Field(max_length=len(SectionName))
    findings: tuple[FindingDecision, ...] = Field(default=(), max_length=MOST_SENTENCES)


def copy_of(draft: DraftReport, revision: int) -> WorkingCopy:
    """Return the working copy of a draft that nobody has touched."""
    sections = tuple(
        CopySection(
            name=section.name,
            sentences=tuple(
                CopySentence(
                    sentence_id=f"{section.name}.{number}",
                    text=sentence.text,
                    drafted=sentence.text,
                    author=sentence.author,
                    citations=sentence.citations,
                )
                for number, sentence in enumerate(section.sentences, start=1)
            ),
        )
        for section in draft.sections
    )
    return WorkingCopy(study_id=draft.study_id, revision=revision, draft_id=draft.draft_id, sections=sections)


def edited(copy: WorkingCopy, edit: Edit, draft: DraftReport) -> WorkingCopy:
    """Return the copy as a person saved it; origins and citations stay the draft's.

    Raises
    ------
    InvalidEdit
        If a sentence of the draft is missing, is there twice or in another section, one is made up, or a decision is
        about a finding that the draft does not have.
    """
    if [section.name for section in edit.sections] != [section.name for section in copy.sections]:
        raise InvalidEdit("the sections are not those of the report; expected the same, in the same order")
    sections = tuple(_section(old, new) for old, new in zip(copy.sections, edit.sections, strict=True))
    known = {one.finding_id for one in draft.facts.findings} | {one.measurement_id for one in draft.facts.measurements}
    decided = [one.id for one in edit.findings]
    if len(set(decided)) != len(decided) or not known.issuperset(decided):
        raise InvalidEdit("decisions are about other findings than the draft's; expected each of them at most once")
    return copy.model_copy(update={"sections": sections, "findings": edit.findings})


def _section(old: CopySection, new: EditedSection) -> CopySection:
    drafted = {one.sentence_id: one for one in old.sentences if one.author is not None}
    ids = [one.sentence_id for one in new.sentences]
    added = [one for one in ids if one.startswith("added.")]
    if len(set(ids)) != len(ids) or set(ids) - set(added) != set(drafted):
        raise InvalidEdit(f"{old.name}: expected every sentence of the draft once; one is rejected, not left out")
    return CopySection(
        name=old.name, sentences=tuple(_sentence(drafted.get(one.sentence_id), one) for one in new.sentences)
    )


def _sentence(drafted: CopySentence | None, new: EditedSentence) -> CopySentence:
    if drafted is None:
        return CopySentence(sentence_id=new.sentence_id, text=new.text, decision=Decision.ADDED, reason=new.reason)
    changed = new.text != drafted.drafted
    decision = new.decision
    if decision is Decision.ADDED:
        raise InvalidEdit("a sentence of the draft cannot be added; expected accepted, edited or rejected")
    if decision is not Decision.REJECTED:
        decision = Decision.EDITED if changed else (None if decision is Decision.EDITED else decision)
    return drafted.model_copy(update={"text": new.text, "decision": decision, "reason": new.reason})


def carried_over(old: WorkingCopy, fresh: WorkingCopy) -> WorkingCopy:
    """Return the copy of a newer draft with what people did to the earlier one, where it still fits.

    Sentences that were added stay, and decisions about a sentence that the newer draft says in the same words of the
    same findings. Decisions about findings go: the newer draft numbers its own.
    """
    sections = []
    for section in fresh.sections:
        before = [one for part in old.sections if part.name is section.name for one in part.sentences]
        kept = {(one.drafted, one.citations): one for one in before if one.author is not None}
        sentences = [_again(one, kept.get((one.drafted, one.citations))) for one in section.sentences]
        sentences += [one for one in before if one.author is None]
        sections.append(CopySection(name=section.name, sentences=tuple(sentences)))
    return fresh.model_copy(update={"sections": tuple(sections)})


def _again(fresh: CopySentence, before: CopySentence | None) -> CopySentence:
    if before is None:
        return fresh
    return fresh.model_copy(update={"text": before.text, "decision": before.decision, "reason": before.reason})


def standing(copy: WorkingCopy) -> Iterable[tuple[SectionName, tuple[CopySentence, ...]]]:
    """Yield each section with the sentences that stand: all but the rejected ones."""
    for section in copy.sections:
        yield section.name, tuple(one for one in section.sentences if one.decision is not Decision.REJECTED)


def checkable(copy: WorkingCopy) -> tuple[Section, ...]:
    """Return what stands of the software's sentences, as the checks read them.

    A sentence that a person added cites nothing and rests on his or her eyes; the checks have nothing to hold it to.
    """
    return tuple(
        Section(
            name=name,
            sentences=tuple(
                Sentence(text=one.text[:600], citations=one.citations, author=one.author or "plain")
                for one in sentences
                if one.citations
            ),
        )
        for name, sentences in standing(copy)
    )
