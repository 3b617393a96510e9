"""Made-up names that must not turn up, and every shape in which one could."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from pydicom.dataset import Dataset
from redis import Redis

HEADER: dict[str, object] = {
    "PatientName": "Kanarienfürst^Ysolde^Quenby",  # PN
    "OtherPatientNames": "Kanarienmädchen^Ysolde",  # PN
    "PatientMotherBirthName": "Kanarienmutter^Wilhelmina",  # PN
    "ReferringPhysicianName": "Kanarienarzt^Thaddäus",  # PN
    "OperatorsName": "Kanarienhand^Xaver",  # PN
    "PatientID": "KNRY-ID-440771",  # LO
    "OtherPatientIDs": ["KNRY-OTHER-993155", "KNRY-OTHER-993156"],  # LO
    "InstitutionName": "Kanarienspital Hinterwald",  # LO
    "StudyDescription": "Kanarienlunge privat",  # LO
    "DeviceSerialNumber": "KNRY-DEV-70032",  # LO
    "AccessionNumber": "KNRYACC5150",  # SH
    "StudyID": "KNRYSTUDY8",  # SH
    "StationName": "KNRYSTATION",  # SH
    "PatientTelephoneNumbers": "+41 79 5550 731",  # SH
    "PatientAddress": "Kanariengasse 17",  # LO
    "InstitutionAddress": "Kanarienplatz 3, Vogelsberg",  # ST
    "PatientComments": "kanarienkommentar vom Nachbarn",  # LT
    "AdditionalPatientHistory": "kanarienhistorie seit Ostern",  # LT
    "RequestAttributesSequence": [],  # SQ, filled below: UT, PN two levels down
    "PatientBirthDate": "19430217",  # DA
    "StudyDate": "20190811",  # DA
    "ContentTime": "043917.271828",  # TM
    "AcquisitionNumber": "61893307",  # IS
    "PatientWeight": "71.31709",  # DS
    "PatientReligiousPreference": "kanarienglaube",  # LO
    "BodyPartExamined": "CHEST",
    "StudyInstanceUID": "1.2.826.0.1.3680043.77.440771.1",  # UI
    "SeriesInstanceUID": "1.2.826.0.1.3680043.77.440771.2",
    "SOPInstanceUID": "1.2.826.0.1.3680043.77.440771.3",
}
"""Keyword and value, of every value representation that can carry a name."""

INDICATION = (
    "Cough and fever for three days, rule out pneumonia. Ysolde Kanarienfürst, born 17.02.1943, KNRY-ID-440771, "
    "asked by Dr. Thaddäus Kanarienarzt, Kanarienspital, call +41 79 5550 731."
)
ORDER: dict[str, object] = {
    "accession_number": "KNRYORDERACC6161",
    "placer_order_number": "KNRYPLACER7272",
    "filler_order_number": "KNRYFILLER8383",
    "referring_physician": "Kanarienprofessor^Ägidius",
    "requested_procedure": "Kanarienaufnahme stehend",
    "patient_id": "KNRYORDERPID9494",
    "patient_name": "Kanarienkind^Philomena",
    "birth_date": "19880923",
    "indication": "Cough since last week, Philomena Kanarienkind, KNRYORDERPID9494, please rule out pneumonia.",
}
FILE_NAME = "Kanariendatei_Ysolde_440771.dcm"
MEMBER_NAME = "Kanarienordner/Kanarienbild Ysolde.dcm"
NESTED_NAME, NESTED_TEXT, PRIVATE = "Kanarientief^Nepomuk", "kanarientext der Anforderung", "kanarienprivat 2718281"

TRACES = (
    "kanarien", "ysolde", "quenby", "wilhelmina", "thaddäus", "nepomuk", "philomena", "ägidius", "hinterwald",
    "vogelsberg", "knry-i", "knry-o", "knry-d", "knry-k", "knryacc", "knrystu", "knrysta", "knryord", "knrypla",
    "knryfil", "knry pr", "440771", "993155", "993156", "5550 731", "5550731", "19430217", "1943-02-17",
    "17.02.1943", "20190811", "2019-08-11", "043917", "271828", "61893307", "71.31709", "19880923", "1988-09-23",
    "1.2.826.0.1.3680043.77",
)  # fmt: skip
"""What is looked for, in lower case: whole values and the parts by which a person could be found. Shorter ones would
stand in the bytes of a film by chance."""
DIGITS = frozenset({"271828", "043917", "440771", "993155", "993156"})
"""These also stand in a hash or a fraction of a second by chance: looked for as a word of their own."""


def with_canaries(dataset: Dataset) -> Dataset:
    """Fill a film's header with every canary, two levels deep and in private elements too."""
    for keyword, value in HEADER.items():
        setattr(dataset, keyword, value)
    code = Dataset()
    code.PatientName, code.CodeMeaning = NESTED_NAME, "Kanariencode"
    item = Dataset()
    item.RequestingPhysician, item.ScheduledProcedureStepDescription = NESTED_NAME, "Kanarienschritt"
    item.ReasonForTheRequestedProcedure, item.RequestedProcedureCodeSequence = "Kanariengrund", [code]
    dataset.RequestAttributesSequence = [item]
    dataset.ReasonForTheRequestedProcedure = INDICATION
    dataset.add_new(0x00402400, "LT", NESTED_TEXT)
    dataset.add_new(0x00420010, "ST", "kanariendokument")
    dataset.add_new(0x0040A160, "UT", "kanarientextwert, unbegrenzt lang")
    block = dataset.private_block(0x0009, "KNRY PRIVATE", create=True)
    block.add_new(1, "LO", PRIVATE)
    block.add_new(2, "UN", PRIVATE.encode())
    return dataset


def found_in(content: bytes) -> list[str]:
    """Return every canary that stands in some bytes: in UTF-8, Latin-1 or UTF-16, quoted, escaped, or in base64."""
    lowered = content.lower()
    plain = [trace for trace in TRACES if any(_stands(shape, lowered, trace) for shape in _shapes(trace))]
    encoded = [trace for trace in TRACES for case in _cases(trace) if any(one in content for one in _base64(case))]
    return sorted({*plain, *encoded})


def _stands(shape: bytes, content: bytes, trace: str) -> bool:
    if trace in DIGITS:
        return re.search(rb"(?<![0-9a-f.])" + re.escape(shape) + rb"(?![0-9a-f])", content) is not None
    return shape in content


def _shapes(trace: str) -> set[bytes]:
    written = {trace, quote(trace), quote_plus(trace), json.dumps(trace).strip('"')}
    shapes = {one.lower().encode(code) for one in written for code in ("utf-8", "latin-1", "utf-16-le")}
    return shapes - {b""}


def _cases(trace: str) -> set[str]:
    return {trace, trace.upper(), trace.capitalize(), trace.title()} if len(trace) >= 6 else set()


def _base64(text: str) -> list[bytes]:
    """Return what a text looks like inside base64, at each of the three places where it can begin."""
    content = text.encode()
    pieces = []
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + content).rstrip(b"=")
        whole = encoded[(shift * 8 + 5) // 6 : (shift + len(content)) * 8 // 6]
        pieces.append(whole)
    return [piece for piece in pieces if len(piece) >= 7]


def everything_in(url: str) -> bytes:
    """Return every key of a Redis, with its value as it was put in and as Redis writes it to disk.

    On disk a name can hide in what is compressed; who reads a stream stands nowhere else.
    """
    with Redis.from_url(url) as redis:
        read = {
            b"string": redis.get,
            b"hash": redis.hgetall,
            b"stream": redis.xrange,
            b"set": redis.smembers,
            b"list": lambda key: redis.lrange(key, 0, -1),
            b"zset": lambda key: redis.zrange(key, 0, -1),
        }
        found = [(key, read[redis.type(key)](key), redis.dump(key)) for key in redis.scan_iter()]
    return b"\n".join(_bytes_in(found))


def _bytes_in(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _bytes_in([*value.items()])
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _bytes_in(one)
