"""Peers that would lock the door, fill the memory or come in where they may not: others are served all the while."""

from __future__ import annotations

import asyncio
import random
import struct
import time

import pytest

from deploy.mutation.damage import BYTE_MUTATIONS
from deploy.mutation.peer import RELEASE, Peer, associate_request, store_request
from orchestrator.gateway.dimse import pdu
from orchestrator.gateway.dimse.contexts import STORAGE_CLASSES, TRANSFER_SYNTAXES, answer
from orchestrator.records.arrivals import ArrivalState
from tests.drawn.dicom import dicom_bytes
from tests.orchestrator.gateway.conftest import film, gateway, run

TABLE = """
[dicom]
port = 0
associations = 4
associations_of_a_peer = 4
request_timeout_s = 1.0
idle_s = 2.0
object_mb = 1
calling_ae_titles = ["PEER", "STORESCU", "ECHOSCU"]
"""


@pytest.fixture
async def hall(settings, tmp_path):
    async with gateway(settings, tmp_path / "hospital", TABLE) as opened:
        yield opened


def peer_of(hall) -> Peer:
    return Peer(*hall.addresses["dicom"])


def data_set(seed: int = 0, **attributes: object) -> bytes:
    content = dicom_bytes(film(seed, **attributes))
    return content[144 + int.from_bytes(content[140:144], "little") :]


async def connect(hall, count: int, first: bytes = b""):
    opened = [await asyncio.open_connection(*hall.addresses["dicom"]) for _ in range(count)]
    for _, writer in opened:
        writer.write(first)
    return opened


async def test_three_hundred_silent_sockets_lock_nobody_out(hall):
    silent = await connect(hall, 300)
    started = time.monotonic()
    code, said = await run("echoscu", "-aec", "WETREAD", *hall.addresses["dicom"])
    assert (code, time.monotonic() - started < 5) == (0, True), said
    for reader, writer in silent:
        async with asyncio.timeout(10):
            assert b"" in {await reader.read(10), await reader.read(10)}
        writer.close()


async def test_idle_associations_give_their_place_to_one_that_has_something_to_say(hall):
    idle = await connect(hall, 4, associate_request())
    for reader, _ in idle:
        assert (await pdu.read_pdu(reader, 1 << 16))[0] is pdu.PduType.ASSOCIATE_AC
    assert await peer_of(hall).say(associate_request()) == "ASSOCIATE_RJ"
    async with asyncio.timeout(20):
        while (await peer_of(hall).store([data_set()])) != [0xB007]:
            await asyncio.sleep(0.3)
    for _, writer in idle:
        writer.close()


@pytest.mark.parametrize(
    ("stream", "heard"),
    [
        (b"\x01\x00\xff\xff\xff\xff" + bytes(100), "ABORT"),
        (associate_request() + b"\x04\x00\xff\xff\xff\xff" + bytes(100), "ASSOCIATE_AC+ABORT"),
        (b"\x09\x00\x00\x00\x00\x04" + bytes(4), "ABORT"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "ABORT"),
        (associate_request(called="SOMEBODY"), "ASSOCIATE_RJ"),
        (associate_request(calling="STRANGER"), "ASSOCIATE_RJ"),
        (associate_request() + associate_request(), "ASSOCIATE_AC+ABORT"),
        (associate_request() + RELEASE, "ASSOCIATE_AC+RELEASE_RP"),
    ],
)
async def test_what_breaks_the_protocol_or_may_not_in_is_told_so_at_once(hall, stream, heard):
    started = time.monotonic()
    assert await peer_of(hall).say(stream) == heard
    assert time.monotonic() - started < 2


async def test_an_address_that_is_not_listed_is_not_even_read(settings, tmp_path):
    async with gateway(settings, tmp_path / "hospital", '[dicom]\nport = 0\nnetworks = ["10.0.0.0/8"]\n') as hall:
        assert await peer_of(hall).say(associate_request()) == "closed"


async def test_a_peer_that_stops_in_the_middle_of_an_object_is_aborted_and_leaves_nothing(hall):
    request = associate_request() + store_request(1, data_set())[:400]
    (reader, writer), *_ = await connect(hall, 1, request)
    assert (await pdu.read_pdu(reader, 1 << 16))[0] is pdu.PduType.ASSOCIATE_AC
    async with asyncio.timeout(10):
        assert (await pdu.read_pdu(reader, 1 << 16))[0] is pdu.PduType.ABORT
    writer.close()
    async with asyncio.timeout(10):
        while list((hall.settings.originals / ".incoming").glob("*")):
            await asyncio.sleep(0.05)


async def test_an_object_beyond_the_limit_is_refused_and_the_next_one_taken(hall):
    large = (
        data_set(1, PatientComments=None)
        + struct.pack("<HH2sHI", 0x7FE1, 0x1010, b"OB", 0, 1_200_000)
        + bytes(1_200_000)
    )
    assert await peer_of(hall).store([large, data_set()]) == [0xA700, 0xB007]


async def test_a_full_disk_is_said_and_nothing_is_kept(settings, tmp_path):
    async with gateway(settings, tmp_path / "hospital", "[dicom]\nport = 0\nfree_disk_mb = 100000000\n") as hall:
        assert await peer_of(hall).store([data_set()]) == [0xA700]
        assert hall.records.arrivals.objects(film().StudyInstanceUID) == ()


async def test_the_same_object_again_is_acknowledged_and_kept_once(hall):
    assert await peer_of(hall).store([data_set(), data_set()]) == [0xB007, 0xB007]
    assert await peer_of(hall).store([data_set()]) == [0xB007]
    assert len(hall.records.arrivals.objects(film().StudyInstanceUID)) == 1


async def test_an_unreadable_object_is_kept_with_the_study_it_came_with(hall):
    assert await peer_of(hall).store([data_set(), b"\xff" * 500]) == [0xB007, 0xC000]
    states = [one.state for one in hall.records.arrivals.objects(film().StudyInstanceUID)]
    assert states == [ArrivalState.KEPT, ArrivalState.UNREADABLE]


async def test_an_object_is_not_read_faster_than_allowed(settings, tmp_path):
    async with gateway(settings, tmp_path / "hospital", "[dicom]\nport = 0\nobjects_per_s = 4\n") as hall:
        started = time.monotonic()
        await peer_of(hall).store([data_set(seed) for seed in range(8)])
        assert time.monotonic() - started > 0.9


def test_every_storage_class_and_every_encoding_of_an_object_is_taken():
    for sop_class in STORAGE_CLASSES:
        for syntax in TRANSFER_SYNTAXES:
            proposed = pdu.ProposedContext(1, sop_class, (syntax,))
            assert answer(proposed) == (1, 0, syntax)
    assert answer(pdu.ProposedContext(1, "1.2.840.10008.5.1.4.31", ("1.2.840.10008.1.2",))).result == 3
    assert answer(pdu.ProposedContext(1, next(iter(STORAGE_CLASSES)), ("1.2.3",))).result == 4


def test_no_damaged_request_makes_the_reader_stumble():
    chance = random.Random(11)
    body = associate_request()[6:]
    for _ in range(3000):
        damaged = chance.choice(BYTE_MUTATIONS)(body, chance)
        try:
            pdu.decode_request(damaged)
        except pdu.Malformed:
            continue


def test_what_we_decode_is_what_pynetdicom_encodes():
    from pynetdicom import AE, StoragePresentationContexts
    from pynetdicom.pdu import A_ASSOCIATE_RQ
    from pynetdicom.pdu_primitives import A_ASSOCIATE, MaximumLengthNotification

    entity = AE(ae_title="OTHER")
    entity.requested_contexts = StoragePresentationContexts
    asked = A_ASSOCIATE()
    asked.application_context_name = pdu.APPLICATION_CONTEXT
    asked.calling_ae_title, asked.called_ae_title = "OTHER", "WETREAD"
    length = MaximumLengthNotification()
    length.maximum_length_received = 4242
    asked.user_information = [length]
    for number, context in enumerate(entity.requested_contexts):
        context.context_id = 2 * number + 1
    asked.presentation_context_definition_list = entity.requested_contexts
    request = A_ASSOCIATE_RQ()
    request.from_primitive(asked)
    decoded = pdu.decode_request(request.encode()[6:])
    assert (decoded.calling_ae_title, decoded.called_ae_title, decoded.maximum_length) == ("OTHER", "WETREAD", 4242)
    assert [context.abstract_syntax for context in decoded.contexts] == [
        context.abstract_syntax for context in StoragePresentationContexts
    ]
