"""One data set without its identity, attribute by attribute, sequences included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from orchestrator.masking import mask_text
from orchestrator.research.profile import Action, Options, action_for
from orchestrator.research.pseudonyms import DUMMIES, Pseudonyms

_Change = Callable[[str], str]
_TEXT = frozenset({"LO", "LT", "SH", "ST", "UC", "UT", "CS", "AE", "UR"})
_LEAST = 3
"""A word of a name shorter than this is not looked for: it would be found everywhere."""
_STANDARD_UIDS = "1.2.840.10008."


class Cleaned(NamedTuple):
    """A data set that names nobody, and what was done to it."""

    dataset: Dataset
    done: Counter[tuple[str, Action]]
    """How often each attribute, by name, met each action; never a value."""


def clean(dataset: Dataset, options: Options, pseudonyms: Pseudonyms) -> Cleaned:
    """Apply the profile to a copy of a data set (PS3.15 E.1.1).

    After the table, every text that is left is searched for the words of the patient's names and identifiers; an
    attribute that holds one is removed, whatever the table says.
    """
    patient_key = patient_key_of(dataset)
    done: Counter[tuple[str, Action]] = Counter()
    words = _words_of(dataset)
    made = _Cleaner(options, pseudonyms, patient_key, words, done).cleaned(dataset)
    for holder, element in tuple(_texts(made)):
        if _mentions(element, words):
            del holder[element.tag]
            done[element.name, Action.REMOVE] += 1
    _state_what_was_done(made, options, pseudonyms.name(patient_key))
    return Cleaned(made, done)


def patient_key_of(dataset: Dataset) -> str:
    """Return what tells patients apart: the same for all files of one, so that dates move alike."""
    key = dataset.get("PatientID") or dataset.get("PatientName") or dataset.get("StudyInstanceUID") or ""
    return str(key).strip()


class _Cleaner(NamedTuple):
    options: Options
    pseudonyms: Pseudonyms
    patient_key: str
    words: frozenset[str]
    done: Counter[tuple[str, Action]]

    def cleaned(self, dataset: Dataset) -> Dataset:
        """Return a new data set: an attribute gets into it only through its action."""
        made = Dataset()
        for element in dataset:
            tag = BaseTag(element.tag)
            action = action_for(tag, element.VR, self.options)
            if action is not Action.KEEP:
                self.done["private attribute" if tag.is_private else element.name, action] += 1
            kept = self._one(element, action)
            if kept is not None:
                made.add(kept)
        return made

    def _one(self, element: DataElement, action: Action) -> DataElement | None:
        if action is Action.REMOVE:
            return None
        if element.VR == "SQ":
            return self._sequence(element, action)
        if action is Action.EMPTY:
            return DataElement(element.tag, element.VR, None)
        if action is Action.DUMMY:
            return self._dummy(element)
        if action is Action.CLEAN:
            return self._changed(element, lambda text: mask_text(text, self.words) or "")
        change = self._uid if action is Action.UID else self._shifted if action is Action.SHIFT else None
        return self._changed(element, change) if change and element.VR != "TM" else element

    def _sequence(self, element: DataElement, action: Action) -> DataElement | None:
        """A sequence that may stay is cleaned item by item; of one that may not, an empty item stays."""
        if action is Action.EMPTY:
            return DataElement(element.tag, "SQ", [])
        items = [Dataset()] if action is Action.DUMMY else [self.cleaned(item) for item in element.value]
        return DataElement(element.tag, "SQ", items)

    def _dummy(self, element: DataElement) -> DataElement | None:
        if element.VR == "UI":
            return self._changed(element, self._uid)
        dummy = DUMMIES.get(element.VR)
        return None if dummy is None else DataElement(element.tag, element.VR, dummy)

    def _changed(self, element: DataElement, change: _Change) -> DataElement:
        values = element.value if element.VM > 1 else [element.value]
        changed = [change(str(value)) for value in values if value not in (None, "")]
        return DataElement(element.tag, element.VR, changed if len(changed) > 1 else "".join(changed))

    def _uid(self, uid: str) -> str:
        return uid if uid.startswith(_STANDARD_UIDS) else self.pseudonyms.uid(uid)

    def _shifted(self, value: str) -> str:
        return self.pseudonyms.shifted(value, self.patient_key)


def _state_what_was_done(made: Dataset, options: Options, pseudonym: str) -> None:
    """Name the patient anew and write the method codes (PS3.3 C.7.1.1, C.12.1.1.7)."""
    made.PatientName = made.PatientID = pseudonym
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = "PS3.15 E.1 Basic Profile, table of 2026c, by wetread"
    made.DeidentificationMethodCodeSequence = [_code(value, meaning) for value, meaning in options.codes]
    made.LongitudinalTemporalInformationModified = "MODIFIED" if options.shift_dates else "REMOVED"


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning[:64]
    return code


def _texts(dataset: Dataset) -> Iterator[tuple[Dataset, DataElement]]:
    """Every text attribute with the data set that holds it, sequences included."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in _TEXT:
            yield dataset, element


def _words_of(dataset: Dataset) -> frozenset[str]:
    """The words that name the patient, in lower case."""
    keywords = ("PatientName", "PatientID", "OtherPatientNames", "OtherPatientIDs", "AccessionNumber",
                "ReferringPhysicianName", "PatientBirthName", "PatientMotherBirthName")  # fmt: skip
    text = " ".join(str(dataset.get(keyword) or "") for keyword in keywords)
    for mark in "^=\\[]'\",":
        text = text.replace(mark, " ")
    return frozenset(word.lower() for word in text.split() if len(word) >= _LEAST)


def _mentions(element: DataElement, words: frozenset[str]) -> bool:
    text = str(element.value).lower()
    return any(word in text for word in words)
