"""Measures a served model: ``python -m services.language.evaluate --url URL --profile FILE --out metrics.json``.

Two tests on data that training never saw: held-out simulated studies, judged by what is said; and the Open-i test
reports, judged by ROUGE beside the constant answer. Measured through the server, constraints and all, as it is used.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import httpx

from services.contract import Fact
from services.contract.phrasing import answer_schema
from services.contract.profile import LanguageProfile, read_profile
from services.language.claims import Said, compare
from services.language.corpus import draft_prompt, held_out, impression_prompt
from services.language.openi import OpeniReport, archive_path, read_reports
from services.language.rouge import rouge
from services.language.simulate import SimulatedStudy

log = logging.getLogger(__name__)

Given = TypeVar("Given")
Result = TypeVar("Result")
CONSTANT = "No acute cardiopulmonary abnormality."
_AT_A_TIME = 4


class Draft(Fact):
    """How many held-out studies were phrased, and how well."""

    studies: int
    valid: float
    right: float
    """Share of studies whose answer says everything, cites it right, and says nothing else."""
    sentences: int
    wrongly_cited: float
    invented: float
    """Shares of sentences."""
    facts: int
    missing: float
    """Share of facts that were not said where they should be."""
    seconds_median: float
    seconds_p95: float
    tokens_written_median: float


class Impression(Fact):
    """ROUGE F1 on the Open-i test reports, without stemming."""

    reports: int
    rouge_1: float
    rouge_2: float
    rouge_l: float


class Metrics(Fact):
    """Everything measured about one served model."""

    model: str
    draft: Draft
    impression: dict[str, Impression]
    """``model`` and ``constant`` (one fixed sentence), each over ``all`` and over ``abnormal`` reports."""


class Asker:
    """Asks the served model, greedily."""

    def __init__(self, url: str, profile: LanguageProfile) -> None:
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=120.0, trust_env=False)
        self._profile = profile

    def ask(self, prompt: str, schema: str | None, most_tokens: int) -> tuple[str, int, float]:
        """Return the answer, its tokens, and the seconds it took."""
        request: dict[str, object] = {
            "model": self._profile.served_name,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": most_tokens,
        }
        if schema is not None:
            shape = {"name": "draft", "schema": json.loads(schema), "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": shape}
        began = time.monotonic()
        answer = self._client.post("/v1/chat/completions", json=request).raise_for_status().json()
        seconds = time.monotonic() - began
        return str(answer["choices"][0]["message"]["content"]), int(answer["usage"]["completion_tokens"]), seconds


def measure_drafts(asker: Asker, profile: LanguageProfile, count: int) -> Draft:
    """Phrase held-out simulated studies and compare."""

    def phrase(index: int) -> tuple[Said, int, float]:
        study = held_out(index)
        answer, tokens, seconds = asker.ask(draft_prompt(study), answer_schema(_ids(study)), profile.max_answer_tokens)
        return compare(answer, study), tokens, seconds

    results = _all(phrase, range(count))
    said = [result[0] for result in results]
    sentences, facts = sum(item.sentences for item in said), sum(item.facts for item in said)
    seconds = sorted(result[2] for result in results)
    return Draft(
        studies=count,
        valid=_share(sum(item.valid for item in said), count),
        right=_share(sum(item.right for item in said), count),
        sentences=sentences,
        wrongly_cited=_share(sum(item.wrongly_cited for item in said), sentences),
        invented=_share(sum(item.invented for item in said), sentences),
        facts=facts,
        missing=_share(sum(item.missing for item in said), facts),
        seconds_median=round(statistics.median(seconds), 3),
        seconds_p95=round(seconds[int(0.95 * len(seconds))], 3),
        tokens_written_median=statistics.median(result[1] for result in results),
    )


def measure_impressions(asker: Asker, reports: Sequence[OpeniReport]) -> dict[str, Impression]:
    """Write an impression from the findings text of every report and compare with the radiologist's."""
    answers = _all(lambda report: asker.ask(impression_prompt(report.findings), None, 96)[0], reports)
    abnormal = [index for index, report in enumerate(reports) if not report.normal]
    everything = list(range(len(reports)))
    return {
        f"{who}, {which}": _rouge([(said[index], reports[index].impression) for index in chosen])
        for who, said in (("model", answers), ("constant", [CONSTANT] * len(reports)))
        for which, chosen in (("all", everything), ("abnormal", abnormal))
        if chosen
    }


def _all(act: Callable[[Given], Result], items: Sequence[Given]) -> list[Result]:
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(act, items))


def _rouge(pairs: Sequence[tuple[str, str]]) -> Impression:
    scores = [rouge(candidate, reference) for candidate, reference in pairs]
    one, two, longest = (round(statistics.fmean(column), 3) for column in zip(*scores, strict=True))
    return Impression(reports=len(pairs), rouge_1=one, rouge_2=two, rouge_l=longest)


def _ids(study: SimulatedStudy) -> tuple[str, ...]:
    return (*(item.finding_id for item in study.findings), *(item.measurement_id for item in study.measurements))


def _share(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0.0


def main() -> None:
    """Read the command line, measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--openi", type=Path, default=archive_path(), help="NLMCXR_reports.tgz")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    profile = read_profile(chosen.profile)
    asker = Asker(chosen.url, profile)
    draft = measure_drafts(asker, profile, chosen.studies)
    log.info("drafts: %s", draft.model_dump_json())
    reports = [] if chosen.openi is None else [item for item in read_reports(chosen.openi) if item.split == "test"]
    impression = measure_impressions(asker, reports) if reports else {}
    metrics = Metrics(model=profile.served_name, draft=draft, impression=impression)
    chosen.out.write_text(metrics.model_dump_json(indent=1) + "\n", encoding="utf-8")
    log.info("wrote %s", chosen.out)


if __name__ == "__main__":
    main()
