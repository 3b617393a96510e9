"""The report's own sentences in a structured report, each INFERRED FROM the coded items it cites (PS3.3 C.17.3.2.4).

highdicom knows no references within a report, so these items are written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from orchestrator.exports.dicom import codes
from orchestrator.exports.words import signed_by
from orchestrator.plain import limitations_text
from orchestrator.release import Release, ReleasedSection, ReleasedSentence
from orchestrator.report import SectionName

Places = Mapping[str, Sequence[int]]
"""Where the coded item of each finding and measurement stands, by its id (PS3.3 C.17.3.2.5)."""
_HEADINGS = {
    SectionName.FINDINGS: (codes.FINDINGS, codes.FINDING),
    SectionName.IMPRESSION: (codes.IMPRESSIONS, codes.IMPRESSION),
}


def narrative(release: Release, places: Places) -> list[Dataset]:
    """Return the sections of a report as content items; addenda and what was not assessed as comments."""
    sections = [_section(section, places) for section in release.sections if section.sentences]
    comments = [f"Addendum, {signed_by(one.signature)}: {one.text}" for one in release.addenda]
    comments += [f"Reason for the correction: {release.reason}"] if release.reason else []
    return sections + [
        _text(line, codes.COMMENT) for line in (*comments, *limitations_text(release.facts).splitlines())
    ]


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


def _section(section: ReleasedSection, places: Places) -> Dataset:
    """A heading and its sentences."""
    heading, name = _HEADINGS[section.name]
    held = _item("CONTAINER", heading)
    held.ContinuityOfContent = "SEPARATE"
    held.ContentSequence = DicomSequence([_sentence(sentence, name, places) for sentence in section.sentences])
    return held


def _sentence(sentence: ReleasedSentence, name: CodedConcept, places: Places) -> Dataset:
    text = _text(sentence.text, name)
    rests_on = [_reference(places[cited.id]) for cited in sentence.citations if cited.id in places]
    if rests_on:  # a person's own sentence rests on what the person saw
        text.ContentSequence = DicomSequence(rests_on)
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
