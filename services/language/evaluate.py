"""Measures the language model and all that is around it: ``python -m services.language.evaluate --out DIR``.

On data that training never saw: held-out simulated studies and questions about them, judged by what is said, and the
Open-i test reports, judged by ROUGE beside the constant answer. Measured through the server, constraints and all, as
it is used; a server is started where no ``--url`` is given. ``metrics.json``, ``drafts.jsonl`` and ``answers.jsonl`` go
to DIR. The checks and the released text are then measured by :mod:`deploy.language_figures`, a process of its own, and
the whole table is shown. ``--quick`` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import httpx

from services.contract.phrasing import answer_schema, question_schema
from services.contract.profile import LanguageProfile, read_profile
from services.language.claims import Said, compare
from services.language.corpus import draft_prompt, held_out, held_out_question, impression_prompt, question_prompt
from services.language.learned_scores import learned_scores
from services.language.measured import AnsweredStudy, Draft, Impression, Metrics, Questions, WrittenImpression
from services.language.memory import memorised
from services.language.openi import OpeniReport, archive_in, read_reports
from services.language.running import PROFILE, PYTHON, ROOT, served
from services.language.simulate import SimulatedStudy
from services.language.text_scores import SCORES, interval, paired_significance

log = logging.getLogger(__name__)

Given = TypeVar("Given")
Result = TypeVar("Result")
CONSTANT = "No acute cardiopulmonary abnormality."
_AT_A_TIME = 4
SAMPLES, SAMPLING_TEMPERATURE = 24, 0.8
"""Impressions that are drawn beside the greedy one, for :mod:`deploy.language_figures.choice`."""
_IMPRESSION_TOKENS = 96


class Asker:
    """Asks the served model, greedily."""

    def __init__(self, url: str, profile: LanguageProfile) -> None:
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=600.0, trust_env=False)
        self._profile = profile

    def sample(self, prompt: str, count: int, most_tokens: int) -> list[str]:
        """Return several answers drawn by chance, without a seed: vLLM on a CPU can die of a seeded one."""
        request: dict[str, object] = {
            "model": self._profile.served_name,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": SAMPLING_TEMPERATURE,
            "n": count,
            "max_tokens": most_tokens,
        }
        answer = self._client.post("/v1/chat/completions", json=request).raise_for_status().json()
        return [str(choice["message"]["content"]).strip() for choice in answer["choices"]]

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


def measure_drafts(asker: Asker, profile: LanguageProfile, count: int, out: Path) -> Draft:
    """Phrase held-out simulated studies, compare, and write ``drafts.jsonl``."""

    def phrase(index: int) -> tuple[Said, int, float]:
        study = held_out(index)
        answer, tokens, seconds = asker.ask(draft_prompt(study), answer_schema(_ids(study)), profile.max_answer_tokens)
        return compare(answer, study), tokens, seconds

    results = _all(phrase, range(count))
    said = [result[0] for result in results]
    rows = (
        AnsweredStudy(study=index, right=one.right, invented=one.invented, missing=one.missing)
        for index, one in enumerate(said)
    )
    (out / "drafts.jsonl").write_text("".join(f"{row.model_dump_json()}\n" for row in rows), encoding="utf-8")
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


def measure_questions(asker: Asker, count: int) -> Questions:
    """Ask held-out questions about simulated studies; an answer is right when it is the expected one."""

    def answer(index: int) -> tuple[bool, bool]:
        study, asked = held_out_question(index)
        text, _, _ = asker.ask(question_prompt(study, asked.question), question_schema(_ids(study)), 512)
        return text == asked.text, not asked.answer

    results = _all(answer, range(count))
    unanswerable = [right for right, without in results if without]
    return Questions(
        questions=count,
        right=_share(sum(right for right, _ in results), count),
        wrongly_answered=_share(len(unanswerable) - sum(unanswerable), len(unanswerable)),
    )


def write_impressions(asker: Asker, reports: Sequence[OpeniReport]) -> list[str]:
    """Return an impression for the findings text of every report."""
    return list(_all(lambda one: asker.ask(impression_prompt(one.findings), None, _IMPRESSION_TOKENS)[0], reports))


def draw_impressions(asker: Asker, reports: Sequence[OpeniReport]) -> list[list[str]]:
    """Return several impressions by chance for the findings text of every report."""
    return list(_all(lambda one: asker.sample(impression_prompt(one.findings), SAMPLES, _IMPRESSION_TOKENS), reports))


def measure_impressions(answers: Sequence[str], reports: Sequence[OpeniReport]) -> dict[str, Impression]:
    """Compare impressions with the radiologist's, beside the constant answer, all and abnormal only."""
    abnormal = [index for index, report in enumerate(reports) if not report.normal]
    return {
        f"{who}, {which}": scored([(said[index], reports[index].impression) for index in chosen])
        for who, said in (("model", answers), ("constant", [CONSTANT] * len(reports)))
        for which, chosen in (("all", range(len(reports))), ("abnormal", abnormal))
        if chosen
    }


def scored(pairs: Sequence[tuple[str, str]]) -> Impression:
    """Return every score of answers against their references, with intervals by report."""
    found = {name: interval([score(said, meant) for said, meant in pairs]) for name, score in SCORES.items()}
    one, two, longest = (round(found[name].mean, 3) for name in ("ROUGE-1", "ROUGE-2", "ROUGE-L"))
    return Impression(reports=len(pairs), rouge_1=one, rouge_2=two, rouge_l=longest, intervals=found)


def against_constant(answers: Sequence[str], reports: Sequence[OpeniReport]) -> dict[str, float]:
    """Return how likely the model's lead in ROUGE-L over the constant answer is by chance."""
    pairs = [
        (SCORES["ROUGE-L"](said, report.impression), SCORES["ROUGE-L"](CONSTANT, report.impression), report.normal)
        for said, report in zip(answers, reports, strict=True)
    ]
    return {
        "all": round(paired_significance([p[0] for p in pairs], [p[1] for p in pairs]), 4),
        "abnormal": round(paired_significance([p[0] for p in pairs if not p[2]], [p[1] for p in pairs if not p[2]]), 4),
    }


def _all(act: Callable[[Given], Result], items: Sequence[Given]) -> list[Result]:
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(act, items))


def _ids(study: SimulatedStudy) -> tuple[str, ...]:
    return (*(item.finding_id for item in study.findings), *(item.measurement_id for item in study.measurements))


def _share(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0.0


def measure(url: str, profile: LanguageProfile, archive: Path | None, out: Path, studies: int) -> Metrics:
    """Measure one served model and write ``drafts.jsonl`` and ``answers.jsonl``."""
    asker = Asker(url, profile)
    draft = measure_drafts(asker, profile, studies, out)
    log.info("drafts: %s", draft.model_dump_json())
    questions = measure_questions(asker, studies)
    log.info("questions: %s", questions.model_dump_json())
    known = [] if archive is None else list(read_reports(archive))
    reports = [report for report in known if report.split == "test"]
    answers = write_impressions(asker, reports)
    drawn = draw_impressions(asker, reports)
    with (out / "answers.jsonl").open("w", encoding="utf-8") as file:
        for report, said, others in zip(reports, answers, drawn, strict=True):
            row = WrittenImpression(
                abnormal=not report.normal,
                findings=report.findings,
                said=said,
                others=tuple(others),
                meant=report.impression,
            )
            file.write(row.model_dump_json() + "\n")
    trained_on = [text for r in known if r.split == "train" for text in (r.impression, r.findings)]
    meant = [report.impression for report in reports]
    return Metrics(
        model=profile.served_name,
        draft=draft,
        questions=questions,
        impression=measure_impressions(answers, reports),
        p_against_constant=against_constant(answers, reports) if reports else {},
        learned=learned_scores(answers, meant) if reports else (),
        memorised=memorised([(r.findings, said) for r, said in zip(reports, answers, strict=True)], trained_on)
        if reports
        else None,
    )


def main() -> None:
    """Read the command line, measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for metrics.json and answers.jsonl")
    parser.add_argument("--data", type=Path, help="NLMCXR_reports.tgz, or the folder it lies in")
    parser.add_argument("--config", type=Path, default=PROFILE, help="the profile of the model")
    parser.add_argument("--url", help="a server that runs; without it one is started")
    parser.add_argument("--python", type=Path, default=PYTHON, help="the Python that has vLLM, to start a server with")
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="of the figures around the model")
    parser.add_argument("--resume", action="store_true", help="keep the metrics.json of an earlier run in DIR")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--model-only", action="store_true", help="leave the checks and the released text out")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    chosen.out.mkdir(parents=True, exist_ok=True)
    profile, studies = read_profile(chosen.config), chosen.studies // 10 if chosen.quick else chosen.studies
    with served(chosen.config, profile, chosen.url, chosen.python) as url:
        path = chosen.out / "metrics.json"
        if not (chosen.resume and path.exists()):
            metrics = measure(url, profile, archive_in(chosen.data), chosen.out, studies)
            path.write_text(metrics.model_dump_json(indent=1) + "\n")
        if not chosen.model_only:
            around = [sys.executable, "-m", "deploy.language_figures", "--out", str(chosen.out), "--url", url]
            around += ["--profile", str(chosen.config), "--seed", str(chosen.seed)]
            subprocess.run([*around, *(["--quick"] if chosen.quick else [])], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
