"""Scores that need a network of their own: used where its package and weights are, otherwise said why not.

Nothing is downloaded for them: a site that has BERTScore, CheXbert, RadGraph or GREEN installs it, and it is used.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

from services.contract import Fact


class LearnedScore(Fact):
    """One score, or why there is none."""

    name: str
    mean: float | None = None
    why_not: str | None = None


def _bertscore(module: Any, said: Sequence[str], meant: Sequence[str]) -> float:
    return float(module.score(list(said), list(meant), lang="en", verbose=False)[2].mean())


def _chexbert(module: Any, said: Sequence[str], meant: Sequence[str]) -> float:
    return float(module.F1CheXbert(device="cpu")(hyps=list(said), refs=list(meant))[0])


def _radgraph(module: Any, said: Sequence[str], meant: Sequence[str]) -> float:
    return float(module.F1RadGraph(reward_level="partial")(hyps=list(said), refs=list(meant))[0])


def _green(module: Any, said: Sequence[str], meant: Sequence[str]) -> float:
    return float(module.GREEN("StanfordAIMI/GREEN-radllama2-7b", output_dir=".")(list(meant), list(said))[0])


_ADAPTERS: dict[str, tuple[str, Callable[[Any, Sequence[str], Sequence[str]], float]]] = {
    "BERTScore": ("bert_score", _bertscore),
    "CheXbert F1": ("f1chexbert", _chexbert),
    "RadGraph F1": ("radgraph", _radgraph),
    "GREEN": ("green_score", _green),
}


def learned_scores(said: Sequence[str], meant: Sequence[str]) -> tuple[LearnedScore, ...]:
    """Return each learned score of these texts, or why it could not be had."""
    return tuple(_scored(name, package, score, said, meant) for name, (package, score) in _ADAPTERS.items())


def _scored(
    name: str,
    package: str,
    score: Callable[[Any, Sequence[str], Sequence[str]], float],
    said: Sequence[str],
    meant: Sequence[str],
) -> LearnedScore:
    if importlib.util.find_spec(package) is None:
        return LearnedScore(name=name, why_not=f"the package {package} is not installed")
    try:
        return LearnedScore(name=name, mean=round(score(importlib.import_module(package), said, meant), 4))
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        return LearnedScore(name=name, why_not=f"its weights cannot be loaded ({type(error).__name__})")
