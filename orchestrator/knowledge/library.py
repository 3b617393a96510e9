"""Find the passage: BM25 over terms, names and aspects (bm25s), without chance and without a model.

``ChatDoctor``'s way: keywords of the question, the passages that hold them, an answer that quotes them. ``ChatCAD+``'s
way, down a tree of topics, is :mod:`orchestrator.knowledge.walk`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import bm25s
import numpy as np

from orchestrator.knowledge.aspects import aspects_in
from orchestrator.knowledge.passage import Passage
from orchestrator.knowledge.words import named_terms, repeated, terms
from services.contract import Label

_TITLE, _KEYWORDS, _NAMES, _ASPECT = 3, 4, 4, 3
"""How often each counts beside the text."""
_ASKED_NAMES, _ASKED_ASPECTS = 2, 1
_BOTH = 2
"""A passage on the very aspect of the very thing."""
_VAGUE = frozenset({f"name:{Label.LUNG_OPACITY}"})
"""A shadow is what everything on a film is; the word alone does not say what is asked for."""
_PLAIN = 4
"""Terms below which a question asks for what it names."""
DATA = "data"
"""The aspect of passages on how a label was made: they speak of the label, not of what it stands for."""
EVERYBODY = "all"
WEAK = 2.0
"""A best score below this is no hit."""
_KNOWN_SHARE = 0.4
"""Where fewer of a question's words than this stand anywhere in the library, it asks for something else."""


class Hit(NamedTuple):
    """One passage that answers, and how well."""

    passage: Passage
    score: float


class Library:
    """Passages that can be searched; always the same answer to the same words.

    Parameters
    ----------
    passages
        In any order; they are kept sorted by their ids.
    """

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.passages = tuple(sorted(passages, key=lambda one: one.passage_id))
        self._by_id = {passage.passage_id: passage for passage in self.passages}
        self._index = bm25s.BM25(k1=1.2, b=0.6)
        if self.passages:
            self._index.index([_indexed(passage) for passage in self.passages], show_progress=False)

    def __len__(self) -> int:
        return len(self.passages)

    def get(self, passage_id: str) -> Passage | None:
        """Return the passage of an id."""
        return self._by_id.get(passage_id)

    def readable_by(self, departments: Iterable[str]) -> Library:
        """Return the part that these departments may read."""
        allowed = {EVERYBODY, *departments}
        readable = [passage for passage in self.passages if passage.department in allowed]
        return self if len(readable) == len(self.passages) else Library(readable)

    def search(self, question: str, at_most: int = 3) -> tuple[Hit, ...]:
        """Return the passages that answer a question best, best first; none where nothing fits."""
        asked = _asked(question)
        if not self.passages or not self._knows(question):
            return ()
        scores = self._scores(asked)
        order = sorted(range(len(self.passages)), key=lambda at: (-scores[at], self.passages[at].passage_id))
        return tuple(Hit(self.passages[at], float(scores[at])) for at in order[:at_most] if scores[at] >= WEAK)

    def scored(self, question: str) -> dict[str, float]:
        """Return the score of every passage, by id."""
        asked = _asked(question)
        if not self.passages or not self._knows(question):
            return {}
        return {one.passage_id: float(score) for one, score in zip(self.passages, self._scores(asked), strict=True)}

    def _knows(self, question: str) -> bool:
        """Return whether enough of a question's words stand somewhere in the library."""
        words = {*terms(question), *named_terms(question)}
        known = sum(word in self._index.vocab_dict for word in words)
        return bool(words) and known >= _KNOWN_SHARE * len(words)

    def _scores(self, asked: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        known = [term for term in asked if term in self._index.vocab_dict]
        if not known:
            return np.zeros(len(self.passages), dtype=np.float32)
        scores: np.ndarray[tuple[int], np.dtype[np.float32]] = self._index.get_scores(known)
        return scores


def best_sentences(passage: Passage, question: str, at_most: int = 3) -> tuple[str, ...]:
    """Return the sentences of a passage that answer best, in their order; each is a span of its text."""
    asked = set(_asked(question))
    sentences = passage.sentences
    scored = [(len(asked & {*terms(one), *named_terms(one)}), -at) for at, one in enumerate(sentences)]
    chosen = sorted(range(len(sentences)), key=lambda at: (-scored[at][0], at))[:at_most]
    return tuple(sentences[at] for at in sorted(chosen))


def _indexed(passage: Passage) -> list[str]:
    own = named_terms(" ".join((*passage.topic, passage.title)))
    beside = [name for name in named_terms("; ".join(passage.keywords)) if name not in own]
    return [
        *terms(passage.text),
        *repeated(terms(passage.title), _TITLE),
        *repeated(terms(" ".join(passage.keywords)), _KEYWORDS),
        *repeated(terms(" ".join(passage.topic)), _TITLE),
        *repeated(dict.fromkeys(own), 1 if passage.aspect == DATA else _NAMES),
        *dict.fromkeys(beside),
        *repeated([f"aspect:{passage.aspect}"], _ASPECT),
        *repeated([f"{name} {passage.aspect}" for name in dict.fromkeys(own)], _BOTH),
    ]


def _asked(question: str) -> list[str]:
    every = named_terms(question)
    named = [name for name in every if name not in _VAGUE] or (every if len(terms(question)) < _PLAIN else [])
    aspects = aspects_in(question)
    return [
        *terms(question),
        *repeated(named, _ASKED_NAMES),
        *repeated((f"aspect:{one}" for one in aspects), _ASKED_ASPECTS),
        *(f"{name} {aspect}" for name in named for aspect in aspects),
    ]
