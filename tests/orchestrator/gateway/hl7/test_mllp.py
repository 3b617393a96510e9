"""Messages over real sockets: framing, limits, TLS, modes, character sets, repetitions."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import Misconfigured, RecordsUnavailable
from orchestrator.gateway.hl7.desk import Hl7Desk
from orchestrator.gateway.hl7.door import Hl7Door
from orchestrator.gateway.hl7.frames import Frame, Frames, NotMllp, framed
from orchestrator.gateway.hl7.tables import Hl7Listener, ServerTls
from orchestrator.records import Records
from tests.orchestrator.gateway.hl7.ris import FS, VT, certificates, connected, order
from tests.orchestrator.orders.said import accepted, images


@contextmanager
def listening(records: Records, **table) -> Iterator[int]:
    """A door in a loop of its own, so that a test is a plain peer."""
    loop = asyncio.new_event_loop()
    listener = Hl7Listener(name="test", port=0, **table)
    door = Hl7Door(listener, Hl7Desk(records, listener))
    loop.run_until_complete(door.open())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield door.port
    finally:
        asyncio.run_coroutine_threadsafe(door.close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def port(records: Records) -> Iterator[int]:
    with listening(records) as port:
        yield port


def test_an_order_is_kept_before_it_is_acknowledged(port, records):
    with connected(port) as ris:
        reply = ris.ask(order())
    assert reply["MSA"][1:3] == ["AA", "1"]
    assert reply["MSH"][5:7] == ["RIS", "HOSP"]
    sent = images()
    accepted(records, sent)
    assert records.study(sent.study_id).order.history == "cough"


def test_many_messages_on_one_socket_each_have_their_reply_in_order(port):
    with connected(port) as ris:
        ris.send(b"".join(framed(order(str(n), f"A-{n}").encode()) for n in range(20)))
        replies = [ris.reply().decode() for _ in range(20)]
    assert [reply.split("MSA|")[1].split("|")[1].strip() for reply in replies] == [str(n) for n in range(20)]


def test_a_message_in_many_small_pieces_is_one(port):
    data = framed(order().encode())
    with connected(port) as ris:
        for at in range(0, len(data), 7):
            ris.send(data[at : at + 7])
        assert b"MSA|AA|1" in ris.reply()


@pytest.mark.parametrize("end", [FS, FS + b"\n", FS + b"\r\n"], ids=["no CR", "LF", "CR LF"])
def test_senders_that_end_a_frame_in_their_own_way(port, end):
    with connected(port) as ris:
        for number in ("1", "2"):
            ris.send(VT + order(number).encode() + end)
            assert f"MSA|AA|{number}".encode() in ris.reply()


def test_the_same_message_again_is_acknowledged_and_another_under_its_number_is_not(port):
    with connected(port) as ris:
        assert ris.ask(order())["MSA"][1] == "AA"
        again = order().replace("20260302133500", "20260302140000")
        assert ris.ask(again)["MSA"][1] == "AA"
        other = ris.ask(order(patient="4712"))
    assert other["MSA"][1] == "AE"
    assert other["ERR"][3].startswith("205^")
    assert other["ERR"][2] == "MSH^1^10"


@pytest.mark.parametrize(
    ("asked", "code"),
    [({}, "AA"), ({"f15": "AL", "f16": "NE"}, "CA"), ({"f15": "AL"}, "CA"), ({"f15": "NE", "f16": "AL"}, "AA"),
     ({"f15": "AL", "f16": "AL"}, "AA"), ({"f15": "NE", "f16": "NE"}, "AA"), ({"f15": "ER", "f16": "NE"}, "CA")],
)  # fmt: skip
def test_original_and_enhanced_mode(port, asked, code):
    with connected(port) as ris:
        assert ris.ask(order(**asked))["MSA"][1] == code


def test_enhanced_mode_refuses_in_its_own_words(port):
    with connected(port) as ris:
        assert ris.ask(order(f15="AL", f16="NE", f9="SIU^S12"))["MSA"][1] == "CR"
        assert ris.ask(order("2", f15="AL", f16="NE").replace("4711^^^HOSP^MR", ""))["MSA"][1] == "CE"


@pytest.mark.parametrize(
    ("message", "answer", "code", "place"),
    [
        (order(f9="SIU^S12"), "AR", "200", "MSH^1^9"),
        (order(f9="ORU^R32"), "AR", "201", "MSH^1^9"),
        (order(f11="T"), "AR", "202", "MSH^1^11"),
        (order(f12="3.0"), "AR", "203", "MSH^1^12"),
        (order(""), "AE", "101", "MSH^1^10"),
        (order().replace("4711^^^HOSP^MR", ""), "AE", "101", "PID^1^3"),
        (order().replace("4711^", "4" * 65 + "^"), "AE", "102", "PID^1^3"),
        (order(accession="A" * 65), "AE", "102", "OBR^1^18"),
        (order().replace("ORC|NW|P-1\r", "").replace("OBR|1|P-1", "OBX|1|"), "AE", "100", "ORC^1"),
        (order() + "IPC|A|R|not-a-uid\r", "AE", "102", "IPC^1^3"),
        (order(f18="KLINGON"), "AE", "103", "MSH^1^18"),
        (order(f18="UNICODE UTF-16"), "AE", "103", "MSH^1^18"),
        (order(f18="UNICODE UTF-8").encode() + b"NTE|1||\xff\xfe\r", "AE", "102", "MSH^1^18"),
        (order() + "nonsense\r", "AR", "100", ""),
        ("GET / HTTP/1.1", "AR", "100", "MSH^1"),
        ("", "AR", "100", "MSH^1"),
        ("MSH|^~\\&", "AE", "101", "MSH^1^10"),
        ("MSHMMMMMM", "AR", "102", "MSH^1^2"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_told_where_it_is_wrong_and_not_what_it_said(port, message, answer, code, place):
    with connected(port) as ris:
        reply = ris.ask(message)
        assert (reply["MSA"][1], reply["ERR"][3].split("^")[0], reply["ERR"][2]) == (answer, code, place)
        assert "4711" not in str(reply) and "Byrne" not in str(reply)
        assert ris.ask(order("next"))["MSA"][1] == "AA", "and the connection goes on"


def test_before_version_2_5_the_place_stands_in_the_first_field(port):
    with connected(port) as ris:
        reply = ris.ask(order(f12="2.3").replace("4711^^^HOSP^MR", ""))
    assert reply["ERR"][1] == "PID^1^3^101&Required field missing&HL70357"
    assert reply["MSH"][12] == "2.3"


@pytest.mark.parametrize(
    ("said", "codec"),
    [("UNICODE UTF-8", "utf-8"), ("UTF-8", "utf-8"), ("ISO_IR 192", "utf-8"), ("8859/1", "latin_1"),
     ("ISO-8859-1", "latin_1"), ("8859/2", "iso8859_2"), ("8859/15", "iso8859_15"), ("WINDOWS-1252", "cp1252"),
     ("", "utf-8"), ("", "latin_1")],
)  # fmt: skip
def test_character_sets_and_what_vendors_call_them(port, records, said, codec):
    with connected(port) as ris:
        reply = ris.ask(order(f18=said).replace("Byrne", "Müller").replace("|RIS|", "|RÖNTGEN|"), codec)
    assert reply["MSA"][1] == "AA"
    assert reply["MSH"][5] == "RÖNTGEN", "the reply is written in the sender's own characters"
    assert reply["MSH"][18:] == ([said] if said else [])
    records.orders.take([])
    sent = images("4712")
    accepted(records, sent)
    [mismatch] = records.orders.mismatches()
    assert mismatch.order.patient.name == "Müller^Ada"


def test_a_message_that_is_too_large_is_refused_and_the_next_one_is_taken(records):
    with listening(records, message_mb=0.01) as port, connected(port) as ris:
        refused = ris.ask(order() + "NTE|1||" + "x" * 30_000 + "\r")
        assert (refused["MSA"][1:3], refused["ERR"][3][:3]) == (["AR", "1"], "102")
        assert ris.ask(order("2"))["MSA"][1] == "AA"


def test_a_message_made_of_delimiters_alone_costs_no_memory(port):
    with connected(port) as ris:
        began = time.monotonic()
        assert ris.ask(order() + "NTE|1||" + "~^&" * 500_000 + "\r")["MSA"][1] == "AR"
        assert time.monotonic() - began < 20


def test_a_sender_that_never_ends_its_message_is_closed(records):
    with listening(records, message_s=0.3) as port, connected(port) as ris:
        ris.send(VT + b"MSH|^~")
        assert ris.reply() == b""


def test_a_connection_without_a_word_is_closed_after_its_time(records):
    with listening(records, idle_s=0.3) as port, connected(port) as ris:
        assert ris.reply() == b""


def test_one_that_speaks_another_protocol_is_closed(port):
    with connected(port) as ris:
        ris.send(b"GET / HTTP/1.1\r\n" * 200)
        assert ris.reply() == b""


def test_a_full_house_and_a_strange_address_are_closed(records):
    with listening(records, connections=1) as port, connected(port) as first:
        assert first.ask(order())["MSA"][1] == "AA"
        with connected(port) as second:
            assert second.reply() == b""
        assert first.ask(order("2"))["MSA"][1] == "AA"
    with listening(records, networks=("10.0.0.0/8",)) as port, connected(port) as stranger:
        assert stranger.reply() == b""


def test_tls_and_mutual_tls(records, tmp_path):
    files = certificates(tmp_path)
    ours = {"certificate": files["server"], "key": files["server_key"]}
    anybody = ssl.create_default_context(cafile=str(files["authority"]))
    known = ssl.create_default_context(cafile=str(files["authority"]))
    known.load_cert_chain(files["client"], files["client_key"])
    with listening(records, tls=ServerTls(**ours)) as port, connected(port, context=anybody) as ris:
        assert ris.ask(order())["MSA"][1] == "AA"
    with listening(records, tls=ServerTls(**ours, client_authority=files["authority"])) as port:
        with connected(port, context=known) as ris:
            assert ris.ask(order("2"))["MSA"][1] == "AA"
        assert not taken(port, anybody), "a sender without a certificate of the authority"
        assert not taken(port, None), "a sender without TLS"
    with pytest.raises(Misconfigured), listening(records, tls=ServerTls(certificate=tmp_path / "no", key=tmp_path)):
        pass


def taken(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether a sender gets an AA; however else it ends, nothing was taken."""
    try:
        with connected(port, context=context) as ris:
            return ris.ask(order("3")).get("MSA", ["", ""])[1] == "AA"
    except (OSError, UnicodeDecodeError, AssertionError):
        return False


def test_a_database_that_does_not_answer_is_said_so_that_it_is_sent_again(port, records, monkeypatch):
    def silent(*_):
        raise RecordsUnavailable("the database does not answer")

    with connected(port) as ris:
        with monkeypatch.context() as patched:
            patched.setattr(records.orders, "take", silent)
            refused = ris.ask(order())
        assert (refused["MSA"][1], refused["ERR"][3][:3]) == ("AE", "207")
        assert ris.ask(order())["MSA"][1] == "AA"


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(VT, b"").replace(FS, b"")), max_size=6), st.data())
def test_frames_come_out_as_they_went_in_however_they_are_cut(messages, data):
    wire = b"".join(framed(message) for message in messages)
    frames, found = Frames(100), []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        found += frames.feed(wire[:size])
        wire = wire[size:]
    assert found == [Frame(message) for message in messages]


def test_what_does_not_end_is_no_message():
    frames: Callable[[bytes], list[Frame]] = Frames(100).feed
    with pytest.raises(NotMllp):
        frames(VT + b"x" * 1000)
