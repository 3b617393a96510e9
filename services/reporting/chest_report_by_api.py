"""A text about a frontal chest film by any vision-language model behind an OpenAI API (vLLM, or a provider).

The film leaves for that address, de-identified, as a PNG in the request, which is how that API takes images; choose one
inside the hospital, or one the hospital has a contract with.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import cv2
import httpx

from services.contract import (
    Algorithm,
    ImageKind,
    ModelCard,
    SpecialistResult,
    Subject,
)
from services.errors import WeightsForbidden, WeightsMissing
from services.pixels import Pixels
from services.reporting.film import Grey, write_about
from services.settings import ServiceSettings, read_settings

QUESTION = (
    "This is a frontal chest radiograph. Describe what you see as the findings of a radiology report, one finding a "
    "sentence, without advice and without comparison to earlier films."
)
VERSION = "1"
"""Of the question and of how the film is sent."""
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_LARGEST_ANSWER = 1 << 20
_TIMEOUT = httpx.Timeout(60.0, connect=3.0)


class _NoAnswer(Exception):
    """The server did not answer with a text."""


class ChestReportByApi:
    """Asks a vision-language model to write about each film; temperature 0."""

    name = "chest_report_by_api"
    on_by_default = False

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self._settings = settings

    def load(self) -> None:
        """Read where the model is; nothing is sent yet.

        Raises
        ------
        WeightsMissing
            If no address or no model is named.
        WeightsForbidden
            If the deployment is air-gapped and the address is not on this machine.
        """
        settings = self._settings or read_settings()
        url, model = settings.reporting_api_url, settings.reporting_api_model
        if not url or not model:
            raise WeightsMissing("WETREAD_REPORTING_API_URL and WETREAD_REPORTING_API_MODEL name no model")
        if settings.air_gapped and urlsplit(url).hostname not in HERE:
            raise WeightsForbidden("an air-gapped deployment asks no other machine; expected an address on this one")
        key = settings.reporting_api_key
        self._model = model
        self._client = httpx.Client(
            base_url=url.rstrip("/").removesuffix("/v1"),
            headers={"authorization": f"Bearer {key.get_secret_value()}"} if key else {},
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def card(self) -> ModelCard:
        """Return what is known of the model: its name; it assesses nothing."""
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights="elsewhere: behind WETREAD_REPORTING_API_URL",
            backend="OpenAI API",
            accepts=(ImageKind.CHEST_FRONTAL,),
            not_assessed=("everything: a text is no finding",),
            licence="the provider's terms",
            data=("not known: the provider's",),
            limits=("De-identified films leave for the provider.",),
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Have each film written about."""
        return write_about(images, self.name, self._algorithm(), self._write)

    def _write(self, film: Grey) -> str | None:
        try:
            return self._ask(film)
        except (httpx.HTTPError, _NoAnswer):
            return None

    def _ask(self, film: Grey) -> str:
        _, png = cv2.imencode(".png", film)
        picture = {"url": f"data:image/png;base64,{base64.b64encode(png.tobytes()).decode()}"}
        content = [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": picture}]
        question = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": 512,
        }
        with self._client.stream("POST", "/v1/chat/completions", json=question) as answer:
            answer.raise_for_status()
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    raise _NoAnswer
        return _text_of(bytes(body))

    def _algorithm(self) -> Algorithm:
        return Algorithm(name=f"{self.name}: {self._model}", version=VERSION)


def _text_of(body: bytes) -> str:
    try:
        text = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise _NoAnswer from error
    if not isinstance(text, str):
        raise _NoAnswer
    return text
