"""The door to the language model, against a real HTTP server that misbehaves on purpose."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestrator.errors import LanguageModelUnavailable
from orchestrator.language_model import CircuitBreaker, LanguageModelDoor
from orchestrator.prompt import load_profile
from orchestrator.question import Message, Question
from services.contract.profile import refusal_of

PROFILE = load_profile(Path(__file__).parents[2] / "deploy" / "language" / "bundled.toml")
QUESTION = Question(
    prompt_id="draft",
    prompt_version="1",
    prompt_sha256="0" * 64,
    messages=(Message(role="user", text="### Findings\n[F1] ABSENT | pneumonia\n### Report\n"),),
    answer_schema='{"type":"object"}',
)


@dataclass
class Server:
    """Answers each chat request with the next scripted step; the last one repeats."""

    script: list[str]
    url: str = ""
    requests: list[dict[str, object]] = field(default_factory=list)
    served: str = "bundled"

    def next_step(self) -> str:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def completion(content: str | None, ended: str = "stop") -> bytes:
    choice = {"index": 0, "finish_reason": ended, "message": {"role": "assistant", "content": content}}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/v1/models":
                self.send(200, json.dumps({"data": [{"id": server.served}]}).encode())
            else:
                self.send(200, b'{"version": "0.32.0"}')

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append(json.loads(body))
            step = server.next_step()
            if step == "hang":
                time.sleep(1.5)
            if step == "drop":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if step == "html":
                self.send(200, b"<html>proxy</html>")
            elif step == "cut":
                self.send(200, completion('{"findings":[', "length"))
            elif step == "empty":
                self.send(200, completion(None))
            elif step.isdigit():
                self.send(int(step), b'{"error": {"message": "no"}}')
            else:
                self.send(200, completion(step))

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(script=["{}"])
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield server
    http.shutdown()
    http.server_close()


def door(server: Server, **more: object) -> LanguageModelDoor:
    return LanguageModelDoor(PROFILE, server.url, **more)  # type: ignore[arg-type]


async def test_the_answer_comes_back_as_it_was_given(server: Server):
    server.script = ['{"findings":[]}']
    assert await door(server).phrase(QUESTION) == '{"findings":[]}'


async def test_an_answer_cut_at_the_limit_is_an_answer_for_the_checks_and_not_a_server_that_failed(server: Server):
    server.script = ["cut"]
    breaker = CircuitBreaker(failures=1)
    assert await door(server, breaker=breaker).phrase(QUESTION) == '{"findings":['
    assert not breaker.is_open


async def test_a_request_is_greedy_unseeded_and_constrained_to_the_schema(server: Server):
    await door(server).phrase(QUESTION)
    (request,) = server.requests
    assert request["temperature"] == 0
    assert "seed" not in request
    assert request["model"] == "bundled"
    assert request["response_format"]["json_schema"]["schema"] == {"type": "object"}  # type: ignore[index]
    assert request["messages"] == [{"role": "user", "content": QUESTION.messages[0].text}]
    assert PROFILE.max_answer_tokens in (request.get("max_completion_tokens"), request.get("max_tokens"))


@pytest.mark.parametrize("fault", ["500", "503", "drop"])
async def test_one_passing_fault_is_survived(server: Server, fault: str):
    server.script = [fault, "{}"]
    assert await door(server).phrase(QUESTION) == "{}"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "asked"), [("500", 2), ("drop", 2), ("400", 1), ("404", 1), ("html", 1), ("empty", 1)]
)
async def test_a_lasting_fault_is_one_error_of_ours(server: Server, fault: str, asked: int):
    server.script = [fault]
    with pytest.raises(LanguageModelUnavailable):
        await door(server).phrase(QUESTION)
    assert len(server.requests) == asked


async def test_a_hanging_server_is_left_at_the_deadline(server: Server):
    server.script = ["hang"]
    began = time.monotonic()
    with pytest.raises(LanguageModelUnavailable, match="in time"):
        await door(server).phrase(QUESTION, deadline_s=0.3)
    assert time.monotonic() - began < 1.2


async def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(LanguageModelUnavailable):
        await LanguageModelDoor(PROFILE, "http://127.0.0.1:9").phrase(QUESTION)


async def test_after_several_failures_the_server_is_left_to_rest_and_then_tried_again(server: Server):
    now = [0.0]
    server.script = ["500"]
    asking = door(server, breaker=CircuitBreaker(failures=2, rest_s=10, clock=lambda: now[0]))
    for _ in range(3):
        with pytest.raises(LanguageModelUnavailable):
            await asking.phrase(QUESTION)
    assert len(server.requests) == 2 * 2
    now[0], server.script = 11.0, ["{}"]
    assert await asking.phrase(QUESTION) == "{}"
    assert await asking.phrase(QUESTION) == "{}"


async def test_a_refused_question_does_not_rest_the_server_for_the_next_study(server: Server):
    server.script = ["400", "400", "400", "400", "{}"]
    asking = door(server)
    for _ in range(4):
        with pytest.raises(LanguageModelUnavailable, match="answered 400"):
            await asking.phrase(QUESTION)
    assert await asking.phrase(QUESTION) == "{}"


def test_a_door_opened_in_a_new_event_loop_works_after_the_last_loop_was_closed(server: Server):
    for _ in range(2):
        assert asyncio.run(door(server).phrase(QUESTION)) == "{}"


async def test_no_error_repeats_what_was_asked(server: Server):
    server.script = ["400"]
    with pytest.raises(LanguageModelUnavailable) as caught:
        await door(server).phrase(QUESTION)
    assert "pneumonia" not in str(caught.value)


async def test_the_draft_can_record_which_model_answers(server: Server):
    served = await door(server).served()
    assert (served.profile, served.model, served.server) == ("bundled", "bundled", "vllm 0.32.0")


async def test_another_model_at_the_address_is_not_taken_for_ours(server: Server):
    server.served = "someone-elses"
    with pytest.raises(LanguageModelUnavailable, match="does not serve bundled"):
        await door(server).served()


async def test_a_model_whose_licence_forbids_it_is_asked_nothing(server: Server):
    refused = LanguageModelDoor(PROFILE, server.url, refusal=refusal_of(PROFILE, "clinical"))
    for asking in (refused.phrase(QUESTION), refused.served()):
        with pytest.raises(LanguageModelUnavailable, match="CC BY-NC-ND"):
            await asking
    assert server.requests == []
    assert refusal_of(PROFILE, "research") is None
