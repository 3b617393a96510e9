"""Messages as vendors send them: what each is read as is kept beside it, and each gets a valid reply."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message
from hl7apy.parser import parse_message, parse_segment, parse_segments

from orchestrator.gateway.hl7.acknowledgement import acknowledge
from orchestrator.gateway.hl7.adt import patients_of
from orchestrator.gateway.hl7.desk import Hl7Desk
from orchestrator.gateway.hl7.header import decoded, header_of
from orchestrator.gateway.hl7.message import parsed
from orchestrator.gateway.hl7.refusal import UnacceptableMessage
from orchestrator.gateway.hl7.tables import Hl7Listener
from orchestrator.records import Records

GOLDEN = Path(__file__).parents[3] / "golden/hl7"
TWINS = GOLDEN / "conforming"
"""The same messages as the standard would have them, where the vendor's own are not: no PV1 in an A03, PID-2 for PID-3,
an IPC of one field in an ORM, the null of HL7 in a telephone number (which hl7apy does not know), and of 2.3 ORC-7."""
MESSAGES = sorted(GOLDEN.glob("*.hl7"))
ORM_O01 = re.compile(
    "MSH( NTE)*( PID( PD1)?( NTE)*( PV1( PV2)?)?( IN1( IN2)?( IN3)?)*( GT1)?( AL1)*)?"
    "( ORC( (OBR|RQD|RQ1|RXO|ODS|ODT)( NTE)*( CTD)?( DG1)*( OBX( NTE)*)*)?( FT1)*( CTI)*( BLG)?)+"
)
"""HL7 v2.5 4.4.1."""


def conforming(path: Path) -> Path:
    twin = TWINS / path.name
    return twin if twin.exists() else path


def read_as(path: Path) -> object:
    data = path.read_bytes()
    header = header_of(data)
    desk = Hl7Desk(None, Hl7Listener(name="test"))  # type: ignore[arg-type]
    incoming = desk._incoming(parsed(decoded(data, header), header), header)
    return [{type(one).__name__: json.loads(one.model_dump_json(exclude_defaults=True))} for one in incoming]


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_it_is_read_as_it_is_meant(path: Path):
    assert read_as(path) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_the_reply_is_one_that_hl7apy_finds_nothing_wrong_with(path: Path, records: Records):
    data = path.read_bytes()
    header = header_of(data)
    reply = Hl7Desk(records, Hl7Listener(name="test")).answer(data).message.decode(header.codec)
    assert valid(reply)
    assert (said(reply, "MSA", 1), said(reply, "MSA", 2)) == (
        "CA" if header.asks_for_receipt_only else "AA", header.control_id)  # fmt: skip


@pytest.mark.parametrize("path", [conforming(one) for one in MESSAGES if "_orm" not in one.stem],
                         ids=lambda path: path.stem)  # fmt: skip
def test_hl7apy_finds_nothing_wrong_with_any_omi_oru_or_adt(path: Path):
    """Strictly, as the standard has them; where a vendor's own style is not, its twin that is."""
    data = path.read_bytes()
    assert parse_message(decoded(data, header_of(data)), validation_level=VALIDATION_LEVEL.STRICT).validate()


@pytest.mark.parametrize("path", [conforming(one) for one in MESSAGES if "_orm" in one.stem],
                         ids=lambda path: path.stem)  # fmt: skip
def test_every_orm_has_its_segments_in_order_and_hl7apy_finds_nothing_wrong_with_any(path: Path):
    """Of a whole ORM^O01 hl7apy asks for every one of the segments that exclude each other (its issue 151)."""
    data = path.read_bytes()
    header = header_of(data)
    lines = [line for line in decoded(data, header).replace("\n", "\r").split("\r") if line.strip()]
    assert ORM_O01.fullmatch(" ".join(line[:3] for line in lines if not line.startswith("Z")))
    signs = dict(zip(("FIELD", "COMPONENT", "REPETITION", "ESCAPE", "SUBCOMPONENT"), header.delimiters, strict=True))
    for line in lines[1:]:
        if not line.startswith("Z"):  # no table of the standard's knows what is in them
            read = parse_segment(line, header.version, encoding_chars=signs, validation_level=VALIDATION_LEVEL.STRICT)
            assert read.validate()


@pytest.mark.parametrize("path", sorted(TWINS.glob("*.hl7")), ids=lambda path: path.stem)
def test_a_conforming_twin_says_what_the_vendor_says(path: Path):
    assert read_as(path) == json.loads((GOLDEN / path.with_suffix(".json").name).read_text())


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7"])
def test_a_refusal_too_is_a_reply_that_hl7apy_finds_nothing_wrong_with(version: str):
    """With its ERR, in either mode. Of 2.1 hl7apy asks for a second component of every time, which none has."""
    for code, answer in ((100, "AR"), (101, "AE"), (103, "AE"), (207, "AE")):
        for enhanced in ("", "|||AL|NE"):
            line = f"MSH|^~\\&|RIS|HOSP|IM|HOSP|20260302133500||ORM^O01|7|P|{version}{enhanced}\r"
            refusal = UnacceptableMessage(code, "PID-3.1", "no patient identifier", answer)  # type: ignore[arg-type]
            reply = acknowledge(header_of(line.encode()), refusal).decode()
            assert valid(reply)
            assert said(reply, "MSA", 1) == (answer.replace("A", "C", 1) if enhanced else answer)


def valid(reply: str) -> bool:
    """Before version 2.4 a reply does not name its structure, and hl7apy must be told."""
    version = said(reply, "MSH", 11)
    acknowledgement = Message("ACK", version=version, validation_level=VALIDATION_LEVEL.STRICT)
    acknowledgement.children = parse_segments(
        reply, version, validation_level=VALIDATION_LEVEL.STRICT, references=acknowledgement.reference
    )
    return bool(acknowledgement.validate())


def said(reply: str, segment: str, field: int) -> str:
    line = next(one for one in reply.split("\r") if one.startswith(segment))
    return line.split("|")[field]


def test_an_event_without_meaning_here_says_nothing():
    assert patients_of([], "A03") == []
