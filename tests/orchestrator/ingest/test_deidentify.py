"""Nothing below the line can name a patient: canaries in the header, and where they must not turn up."""

import json
import logging

import pytest
from pydicom.dataset import Dataset

from orchestrator.deidentify import deidentify
from orchestrator.errors import RefusedInput
from orchestrator.identity import identity_of
from orchestrator.ingest.received import OrderRequest
from services.contract import LimitationReason
from tests.drawn.dicom import dicom_bytes, radiograph_dataset

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARIES = {
    "PatientName": "Canaria^Fieldone",
    "PatientID": "CANARYTWO2222",
    "IssuerOfPatientID": "CanaryThree",
    "OtherPatientIDs": ["CANARYFOUR4444", "CANARYFOURB"],
    "OtherPatientNames": "Canaria^Fieldfive",
    "PatientAddress": "6 Canarysix Road",
    "PatientTelephoneNumbers": "+44 7777 777777",
    "PatientMotherBirthName": "Canaria^Fieldeight",
    "PatientComments": "canarynine",
    "AccessionNumber": "CANARYTEN10",
    "StudyID": "CANARY11",
    "ReferringPhysicianName": "Canaria^Fieldtwelve",
    "PerformingPhysicianName": "Canaria^Fieldthirteen",
    "OperatorsName": "Canaria^Fieldfourteen",
    "InstitutionName": "Canaryfifteen Hospital",
    "InstitutionAddress": "16 Canarysixteen Way",
    "StudyDescription": "canaryseventeen",
    "SeriesDescription": "canaryeighteen",
    "BodyPartExamined": "CANARYNINETEEN",
    "ViewPosition": "CANARY20",
    "PatientBirthDate": "19210203",
    "StationName": "CANARY22",
    "DeviceSerialNumber": "CANARY23",
    "ProtocolName": "canarytwentyfour",
    "PatientReligiousPreference": "canarytwentyfive",
    "AdditionalPatientHistory": "canarytwentysix",
    "ImageComments": "canarytwentyseven",
    "RequestedProcedureDescription": "canarytwentyeight",
    "CountryOfResidence": "Canary29",
    "PatientOrientation": ["CANARY", "CANARY"],
}
TRACES = ("canar", "field", "7777", "1921", "0203", "2.25", "1.2.826.0.1.3680043")
INDICATION = (
    "Cough and fever, rule out pneumonia in Mrs Fieldone Canaria, CANARYTWO2222, CANARYTEN10, born 03.02.1921, "
    "daughter fieldeight canaria, call 0044 7777 777777, referred by Fieldtwelve, Canaryfifteen."
)


def traces_in(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text.lower()]


def nested(dataset: Dataset) -> Dataset:
    item = Dataset()
    item.PatientName = "Canaria^Fieldnested"
    item.RequestingPhysician = "Canaria^Fieldrequesting"
    dataset.RequestAttributesSequence = [item]
    block = dataset.private_block(0x0009, "CANARY PRIVATE", create=True)
    block.add_new(1, "LO", "canaryprivate")
    return dataset


@pytest.fixture
def canary_film(film) -> Dataset:
    return nested(radiograph_dataset(film.pixels, PatientAge=None, **CANARIES))


async def test_no_canary_crosses_the_line(take_in, settings, canary_film, caplog):
    caplog.set_level(logging.DEBUG)
    study = await take_in(dicom_bytes(canary_film), order=OrderRequest(indication=INDICATION))
    below = deidentify(study)
    said = below.model_dump_json()
    assert traces_in(said) == []
    assert "pneumonia" in (below.indication or "")
    (image,) = below.images
    assert (image.body_part, image.view_position, image.patient_orientation) == (None, None, None)
    assert below.subject.age_years == 90
    assert traces_in((settings.store / image.location).read_bytes()[:200].decode("latin-1")) == []
    names = " ".join(str(path.relative_to(settings.originals.parent)) for path in settings.originals.parent.rglob("*"))
    assert traces_in(names) == []
    assert traces_in(caplog.text) == []


async def test_no_canary_is_in_a_refusal(take_in, canary_film, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    content = dicom_bytes(canary_film)
    canary_film.PixelData = canary_film.PixelData[:100]
    other = dicom_bytes(canary_film)
    canary_film.Rows = 60000
    canary_film.Columns = 60000
    for damaged in (content[:1200], content[:-100], other, dicom_bytes(canary_film), content[400:]):
        with pytest.raises(RefusedInput) as refusal:
            await take_in(damaged)
        assert traces_in(str(refusal.value)) == []
    out, err = capfd.readouterr()
    assert traces_in(out + err + caplog.text) == []


async def test_limitations_hold_our_words_only(take_in, canary_film):
    content = dicom_bytes(canary_film)
    study = await take_in(content, content[:-500])
    assert study.limitations
    assert traces_in(json.dumps([limitation.model_dump() for limitation in study.limitations])) == []


async def test_every_canary_is_known_to_the_masking(take_in, canary_film):
    study = await take_in(dicom_bytes(canary_film))
    known = " ".join(study.identifiers).lower()
    for name in ("fieldone", "canarytwo", "fieldfive", "fieldnested", "fieldrequesting", "canaryfifteen", "19210203"):
        assert name in known


async def test_exports_get_everything_back(take_in, canary_film):
    study = await take_in(dicom_bytes(canary_film))
    identity = identity_of(study)
    assert identity.patient.name == "Canaria^Fieldone"
    assert identity.order.accession_number == "CANARYTEN10"
    assert identity.study_instance_uid == canary_film.StudyInstanceUID
    (image,) = deidentify(study).images
    assert identity.image(image.image_id).sop_instance_uid == canary_film.SOPInstanceUID
    assert identity.image("image-9") is None


@pytest.mark.parametrize(
    ("modality", "burned_in", "crosses"),
    [
        ("DX", None, True),
        ("DX", "NO", True),
        ("DX", "YES", False),
        ("US", None, False),
        ("OT", None, False),
        ("SC", None, False),
        ("US", "NO", True),
    ],
)
async def test_an_image_that_may_show_a_name_stays_behind(take_in, film, modality, burned_in, crosses):
    dataset = radiograph_dataset(film.pixels, BurnedInAnnotation=burned_in)
    dataset.Modality = modality
    below = deidentify(await take_in(dicom_bytes(dataset)))
    assert len(below.images) == crosses
    withheld = [limitation for limitation in below.limitations if limitation.reason is LimitationReason.WITHHELD]
    assert len(withheld) == (not crosses)


async def test_a_captured_screen_stays_behind_and_a_digitised_film_does_not(take_in, film):
    for modality, crosses in (("XC", False), ("CR", True)):
        dataset = radiograph_dataset(film.pixels, BurnedInAnnotation=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
        dataset.Modality = modality
        assert len(deidentify(await take_in(dicom_bytes(dataset))).images) == crosses


async def test_a_history_is_masked_like_an_indication_and_left_out_where_that_is_not_sure(take_in, film):
    dataset = radiograph_dataset(film.pixels)
    dataset.AdditionalPatientHistory = "Cough and fever since 12/03/2021, seen by Dr. Miller."
    below = deidentify(await take_in(dicom_bytes(dataset)))
    assert below.history is not None and below.history.startswith("Cough and fever")
    assert not any(piece in below.history for piece in ("2021", "Miller"))
    sent = await take_in(dicom_bytes(dataset), order=OrderRequest(history="Smith John"))
    below = deidentify(sent)
    assert below.history is None, "the order as sent wins over the copy in the header"
    assert [limitation.what for limitation in below.limitations] == ["history"]


async def test_an_indication_that_is_not_sure_is_left_out_and_said_so(take_in, film):
    study = await take_in(dicom_bytes(radiograph_dataset(film.pixels)), order=OrderRequest(indication="Smith John"))
    below = deidentify(study)
    assert below.indication is None
    assert [limitation.what for limitation in below.limitations] == ["indication"]
