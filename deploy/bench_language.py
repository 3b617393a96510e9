"""What serving costs: ``python -m deploy.bench_language``, a server of its own, and four figures beside their aims.

Report tokens a second with 32 requests in flight, through the orchestrator's door against the bare server, and against
one answer after the other by transformers; and how much sooner the first token comes where the instructions are shared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer

from deploy.bench.control import Control
from deploy.bench.report import Ratio
from deploy.language_figures.phrasers import facts_of
from orchestrator.language_model import LanguageModelDoor
from orchestrator.prompt import ask, load_prompt
from orchestrator.question import Question
from services.contract import Fact
from services.contract.profile import LanguageProfile, read_profile
from services.language.corpus import held_out
from services.language.running import PROFILE, PYTHON, ROOT, served

IN_FLIGHT = 32
ROUNDS = 3
SEQUENTIAL = 12
"""Questions that are answered one after the other in each round."""
FIRST_TOKENS = 12


class Timed(NamedTuple):
    """Answers, and the seconds they took together."""

    answers: list[str]
    seconds: float


class Bench(Fact):
    """Answer tokens a second, and seconds to the first token."""

    bare_tokens_s: float
    door_tokens_s: float
    sequential_tokens_s: float
    first_token_alone_s: float
    first_token_shared_s: float

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """Each ratio with its aim."""
        sequential, bare, door = self.sequential_tokens_s, self.bare_tokens_s, self.door_tokens_s
        alone, shared = self.first_token_alone_s, self.first_token_shared_s
        made_of = {"door, tokens/s": door, "bare, tokens/s": bare, "sequential, tokens/s": sequential}
        first = {"new": 1000 * alone, "shared": 1000 * shared}
        return (
            _ratio("report tokens a second, 32 in flight, through the door / bare vLLM", door / bare, 0.90, made_of),
            _ratio("report tokens a second, 32 in flight / sequential generate", door / sequential, 8.0),
            _ratio("first token, instructions new / shared", alone / shared, 2.0, first),
        )


def _ratio(name: str, value: float, aim: float, made_of: dict[str, float] | None = None) -> Ratio:
    return Ratio(name=name, value=value, aim=aim, at_least=True, made_of=made_of or {})


def questions(profile: LanguageProfile, count: int) -> list[Question]:
    """Return the questions of held-out studies, as the orchestrator asks them."""
    prompt = load_prompt(ROOT / "prompts" / f"{profile.prompt}.md")
    studies = (held_out(20_000 + index) for index in range(2 * count))
    return [ask(prompt, facts_of(study), (), profile) for study in studies if study.findings][:count]


async def bare(url: str, profile: LanguageProfile, asked: Sequence[Question]) -> Timed:
    """Answer with nothing between: one POST a question."""
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    async with httpx.AsyncClient(base_url=url, timeout=600.0, trust_env=False, limits=limits) as client:

        async def one(question: Question) -> str:
            answer = await client.post("/v1/chat/completions", json=_request(question, profile))
            return str(answer.raise_for_status().json()["choices"][0]["message"]["content"])

        return await _in_flight(one, asked)


async def through_the_door(url: str, profile: LanguageProfile, asked: Sequence[Question]) -> Timed:
    """Answer as the pipeline does."""
    door = LanguageModelDoor(profile, url)
    return await _in_flight(lambda question: door.phrase(question, deadline_s=600.0), asked)


async def _in_flight(answer: Callable[[Question], Awaitable[str]], asked: Sequence[Question]) -> Timed:
    """Answer everything, 32 at a time; what it takes to make a client is not counted."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(question: Question) -> str:
        async with gate:
            return await answer(question)

    began = time.perf_counter()
    answers = await asyncio.gather(*(one(question) for question in asked))
    return Timed(answers, time.perf_counter() - began)


class Sequential:
    """Transformers' ``generate``, greedy, one prompt after the other."""

    def __init__(self, profile: LanguageProfile) -> None:
        import torch

        from services.language.llama import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(ROOT / profile.model)
        self._model = AutoModelForCausalLM.from_pretrained(ROOT / profile.model, dtype=torch.float32)
        self._most = profile.max_answer_tokens

    def tokens_s(self, asked: Sequence[Question]) -> float:
        """Return the tokens a second over these questions."""
        written, began = 0, time.perf_counter()
        for question in asked:
            messages = [{"role": message.role, "content": message.text} for message in question.messages]
            text = self._tokenizer.apply_chat_template(messages, tokenize=False)
            ids = self._tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
            answer = self._model.generate(ids, max_new_tokens=self._most, do_sample=False)
            written += answer.shape[1] - ids.shape[1]
        return written / (time.perf_counter() - began)


def first_token_s(url: str, profile: LanguageProfile, texts: Sequence[str]) -> float:
    """Return the median seconds until the first token of an answer."""
    waited = []
    with httpx.Client(base_url=url, timeout=600.0, trust_env=False) as client:
        for text in texts:
            request = {"model": profile.served_name, "prompt": text, "max_tokens": 1, "temperature": 0}
            began = time.perf_counter()
            client.post("/v1/completions", json=request).raise_for_status()
            waited.append(time.perf_counter() - began)
    return statistics.median(waited)


def measure(url: str, profile: LanguageProfile, count: int, control: Control) -> Bench:
    """Measure on one server: the contestants take turns, each one's median counts."""
    asked = questions(profile, count)
    tokens = Tokenizer.from_file(str(ROOT / profile.model / "tokenizer.json"))
    sequential = Sequential(profile)
    asyncio.run(bare(url, profile, asked[:IN_FLIGHT]))
    rates: dict[str, list[float]] = {"bare": [], "door": [], "sequential": []}
    for _ in range(ROUNDS):
        control.beat()
        for name, run in (("bare", bare), ("door", through_the_door)):
            answers, seconds = asyncio.run(run(url, profile, asked))
            rates[name].append(sum(len(tokens.encode(answer).ids) for answer in answers) / seconds)
        rates["sequential"].append(sequential.tokens_s(asked[:SEQUENTIAL]))
    median = {name: statistics.median(each) for name, each in rates.items()}
    instructions = load_prompt(ROOT / "prompts" / f"{profile.prompt}.md").instructions
    studies = [question.messages[-1].text[:200] for question in asked[:FIRST_TOKENS]]
    alone = [f"{index} {instructions}\n{study}" for index, study in enumerate(studies)]
    shared = [f"{instructions}\n{study}" for study in studies]
    first_token_s(url, profile, shared[:1])
    return Bench(
        bare_tokens_s=median["bare"],
        door_tokens_s=median["door"],
        sequential_tokens_s=median["sequential"],
        first_token_alone_s=first_token_s(url, profile, alone),
        first_token_shared_s=first_token_s(url, profile, shared),
    )


def _request(question: Question, profile: LanguageProfile) -> dict[str, object]:
    schema = {"name": "draft", "schema": json.loads(question.answer_schema), "strict": True}
    return {
        "model": profile.served_name,
        "messages": [{"role": message.role, "content": message.text} for message in question.messages],
        "temperature": 0,
        "max_tokens": profile.max_answer_tokens,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def main() -> int:
    """Measure and show; 0 when every aim is kept, else 5."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path, default=PROFILE)
    parser.add_argument("--url", help="a server that runs; without it one is started")
    parser.add_argument("--python", type=Path, default=PYTHON)
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench_language.json")
    chosen = parser.parse_args()
    profile = read_profile(chosen.profile)
    with served(chosen.profile, profile, chosen.url, chosen.python) as url:
        bench = measure(url, profile, chosen.count, Control())
    table = Table("ratio", "measured", "aim")
    for one in bench.ratios:
        table.add_row(one.name, f"{one.value:.2f}", f"≥ {one.aim:.2f}")
    Console().print(table)
    chosen.out.parent.mkdir(exist_ok=True)
    chosen.out.write_text(bench.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return 0 if all(one.kept for one in bench.ratios) else 5


if __name__ == "__main__":
    sys.exit(main())
