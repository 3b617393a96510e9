"""The draft's own sentences in a structured report, each INFERRED FROM the coded items it cites (PS3.3 C.17.3.2.4).

highdicom knows no references within a report, so these items are written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from orchestrator.exports.dicom import codes
from orchestrator.plain import limitations_text
from orchestrator.report import DraftReport, Section, SectionName, Sentence

Places = Mapping[str, Sequence[int]]
"""Where the coded item of each finding and measurement stands, by its id (PS3.3 C.17.3.2.5)."""
_HEADINGS = {
    SectionName.FINDINGS: (codes.FINDINGS, codes.FINDING),
    SectionName.IMPRESSION: (codes.IMPRESSIONS, codes.IMPRESSION),
}


def narrative(draft: DraftReport, places: Places) -> list[Dataset]:
    """Return the sections of a draft as content items, and what was not assessed as comments."""
    sections = [_section(section, places) for section in draft.sections if section.sentences]
    return sections + [_text(line, codes.COMMENT) for line in limitations_text(draft.facts).splitlines()]


def places_of(root: Dataset, ids: tuple[str, ...]) -> Places:
    """Return where the coded item of each group stands in the tree, counted from 1 (PS3.3 C.17.3.2.5)."""
    for number, item in enumerate(root.ContentSequence, 1):
        if item.name.value == "126010":
            return {
                id_: [1, number, group, _coded_item(held)]
                for group, (id_, held) in enumerate(zip(ids, item.ContentSequence, strict=True), 1)
            }
    return {}


def _coded_item(group: Dataset) -> int:
    """The number of a group, else its first coded statement: what a sentence can be inferred from."""
    kinds = [str(item.ValueType) for item in group.ContentSequence]
    names = [item.name.value for item in group.ContentSequence]
    return names.index("121071") + 1 if "121071" in names else kinds.index("NUM") + 1


def _section(section: Section, places: Places) -> Dataset:
    """A heading and its sentences."""
    heading, name = _HEADINGS[section.name]
    held = _item("CONTAINER", heading)
    held.ContinuityOfContent = "SEPARATE"
    held.ContentSequence = DicomSequence([_sentence(sentence, name, places) for sentence in section.sentences])
    return held


def _sentence(sentence: Sentence, name: CodedConcept, places: Places) -> Dataset:
    text = _text(sentence.text, name)
    text.ContentSequence = DicomSequence([
        _reference(places[cited.id]) for cited in sentence.citations if cited.id in places
    ])  # fmt: skip
    return text


def _text(words: str, name: CodedConcept) -> Dataset:
    text = _item("TEXT", name)
    text.TextValue = words
    return text


def _item(kind: str, name: CodedConcept) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", kind
    item.ConceptNameCodeSequence = DicomSequence([name])
    return item


def _reference(place: Sequence[int]) -> Dataset:
    item = Dataset()
    item.RelationshipType = "INFERRED FROM"
    item.ReferencedContentItemIdentifier = list(place)
    return item
