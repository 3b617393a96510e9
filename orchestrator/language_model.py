"""The one door to the language model, and the only module that knows LangChain.

One path for every model: the OpenAI chat API. A model without roles (the bundled one) is served with a chat template
that only joins the messages. Answers are greedy: temperature 0 and no seed, because vLLM 0.32 on a CPU dies of a
seeded request whose prefill is chunked.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import httpx
import openai
from langchain_core.exceptions import LangChainException
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langsmith import tracing_context
from pydantic import SecretStr

from orchestrator.errors import LanguageModelUnavailable
from orchestrator.locality import holds_doubtful_text, is_local
from orchestrator.question import Message, Question
from orchestrator.report import LanguageModel
from services.contract.profile import LanguageProfile

_MESSAGE_TYPES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
_WORTH_A_RETRY = (openai.APIConnectionError, openai.InternalServerError)
_ATTEMPTS = 2
_PAUSE_S = 0.5
_CONNECTIONS = httpx.Limits(max_connections=64, keepalive_expiry=3.0)
"""An idle connection is given up before uvicorn, after five seconds, closes it under a request."""


class CircuitBreaker:
    """Stops asking a server that failed several times in a row, and tries again after a while.

    While it is open, a study gets its plain list of findings at once instead of waiting for a time-out.
    """

    def __init__(self, failures: int = 3, rest_s: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed, self._rest_s, self._clock = failures, rest_s, clock
        self._failures, self._opened_at = 0, 0.0

    @property
    def is_open(self) -> bool:
        """True while nothing is to be asked; after the rest one request is let through to try."""
        return self._failures >= self._allowed and self._clock() - self._opened_at < self._rest_s

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure; the rest begins anew with every one past the limit."""
        self._failures += 1
        self._opened_at = self._clock()


class LanguageModelDoor:
    """Asks one served model for words.

    Parameters
    ----------
    profile : LanguageProfile
        What the model is and can do.
    base_url : str
        Address of the server, without ``/v1``.
    api_key : SecretStr or None
        For a server that wants one.
    refusal : str or None
        Why nothing may be asked at all, such as a licence; every request is then refused with it.
    local : bool or None
        Whether the server is of this house; by its address when None. Another is asked nothing that may name somebody.
    """

    def __init__(
        self,
        profile: LanguageProfile,
        base_url: str,
        api_key: SecretStr | None = None,
        breaker: CircuitBreaker | None = None,
        refusal: str | None = None,
        *,
        local: bool | None = None,
    ) -> None:
        self.profile = profile
        self.local = is_local(base_url) if local is None else local
        self._refusal = refusal
        self._base_url = base_url.rstrip("/").removesuffix("/v1")
        self._breaker = breaker or CircuitBreaker()
        # LangChain would otherwise share one client between all doors, also across event loops that are closed.
        self._chat = ChatOpenAI(
            model=profile.served_name,
            base_url=f"{self._base_url}/v1",
            api_key=api_key or SecretStr("none"),
            organization="",
            temperature=0.0,
            max_retries=0,
            timeout=None,  # the deadline of the question holds for everything; another here would cut a longer one
            streaming=False,
            use_responses_api=False,
            http_async_client=httpx.AsyncClient(timeout=None, limits=_CONNECTIONS),
        )

    async def phrase(self, question: Question, deadline_s: float | None = None) -> str:
        """Return the model's answer as it came, not yet parsed or checked.

        Parameters
        ----------
        question : Question
            Messages and the schema of the answer.
        deadline_s : float or None
            Seconds for everything, the retry included; the profile's when None.

        Raises
        ------
        LanguageModelUnavailable
            If the server does not answer, not in time, refuses, or failed too often just before.
        """
        self._refuse()
        if not self.local and any(holds_doubtful_text(message.text) for message in question.messages):
            raise LanguageModelUnavailable("the question quotes text that may name somebody; the model is not local")
        if self._breaker.is_open:
            raise LanguageModelUnavailable("the language model failed several times in a row; it is left to rest")
        try:
            async with asyncio.timeout(deadline_s or self.profile.deadline_s):
                answer = await self._ask(question)
        except (TimeoutError, openai.APITimeoutError) as error:
            self._breaker.failed()
            raise LanguageModelUnavailable("the language model did not answer in time") from error
        except openai.APIStatusError as error:
            if error.status_code >= 500:
                self._breaker.failed()
            raise LanguageModelUnavailable(f"the language model's server answered {error.status_code}") from error
        except (openai.OpenAIError, LangChainException, httpx.HTTPError, ValueError, TypeError, KeyError) as error:
            self._breaker.failed()
            raise LanguageModelUnavailable("the language model's server cannot be understood or reached") from error
        self._breaker.succeeded()
        return answer

    async def served(self) -> LanguageModel:
        """Return which model answers, as the draft records it.

        Raises
        ------
        LanguageModelUnavailable
            If the server does not answer or serves another model.
        """
        self._refuse()
        try:
            async with httpx.AsyncClient(base_url=self._base_url, timeout=5.0, trust_env=False) as client:
                models = (await client.get("/v1/models")).raise_for_status().json()
                version = await client.get("/version")
            names = {entry["id"] for entry in models["data"]}
            server = f"vllm {version.json()['version']}" if version.is_success else "openai-compatible"
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise LanguageModelUnavailable("the language model's server cannot be understood or reached") from error
        if self.profile.served_name not in names:
            raise LanguageModelUnavailable(f"the server does not serve {self.profile.served_name}, as the profile asks")
        return LanguageModel(
            profile=self.profile.name,
            model=self.profile.served_name,
            weights_sha256=self.profile.weights_sha256,
            server=server,
        )

    def _refuse(self) -> None:
        if self._refusal is not None:
            raise LanguageModelUnavailable(self._refusal)

    async def _ask(self, question: Question) -> str:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._once(question)
            except openai.APITimeoutError:
                raise
            except _WORTH_A_RETRY:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(_PAUSE_S)
        raise AssertionError("unreachable")

    async def _once(self, question: Question) -> str:
        messages = [_spoken(message) for message in question.messages]
        with tracing_context(enabled=False):
            answer = await self._chat.ainvoke(
                messages, max_tokens=self.profile.max_answer_tokens, extra_body=self._shape_of(question)
            )
        if not isinstance(answer.content, str) or not answer.content:
            raise ValueError("the answer holds no text")
        return answer.content

    def _shape_of(self, question: Question) -> dict[str, object] | None:
        """Return the schema as the server reads it.

        It goes as a part of the body that the client does not know: named ``response_format``, the client would walk
        through it and parse the answer by it, at a quarter of all that asking costs, and an answer cut at the limit
        would count as a server that is down.
        """
        if not self.profile.capabilities.json_schema:
            return None
        schema = {"name": question.prompt_id, "schema": json.loads(question.answer_schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _spoken(message: Message) -> BaseMessage:
    return _MESSAGE_TYPES[message.role](content=message.text)
