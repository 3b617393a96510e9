"""A connection that never finishes its header is closed; one that is only slow with its body is not."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn
from fastapi import FastAPI, Request

from orchestrator.http.patience import patient_protocol
from tests.conftest import wait_until

TIMEOUT_S = 0.5
LINGER_S = 1.0


@pytest.fixture(scope="module")
def port():
    app = FastAPI()

    @app.post("/")
    async def count(request: Request) -> int:
        return len(await request.body())

    @app.post("/refused")
    async def refuse(request: Request) -> str:
        return "nothing of the body was read"

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, http=patient_protocol(TIMEOUT_S, LINGER_S), log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the server did not start")
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def connect(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port))
    opened.settimeout(10)
    return opened


def seconds_until_closed(opened: socket.socket) -> float:
    started = time.monotonic()
    while opened.recv(4096):
        pass
    return time.monotonic() - started


def test_a_connection_that_says_nothing_is_closed(port):
    with connect(port) as opened:
        assert seconds_until_closed(opened) < 5


def test_a_header_sent_drop_by_drop_is_cut_off(port):
    with connect(port) as opened:
        started = time.monotonic()
        with pytest.raises(OSError):
            for letter in b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 200:
                opened.sendall(bytes([letter]))
                time.sleep(0.05)
        assert time.monotonic() - started < 5


def test_a_second_request_on_the_same_connection_has_the_same_limit(port):
    with connect(port) as opened:
        opened.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        assert b"200 OK" in opened.recv(4096)
        opened.sendall(b"POST / HT")
        assert seconds_until_closed(opened) < 4


def test_a_slow_body_is_not_cut_off_by_the_limit_for_headers(port):
    with connect(port) as opened:
        opened.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        for letter in b"abcd":
            time.sleep(TIMEOUT_S)
            opened.sendall(bytes([letter]))
        answer = b""
        while b"4" not in answer.partition(b"\r\n\r\n")[2]:
            answer += opened.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200")


ENDLESS = b"POST /refused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"400\r\n" + bytes(1024) + b"\r\n"


def test_a_body_that_never_ends_is_cut_off_some_time_after_the_answer(port):
    with connect(port) as opened:
        opened.sendall(ENDLESS + PIECE)
        assert b"200 OK" in opened.recv(4096)
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - started < 30:
                opened.sendall(PIECE)
                time.sleep(0.05)
        assert LINGER_S / 2 < time.monotonic() - started < 10


def test_a_body_that_stops_after_the_answer_does_not_keep_the_connection(port):
    with connect(port) as opened:
        opened.sendall(ENDLESS + PIECE)
        assert b"200 OK" in opened.recv(4096)
        opened.sendall(PIECE)
        assert seconds_until_closed(opened) < 10
