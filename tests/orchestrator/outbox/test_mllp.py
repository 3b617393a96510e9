"""HL7 over MLLP to a receiver that is there, slow, confused, refusing, or gone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.exports.hl7v2 import OruStyle, control_id
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.mllp import MllpCourier, parse_acknowledgement
from orchestrator.outbox.tables import Mllp, Tls
from tests.orchestrator.exports.fixed_draft import draft, places_by_hand, study
from tests.orchestrator.exports.test_signed import shortened
from tests.orchestrator.outbox.conftest import HERE
from tests.orchestrator.outbox.peers import (
    AnswersLastFirst,
    Behaviour,
    MllpReceiver,
    ack,
    answers,
    certificates_in,
    free_port,
    hangs_up,
    is_silent,
    running,
    takes,
    talks_rubbish,
)
from tests.orchestrator.releases import signed

COMMIT = OruStyle(accept_acknowledgement="AL", application_acknowledgement="NE")
TO_THE_END = OruStyle(accept_acknowledgement="AL", application_acknowledgement="AL")


def courier_to(receiver: MllpReceiver, style: OruStyle | None = None, **more: object) -> MllpCourier:
    there = {"name": "ris", "kind": "mllp", "host": "127.0.0.1", "port": receiver.port, "timeout_s": 20, **more}
    return MllpCourier(Mllp.model_validate({**there, "style": style or OruStyle()}), HERE)


async def delivered(letter: Letter, behaviour: Behaviour, style: OruStyle | None = None, timeout_s: float = 20) -> str:
    receiver = MllpReceiver(behaviour)
    with running(receiver):
        courier = courier_to(receiver, style, timeout_s=timeout_s)
        try:
            return await courier.deliver(letter)
        finally:
            await courier.close()


def letters(number: int, store: Path) -> list[Letter]:
    places = places_by_hand()
    drafts = [draft(places).model_copy(update={"study_id": f"s-{one}"}) for one in range(number)]
    return [Letter(signed(one), study(places), store) for one in drafts]


async def test_a_message_is_taken_as_it_was_written_and_valid_to_a_parser_that_is_not_ours(letter: Letter):
    receiver = MllpReceiver()
    with running(receiver):
        assert await courier_to(receiver).deliver(letter) == "AA"
    [message] = receiver.received
    assert message.encode() == letter.oru(OruStyle())
    assert parse_message(shortened(message), validation_level=VALIDATION_LEVEL.STRICT).validate()
    assert receiver.control_ids == [control_id(letter.release)]


@pytest.mark.parametrize(("code", "error"), [("AE", None), ("AE", "102"), ("CE", None), ("AR", "201"), ("CR", "203")])
async def test_a_fault_in_the_message_is_for_a_person_to_look_at(letter: Letter, code: str, error: str | None):
    with pytest.raises(RefusedByReceiver, match=f"{code} ?{error or ''}"):
        await delivered(letter, answers(code, error))


@pytest.mark.parametrize(("code", "error"), [("AR", None), ("AR", "207"), ("CR", None)])
async def test_a_refusal_for_another_reason_is_tried_again(letter: Letter, code: str, error: str | None):
    with pytest.raises(TryAgain, match=code):
        await delivered(letter, answers(code, error))


@pytest.mark.parametrize("behaviour", [is_silent, hangs_up, talks_rubbish])
async def test_a_receiver_that_does_not_answer_well_is_asked_again(letter: Letter, behaviour: Behaviour):
    with pytest.raises(TryAgain):
        await delivered(letter, behaviour, timeout_s=1)


async def test_a_receiver_that_is_away_is_asked_again(letter: Letter):
    there = Mllp(name="ris", kind="mllp", host="127.0.0.1", port=free_port(), timeout_s=1)
    with pytest.raises(TryAgain, match="no connection"):
        await MllpCourier(there, HERE).deliver(letter)


async def test_after_a_bad_answer_the_next_message_goes_over_a_new_connection(letter: Letter):
    receiver = MllpReceiver(talks_rubbish)
    with running(receiver):
        courier = courier_to(receiver)
        with pytest.raises(TryAgain):
            await courier.deliver(letter)
        receiver.behaviour = takes
        assert await courier.deliver(letter) == "AA"


async def test_acknowledgements_out_of_order_are_matched_by_what_they_acknowledge(tmp_path: Path):
    receiver = MllpReceiver(AnswersLastFirst(5))
    with running(receiver):
        courier = courier_to(receiver, timeout_s=20)
        sent = letters(5, tmp_path)
        assert await asyncio.gather(*(courier.deliver(one) for one in sent)) == ["AA"] * 5
    assert sorted(receiver.control_ids) == sorted(control_id(one.release) for one in sent)


async def test_one_is_refused_and_the_others_are_not(tmp_path: Path):
    sent = letters(4, tmp_path)
    bad = control_id(sent[2].release)

    def refuses_one(message: str, talk) -> None:
        talk.say(ack(message, "AE" if bad in message else "AA"))

    receiver = MllpReceiver(refuses_one)
    with running(receiver):
        courier = courier_to(receiver, timeout_s=20)
        said = await asyncio.gather(*(courier.deliver(one) for one in sent), return_exceptions=True)
    assert [isinstance(one, RefusedByReceiver) for one in said] == [False, False, True, False]


async def test_an_acknowledgement_of_another_message_is_not_ours(letter: Letter):
    def mistaken(message: str, talk) -> None:
        talk.say(ack(message.replace("|W", "|X")))

    with pytest.raises(TryAgain, match="in time"):
        await delivered(letter, mistaken, timeout_s=1)


async def test_a_commit_is_enough_where_nothing_else_was_asked_for(letter: Letter):
    assert await delivered(letter, answers("CA"), COMMIT) == "CA"


async def test_a_commit_alone_is_not_enough_where_the_application_was_asked(letter: Letter):
    with pytest.raises(TryAgain, match="in time"):
        await delivered(letter, answers("CA"), TO_THE_END, timeout_s=1)


@pytest.mark.parametrize("codes", [("CA", "AA"), ("AA", "CA")], ids=["in order", "application first"])
async def test_commit_and_application_may_come_in_any_order(letter: Letter, codes: tuple[str, str]):
    def both(message: str, talk) -> None:
        for code in codes:
            talk.say(ack(message, code))

    assert await delivered(letter, both, TO_THE_END) == "AA"


async def test_the_application_may_refuse_what_was_committed(letter: Letter):
    def changes_its_mind(message: str, talk) -> None:
        talk.say(ack(message, "CA") + ack(message, "AE", "102"))

    with pytest.raises(RefusedByReceiver, match="AE 102"):
        await delivered(letter, changes_its_mind, TO_THE_END)


async def test_an_acknowledgement_that_comes_in_pieces_is_read_whole(letter: Letter):
    def byte_by_byte(message: str, talk) -> None:
        for byte in b"noise" + ack(message):
            talk.say(bytes([byte]))
            time.sleep(0.001)

    assert await delivered(letter, byte_by_byte) == "AA"


async def test_both_sides_prove_who_they_are(letter: Letter, tmp_path: Path):
    made = certificates_in(tmp_path)
    receiver = MllpReceiver(takes, made.of_server())
    ours = Tls(ca_file=made.authority, certificate_file=made.client, server_name="ris.example")
    with running(receiver):
        assert await courier_to(receiver, tls=ours, timeout_s=10).deliver(letter) == "AA"
        for wrong in (
            ours.model_copy(update={"server_name": "other.example"}),
            ours.model_copy(update={"ca_file": None}),
            ours.model_copy(update={"certificate_file": None}),
        ):
            with pytest.raises(TryAgain):
                await courier_to(receiver, tls=wrong, timeout_s=10).deliver(letter)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "frame",
    [b"", b"MSH", b"MSH|^~\\&|A\rMSA", b"MSH|^~\\&|A\rMSA|ZZ|1", b"PID|1", b"\xff" * 100, b"MSH|^~\\&\rERR|||\rMSA||"],
)
def test_what_is_no_acknowledgement_is_not_taken_for_one(frame: bytes):
    with pytest.raises(ValueError, match="no MS"):
        parse_acknowledgement(frame)


def test_other_delimiters_are_read_as_declared():
    said = parse_acknowledgement(b"MSH#*~\\&#R\nMSA#AR#W1\nERR##OBX*1#207*Down*HL70357#E\n")
    assert said == ("AR", "W1", "207")
