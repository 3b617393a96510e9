"""Checks of the sentence itself: whole, and put together as English is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.page import Line, Page
from orchestrator.verification.vocabulary import JOINTS, OPENERS

_ARTICLE, _VERB, _JOINT = r"(?:a|an|the)", r"(?:is|are|was|were)", r"(?:and|or|nor|but|of|with|without|in|on|at|for)"
_BROKEN: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("two articles in a row", re.compile(rf"\b{_ARTICLE} {_ARTICLE}\b")),
    ("an article before a verb or a joint", re.compile(rf"\b{_ARTICLE} (?:{_VERB}|{_JOINT})\b")),
    ("two verbs in a row", re.compile(rf"\b{_VERB} {_VERB}\b")),
    ("two joints in a row", re.compile(r"\b(?:and|or|nor|but|of) (?:and|or|nor|but|of|with|without)\b")),
    ("a joint before a comma or the end", re.compile(rf"\b(?:{_ARTICLE}|and|or|nor|but|of|no) ?[,.;:)]")),
    ("a denial before a verb", re.compile(rf"\b(?:no|without) {_VERB}\b")),
    ("a denial before an article", re.compile(rf"\bno {_ARTICLE}\b")),
    ("a before a vowel", re.compile(r"\ba [aeio]")),
    ("an before a consonant", re.compile(r"\ban [bcdfgjklmnpqrstvwxyz]")),
    ("marks without words between them", re.compile(r"[,;:(] ?[,.;:)]|\.\.")),
    ("a noun that needs its of", re.compile(r"\b(?:presence|absence)\b(?! of\b)")),
    ("an adjective before of", re.compile(r"\b(?:evident|present|seen|noted|likely|possible|probable|visible) of\b")),
    ("there without a verb", re.compile(r"\bthere (?!is\b|are\b|was\b|were\b|may\b|might\b|could\b|appears?\b)")),
)
_AFTER_A_NAME = re.compile(r" *(?:a|an|the|there|no)\b")


def every_sentence_is_whole(page: Page) -> Iterator[Problem]:
    """A sentence that was cut off, or never began, is not read to a clinician."""
    for line in page.lines:
        words = re.findall(r"[^\W_]+", line.reading.text)
        if words and (words[0] in OPENERS or words[-1] in JOINTS):
            yield line.problem("every_sentence_is_whole", "the sentence begins or ends in the middle")


def every_sentence_is_grammatical(page: Page) -> Iterator[Problem]:
    """Two articles, two verbs, a comma after "and": the words were put together by chance, and so may be the sense."""
    for line in page.lines:
        text = line.reading.text
        faults = [what for what, pattern in _BROKEN if pattern.search(text)]
        if _runs_on(line):
            faults.append("an article or a denial right after a finding's name")
        if line.reading.none_assessed and line.reading.words and not line.reading.claims:
            faults.append("more words beside the summary")
        if text.count("(") != text.count(")"):
            faults.append("a bracket that is not closed")
        if faults:
            yield line.problem("every_sentence_is_grammatical", "; ".join(faults))


def _runs_on(line: Line) -> bool:
    return any(_AFTER_A_NAME.match(line.reading.text, claim.end) for claim in line.reading.claims)
