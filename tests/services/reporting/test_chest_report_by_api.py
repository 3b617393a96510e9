"""The specialist that asks a vision-language model, against a real small HTTP server that speaks the OpenAI API."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract import LimitationReason, Subject
from services.errors import WeightsForbidden, WeightsMissing
from services.pixels import Pixels
from services.reporting.chest_report_by_api import ChestReportByApi
from services.store import Store
from tests.services.reporting.small_writer import film
from tests.services.tiny import put_image, settings_for


@dataclass
class Model:
    """A served model that says which side of the film is bright."""

    url: str = ""
    answer: bytes | None = None
    status: int = 200
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def see(self, question: dict) -> bytes:
        self.asked.append(question)
        (_, picture) = question["messages"][0]["content"]
        png = base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/png;base64,"))
        seen = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        assert (seen.dtype, seen.ndim) == (np.uint8, 2)
        half = seen.shape[1] // 2
        side = "left" if seen[:, half:].mean() > seen[:, :half].mean() else "right"
        return json.dumps({"choices": [{"message": {"content": f"There is a {side} pleural effusion."}}]}).encode()


@pytest.fixture
def model() -> Iterator[Model]:
    served = Model()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            served.keys.append(self.headers["Authorization"])
            body = served.see(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = served.answer if served.answer is not None else body
            self.send_response(served.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()


def asking(tmp_path: Path, url: str | None, **changes: object) -> ChestReportByApi:
    given = {"reporting_api_url": url, "reporting_api_model": "vlm", **changes}
    writer = ChestReportByApi(settings_for(tmp_path, **given))
    writer.load()
    return writer


def pixels(tmp_path: Path, image: np.ndarray) -> Pixels:
    return Pixels(put_image(tmp_path / "store", image), Store(tmp_path / "store"))


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_model_is_shown_the_film_and_its_text_comes_back(tmp_path, model, side):
    result = asking(tmp_path, f"{model.url}/v1").analyze((pixels(tmp_path, film(side, 16)),), Subject())
    assert [text.text for text in result.texts] == [f"There is a {side} pleural effusion."]
    assert result.texts[0].algorithm.name == "chest_report_by_api: vlm"
    assert (model.asked[0]["temperature"], model.asked[0]["model"]) == (0, "vlm")


def test_the_request_says_nothing_of_the_person(tmp_path, model):
    asking(tmp_path, model.url).analyze((pixels(tmp_path, film("left")),), Subject(age_years=71, sex="F"))
    question = json.dumps(model.asked[0])
    assert "71" not in question.partition("image_url")[0] and "image-1" not in question


def test_a_key_is_sent_where_the_server_wants_one_and_never_shown(tmp_path, model):
    writer = asking(tmp_path, model.url, reporting_api_key="canary-key")
    writer.analyze((pixels(tmp_path, film("left")),), Subject())
    asking(tmp_path, model.url).analyze((pixels(tmp_path, film("left")),), Subject())
    assert model.keys == ["Bearer canary-key", None]
    assert "canary-key" not in writer.card().model_dump_json() + repr(
        settings_for(tmp_path, reporting_api_key="canary-key")
    )


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"<html>", 200),
        (b'{"choices": []}', 200),
        (b'{"choices": [{"message": {"content": null}}]}', 200),
        (b'{"choices": [{"message": {"content": "  "}}]}', 200),
        (b"[" * 100_000, 200),
        (b'{"x": "' + b"y" * (2 << 20) + b'"}', 200),
        (b"{}", 500),
    ],
    ids=["html", "no choice", "null", "blank", "nested", "two megabytes", "500"],
)
def test_an_answer_that_is_no_text_is_a_limitation(tmp_path, model, answer, status):
    model.answer, model.status = answer, status
    result = asking(tmp_path, model.url).analyze((pixels(tmp_path, film("left")),), Subject())
    assert result.texts == ()
    assert [one.reason for one in result.limitations] == [LimitationReason.SPECIALIST_UNAVAILABLE]


def test_a_text_without_end_is_cut(tmp_path, model):
    model.answer = json.dumps({"choices": [{"message": {"content": "effusion " * 10_000}}]}).encode()
    (text,) = asking(tmp_path, model.url).analyze((pixels(tmp_path, film("left")),), Subject()).texts
    assert len(text.text) <= 4000


def test_a_server_that_is_not_there_is_a_limitation(tmp_path):
    result = asking(tmp_path, "http://127.0.0.1:9").analyze((pixels(tmp_path, film("left")),), Subject())
    assert result.limitations[0].detail == "The vision-language model did not answer with a text."


def test_without_an_address_it_is_not_in_force(tmp_path):
    with pytest.raises(WeightsMissing, match="WETREAD_REPORTING_API_URL"):
        asking(tmp_path, None)


def test_an_air_gapped_deployment_asks_no_other_machine(tmp_path, model):
    asking(tmp_path, model.url, air_gapped=True)
    for elsewhere in ("https://api.example.org", "http://10.0.0.7:8000"):
        with pytest.raises(WeightsForbidden, match="air-gapped"):
            asking(tmp_path, elsewhere, air_gapped=True)
