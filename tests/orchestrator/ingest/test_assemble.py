"""What belongs together becomes one study; what does not is refused."""

import pytest

from orchestrator.errors import AnotherPatient, RefusedInput, UnreadableImage
from orchestrator.ingest.paths import study_from_paths
from orchestrator.ingest.received import OrderRequest
from tests.drawn.dicom import dicom_bytes, png_bytes, radiograph_dataset
from tests.orchestrator.ingest.conftest import shared_data

pytestmark = pytest.mark.asyncio(loop_scope="session")


def instance(film, number: int, **attributes) -> bytes:
    pixels = film.pixels.copy()
    pixels[0, 0] = number
    dataset = radiograph_dataset(pixels, InstanceNumber=str(number), SOPInstanceUID=f"1.2.3.{number}", **attributes)
    return dicom_bytes(dataset)


async def test_images_are_numbered_by_their_place_in_the_study_not_by_arrival(take_in, film):
    first, second = instance(film, 1), instance(film, 2)
    one, other = await take_in(first, second), await take_in(second, first)
    assert one.series == other.series
    assert [i.image.image_id for i in one.series[0].instances] == ["image-1", "image-2"]
    assert [i.sop_instance_uid for i in one.series[0].instances] == ["1.2.3.1", "1.2.3.2"]


async def test_the_same_bytes_twice_count_once(take_in, film):
    content = instance(film, 1)
    study = await take_in(content, content)
    assert len(study.series[0].instances) == 1


async def test_two_studies_in_one_upload_are_refused(take_in, film):
    with pytest.raises(RefusedInput, match="more than one study"):
        await take_in(instance(film, 1), instance(film, 2, StudyInstanceUID="1.2.4"))


async def test_two_patients_in_one_upload_are_refused(take_in, film):
    with pytest.raises(RefusedInput, match="more than one patient"):
        await take_in(instance(film, 1), instance(film, 2, PatientID="ANOTHER"))


async def test_two_series_stay_two(take_in, film):
    study = await take_in(
        instance(film, 1), instance(film, 2, SeriesInstanceUID="1.2.5", SeriesNumber="2", ViewPosition="LL")
    )
    assert [len(series.instances) for series in study.series] == [1, 1]


async def test_an_order_fills_what_the_header_leaves_empty(take_in, film):
    order = OrderRequest(patient_name="Order^Name", patient_id="P1", accession_number="A-9", indication="Cough")
    study = await take_in(png_bytes(film.pixels), order=order)
    assert (study.patient.name, study.order.accession_number, study.order.indication) == ("Order^Name", "A-9", "Cough")
    study = await take_in(instance(film, 1), order=order.model_copy(update={"patient_id": None}))
    assert study.patient.name == "Phantom^Drawn"
    assert study.order.accession_number == "A-9"


async def test_an_order_of_another_patient_is_not_chosen_over_the_header_nor_the_header_over_it(take_in, film):
    with pytest.raises(AnotherPatient):
        await take_in(instance(film, 1), order=OrderRequest(patient_id="P1", patient_name="Phantom^Drawn"))


async def test_a_folder_is_read_like_an_upload(settings, children, film, tmp_path):
    folder = tmp_path / "study"
    (folder / "series").mkdir(parents=True)
    (folder / "series" / "1.dcm").write_bytes(instance(film, 1))
    (folder / "2.dcm").write_bytes(instance(film, 2))
    (folder / "DICOMDIR").write_bytes(b"index")
    (folder / ".hidden").write_bytes(b"not seen")
    study = await study_from_paths([folder], settings, children=children)
    assert len(study.series[0].instances) == 2
    assert study.limitations == ()


async def test_a_missing_path_is_refused_without_its_name(settings, children, tmp_path):
    with pytest.raises(UnreadableImage) as refusal:
        await study_from_paths([tmp_path / "Jane Canary.dcm"], settings, children=children)
    assert "Canary" not in str(refusal.value)


async def test_every_sample_gives_an_image_or_a_typed_refusal(settings, children):
    samples = sorted((shared_data() / "dicom_samples").glob("*.dcm"))
    assert samples
    read = 0
    for sample in samples:
        try:
            study = await study_from_paths([sample], settings, children=children)
        except RefusedInput:
            continue
        read += 1
        image = study.series[0].instances[0].image
        assert (settings.store / image.location).is_file()
    assert read == len(samples)
