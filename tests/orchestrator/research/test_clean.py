"""Every row of the standard's table: no value survives unless an option keeps it."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from orchestrator.research.clean import Cleaned, clean
from orchestrator.research.profile import DEVICE_IDENTITY, PATIENT_CHARACTERISTICS, Action, Options, basic_profile, rows
from orchestrator.research.pseudonyms import DUMMIES, Pseudonyms

SECRET = Pseudonyms(b"a secret of a test, long enough")
VALUES = {
    "AE": "CANARY", "AS": "037Y", "CS": "CANARY", "DA": "19720229", "DS": "3.7", "DT": "19720229103722", "IS": "37",
    "LO": "Canary Lo", "LT": "Canary Lt", "PN": "Canary^Pn", "SH": "Canary Sh", "ST": "Canary St", "TM": "103722",
    "UC": "Canary Uc", "UI": "1.2.826.0.1.37", "UR": "canary:ur", "UT": "Canary Ut", "OB": b"canary", "OW": b"canary",
    "UN": b"canary", "US": 37, "UL": 37, "SL": 37, "SS": 37, "FL": 3.7, "FD": 3.7, "AT": 0x00100010, "SV": 37, "UV": 37,
    "OL": b"canary00", "OV": b"canary00", "OF": b"canary00", "OD": b"canary00",
}  # fmt: skip


def vr_of(tag: int) -> str:
    try:
        return dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return "LO"  # newer than the dictionary at hand: it then comes as text


def with_value(tag: int) -> Dataset:
    dataset = Dataset()
    vr = vr_of(tag)
    if vr == "SQ":
        inner = Dataset()
        inner.PatientComments, inner.ContainerDescription = "Canary Lt", "Canary Lo"
        dataset.add(DataElement(tag, "SQ", [inner]))
    else:
        dataset.add(DataElement(tag, vr, VALUES[vr]))
    return dataset


def cleaned(dataset: Dataset, **options: bool) -> Dataset:
    return clean(dataset, Options(**options), SECRET).dataset


def plain_tags() -> list[int]:
    return [tag for tag in basic_profile() if tag >> 16 > 0x0002]


def test_the_table_is_whole():
    assert len(rows()) == 655
    assert {action for _, action, _ in rows()} == {"X", "Z", "D", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
    assert ("0010,0010", "Z", "Patient's Name") in rows()


@pytest.mark.parametrize("nested", [False, True], ids=["at the top", "within a sequence"])
def test_no_value_of_any_attribute_of_the_table_survives(nested: bool):
    survived = []
    for tag in plain_tags():
        dataset = with_value(tag)
        if nested:
            outer = Dataset()
            outer.add(DataElement(0x00081140, "SQ", [dataset]))  # Referenced Image Sequence: stays
            dataset = outer
        made = cleaned(dataset)
        within = made[0x00081140].value[0] if nested else made
        before = with_value(tag)[tag]
        if tag in within and within[tag].value == before.value and before.value != DUMMIES.get(before.VR):
            survived.append(Tag(tag))
    assert survived == []


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("retain_patient_characteristics", PATIENT_CHARACTERISTICS),
        ("retain_device_identity", DEVICE_IDENTITY),
        ("retain_uids", frozenset(tag for tag, action in basic_profile().items() if action is Action.UID)),
    ],
)
def test_an_option_keeps_what_it_names_and_nothing_else(option: str, kept: frozenset[int]):
    survived = set()
    for tag in plain_tags():
        if vr_of(tag) == "SQ":
            continue
        made, before = cleaned(with_value(tag), **{option: True}), with_value(tag)[tag]
        if tag in made and made[tag].value == before.value:
            survived.add(tag)
    assert survived <= kept
    assert survived


def test_shifted_dates_keep_their_distance_and_are_not_the_old_ones():
    dataset = Dataset()
    dataset.PatientID, dataset.PatientBirthDate = "P1", "19600101"
    dataset.StudyDate, dataset.SeriesDate, dataset.StudyTime = "20240301", "20240311", "101112"
    dataset.AcquisitionDateTime = "20240301101112.5"
    made = cleaned(dataset, shift_dates=True)
    assert made.StudyDate != "20240301"
    assert made.AcquisitionDateTime == f"{made.StudyDate}101112.5"
    days = [int(SECRET.shifted(day, "P1")[:8]) for day in ("20240301", "20240311")]
    assert [int(made.StudyDate), int(made.SeriesDate)] == days
    assert not made.PatientBirthDate
    assert made.StudyTime == "101112"
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"


def test_another_patient_is_shifted_by_other_days():
    assert len({SECRET.shifted("20240301", patient) for patient in ("P1", "P2", "P3", "P4")}) > 1


def test_a_date_that_cannot_be_read_is_not_kept():
    assert SECRET.shifted("March 1st", "P1") == ""


def test_uids_stay_alike_among_themselves_and_standard_ones_stay():
    first, second = Dataset(), Dataset()
    first.StudyInstanceUID = second.StudyInstanceUID = "1.2.3.4"
    first.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    assert cleaned(first).StudyInstanceUID == cleaned(second).StudyInstanceUID != "1.2.3.4"
    assert cleaned(first).SOPClassUID == "1.2.840.10008.5.1.4.1.1.1"
    assert clean(first, Options(), Pseudonyms(b"another secret, as long")).dataset.StudyInstanceUID != (
        cleaned(first).StudyInstanceUID
    )


def test_private_attributes_and_overlays_go_sequences_included():
    dataset, inner = Dataset(), Dataset()
    for one in (dataset, inner):
        one.add_new(0x00091001, "LO", "Canary")
        one.add_new(0x60003000, "OW", b"overlay0")
        one.add_new(0x50100005, "US", 1)
    dataset.ReferencedImageSequence = [inner]
    made = cleaned(dataset)
    for one in (made, made.ReferencedImageSequence[0]):
        assert not any(tag in one for tag in (0x00091001, 0x60003000, 0x50100005))


def test_a_text_that_names_the_patient_goes_whatever_the_table_says():
    dataset = Dataset()
    dataset.PatientName, dataset.PatientID = "O'Neill^Zoe", "HOSP-4711"
    dataset.BodyPartExamined = "CHEST"
    dataset.add_new(0x00185101, "CS", "ZOE PA")  # View Position is in no table
    made = clean(dataset, Options(), SECRET)
    assert "ViewPosition" not in made.dataset
    assert made.dataset.BodyPartExamined == "CHEST"
    assert made.done["View Position", Action.REMOVE] == 1


def test_a_name_outside_the_table_is_emptied():
    dataset = Dataset()
    dataset.add_new(0x00411010, "PN", "Canary^Name")  # private: removed
    dataset.add_new(0x00741401, "PN", "Canary^Name")  # known to no table
    made = cleaned(dataset)
    assert 0x00411010 not in made
    assert not made[0x00741401].value


def test_the_methods_are_written_down():
    made = cleaned(Dataset(), retain_uids=True, retain_patient_characteristics=True)
    codes = [code.CodeValue for code in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113110", "113108"]
    assert made.PatientIdentityRemoved == "YES"
    assert made.LongitudinalTemporalInformationModified == "REMOVED"


def test_the_report_holds_names_of_attributes_and_no_value():
    dataset = Dataset()
    dataset.PatientName, dataset.InstitutionName = "Canary^Pn", "Canary Clinic"
    done: Cleaned = clean(dataset, Options(), SECRET)
    assert done.done["Patient's Name", Action.EMPTY] == 1
    assert "canary" not in str(done.done).lower()


def test_descriptions_are_kept_where_asked_but_freed_of_names_and_dates():
    dataset = Dataset()
    dataset.PatientName, dataset.StudyDescription = "Neill^Zoe", "Chest PA, Zoe Neill, seen by Dr. Canary on 3.4.2024"
    dataset.ImageComments, dataset.SeriesDescription = "zaphod beeblebrox", "Chest lateral"
    made = cleaned(dataset, clean_descriptors=True)
    assert made.StudyDescription.startswith("Chest PA")
    assert not [trace for trace in ("zoe", "neill", "canary", "2024") if trace in made.StudyDescription.lower()]
    assert made.SeriesDescription == "Chest lateral"
    assert not made.ImageComments, "what is not sure is emptied"
    assert "StudyDescription" not in cleaned(dataset)
    assert "113105" in [code.CodeValue for code in made.DeidentificationMethodCodeSequence]


def test_characteristics_in_words_are_cleaned_not_kept():
    dataset = Dataset()
    dataset.Allergies, dataset.PatientState = "penicillin, ask Mrs Canary", "Intubated, call 0044 113 496 0000"
    made = cleaned(dataset, retain_patient_characteristics=True)
    assert "penicillin" in str(made.Allergies)
    assert "canary" not in str(made.Allergies).lower()
    assert "496" not in made.PatientState


def test_dates_of_one_patient_move_alike_in_every_file():
    files = []
    for patient_id in ("P1", "P1 "):
        dataset = Dataset()
        dataset.PatientID, dataset.StudyDate = patient_id, "20240301"
        files.append(cleaned(dataset, shift_dates=True).StudyDate)
    assert files[0] == files[1]
