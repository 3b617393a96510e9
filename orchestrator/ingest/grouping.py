"""Decoded images to one study: which belong together, in which order, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.errors import AnotherPatient, RefusedInput
from orchestrator.ingest.decoded import Decoded, HeaderFacts
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.study import Instance, Order, Patient, Series, Study
from orchestrator.vocabulary import body_part_term, modality_term, orientation_terms, view_position_term
from services.contract import ImageReference, Limitation, Subject

Read = tuple[ReceivedFile, Decoded]
SOURCE = "ingest"


def study_of(
    read: Sequence[Read], order: OrderRequest | None, study_id: str, limitations: tuple[Limitation, ...]
) -> Study:
    """Return the study that the images make.

    Images are numbered ``image-1``, ``image-2``, ... by series and instance number, so that the same
    files make the same study in whatever order they came.

    Raises
    ------
    RefusedInput
        If they belong to more than one study, or to more than one patient.
    """
    ordered = sorted(_without_doubles(read), key=_place)
    headers = [decoded.header for _, decoded in ordered]
    uids = {header.study_instance_uid for header in headers if header.study_instance_uid}
    _refuse_several(headers, uids)
    _refuse_another_patient(headers, order)
    first = next((header for header in headers if header.study_instance_uid), headers[0])
    instances = [_instance(number, file, decoded, order) for number, (file, decoded) in enumerate(ordered, 1)]
    return Study(
        study_id=study_id,
        study_instance_uid=first.study_instance_uid or _uid_of(ordered[0][0].sha256, "1"),
        study_datetime=first.study_datetime,
        patient=_patient(first, order),
        order=_order(first, order),
        subject=_subject(first, order),
        series=tuple(_series(instances, headers, ordered[0][0].sha256)),
        identifiers=tuple(dict.fromkeys(value for header in headers for value in header.identifiers)),
        limitations=limitations + tuple(_caveats(ordered)),
    )


def _refuse_several(headers: Sequence[HeaderFacts], uids: set[str]) -> None:
    if len(uids) > 1:
        raise RefusedInput("the upload holds more than one study; send each study by itself")
    people = {
        (header.patient.issuer_of_patient_id, header.patient.patient_id)
        for header in headers
        if header.patient.patient_id
    }
    if len(people) > 1:
        raise RefusedInput("the images of the upload name more than one patient; send each study by itself")


def _refuse_another_patient(headers: Sequence[HeaderFacts], order: OrderRequest | None) -> None:
    """An order that came with the images and names another patient than they do is nobody's to choose between."""
    asked = (order.patient_id or "").strip() if order else ""
    named = {(header.patient.patient_id or "").strip() for header in headers} - {""}
    if asked and named and named != {asked}:
        raise AnotherPatient("the order names another patient than the images; send each with what belongs to it")


def _without_doubles(read: Sequence[Read]) -> list[Read]:
    """Keep the first of several files with one SOP Instance UID and the same pixels."""
    kept: dict[tuple[str, str], Read] = {}
    for file, decoded in sorted(read, key=lambda one: one[0].sha256):
        uid = decoded.header.sop_instance_uid
        kept.setdefault((uid or file.sha256, decoded.pixels.sha256), (file, decoded))
    return list(kept.values())


def _place(read: Read) -> tuple[int, str, int, str, str]:
    file, header = read[0], read[1].header
    last = 2**31
    return (
        last if header.series_number is None else header.series_number,
        header.series_instance_uid or "",
        last if header.instance_number is None else header.instance_number,
        header.sop_instance_uid or "",
        file.sha256,
    )


def _instance(number: int, file: ReceivedFile, decoded: Decoded, order: OrderRequest | None) -> Instance:
    header = decoded.header
    view = view_position_term(header.view_position) or (order.view_position if order else None)
    image = ImageReference(
        image_id=f"image-{number}",
        **decoded.pixels.model_dump(exclude={"window"}),
        window=decoded.pixels.window,
        spacing_mm=header.spacing_mm,
        spacing_source=header.spacing_source,
        modality=modality_term(header.modality),
        body_part=body_part_term(header.body_part),
        view_position=view,
        patient_orientation=orientation_terms(header.patient_orientation or ()),
        burned_in_annotation=header.burned_in_annotation,
        presentation_intent=header.presentation_intent,
    )
    return Instance(
        sop_instance_uid=header.sop_instance_uid or _uid_of(file.sha256, "3"),
        sop_class_uid=header.sop_class_uid,
        source=file.path,
        source_sha256=file.sha256,
        image=image,
        frame_count=decoded.frame_count,
    )


def _series(instances: Sequence[Instance], headers: Sequence[HeaderFacts], sha256: str) -> list[Series]:
    groups: dict[str, list[Instance]] = {}
    for instance, header in zip(instances, headers, strict=True):
        groups.setdefault(header.series_instance_uid or _uid_of(sha256, "2"), []).append(instance)
    return [
        Series(series_instance_uid=uid, modality=group[0].image.modality, instances=tuple(group))
        for uid, group in groups.items()
    ]


def _uid_of(sha256: str, level: str) -> str:
    """Return a UID for what came without one, derived from its bytes (PS3.5 B.2), the same each time."""
    return f"2.25.{int(level + sha256[:30], 16)}"


def _patient(header: HeaderFacts, order: OrderRequest | None) -> Patient:
    if order is None:
        return header.patient
    patient = header.patient
    return patient.model_copy(
        update={
            "patient_id": patient.patient_id or order.patient_id,
            "name": patient.name or order.patient_name,
            "birth_date": patient.birth_date or order.birth_date,
            "sex": patient.sex or order.sex,
        }
    )


def _order(header: HeaderFacts, order: OrderRequest | None) -> Order:
    """The order as sent wins over the copy of it in the image header."""
    if order is None:
        return header.order
    sent = {name: value for name, value in order.model_dump(include=set(Order.model_fields)).items() if value}
    return header.order.model_copy(update=sent)


def _subject(header: HeaderFacts, order: OrderRequest | None) -> Subject:
    age, sex = header.age_years, header.sex
    if order is not None:
        age = order.age_years if age is None else age
        sex = sex or order.sex
    if age is not None and age > 89:
        age = 90.0
    return Subject(age_years=age, sex=sex)


def _caveats(ordered: Sequence[Read]) -> list[Limitation]:
    return [
        Limitation(what=c.what, reason=c.reason, detail=c.detail, source=SOURCE, image_id=f"image-{number}")
        for number, (_, decoded) in enumerate(ordered, 1)
        for c in decoded.caveats
    ]
