"""Messages as vendors send them: what each is read as is kept beside it, and each gets a valid reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message
from hl7apy.parser import parse_message, parse_segments

from orchestrator.gateway.hl7.adt import patients_of
from orchestrator.gateway.hl7.desk import Hl7Desk
from orchestrator.gateway.hl7.header import decoded, header_of
from orchestrator.gateway.hl7.message import parsed
from orchestrator.gateway.hl7.tables import Hl7Listener
from orchestrator.records import Records

GOLDEN = Path(__file__).parents[3] / "golden/hl7"
MESSAGES = sorted(GOLDEN.glob("*.hl7"))


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


@pytest.mark.parametrize("path", [one for one in MESSAGES if one.stem.startswith(("ihe", "oru", "adt"))],
                         ids=lambda path: path.stem)  # fmt: skip
def test_the_messages_themselves_are_valid(path: Path):
    """hl7apy validates OMI and ORU; of valid ORM^O01 it says that they are not (its issue 151)."""
    data = path.read_bytes()
    parse_message(decoded(data, header_of(data)), validation_level=VALIDATION_LEVEL.TOLERANT)


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
