"""The check of identity: nothing that looks like a person, a date, an age or a number of somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.page import Page
from orchestrator.verification.phrasing import allowed_words

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_IDENTITY: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a title with a name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Herr|Frau|Mme|Sr|Sra)\b\.?\s+\S")),
    ("a date", re.compile(r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")),
    ("a date", re.compile(rf"\b\d{{1,4}}(?:st|nd|rd|th)?[ -]?(?:{_MONTHS})[a-z]*\b", re.IGNORECASE)),
    ("a date", re.compile(rf"\b(?:{_MONTHS})[a-z]*\.? \d{{1,4}}\b", re.IGNORECASE)),
    ("a year", re.compile(r"\b(?:19|20)\d\d\b")),
    ("a time", re.compile(r"\b\d{1,2}:\d{2}\b")),
    ("a long number", re.compile(r"\d(?:[ -]?\d){4,}")),
    ("an address", re.compile(r"\S@\S|https?:|www\.")),
    ("a code", re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{5,}\b")),
    ("a masked name", re.compile(r"\bX{3,}\b", re.IGNORECASE)),
    (
        "a name or a record number",
        re.compile(r"\b(?:mrn|named?|dob|born|ssn|accession|phone|address)\b", re.IGNORECASE),
    ),
    ("an age", re.compile(r"\b(?:years?|months?|days?|weeks?)[ -]olds?\b|\baged?\b|\by/o\b|\byo\b", re.IGNORECASE)),
    (
        "a person",
        re.compile(
            r"\b(?:patients?|man|woman|men|women|male|female|he|she|his|her|him|boy|girl|gentleman|lady|child|infant|"
            r"newborn|mother|father|mr|mrs|ms|dr)\b",
            re.IGNORECASE,
        ),
    ),
)


def no_identity(page: Page) -> Iterator[Problem]:
    """A draft names nobody: no title, no date, no number of a person, no age, no sex."""
    for line in page.lines:
        text = line.sentence.text
        kinds = dict.fromkeys(kind for kind, pattern in _IDENTITY if pattern.search(text))
        allowed = allowed_words(line)
        if any(word.start and text[word.start].isupper() and word.text not in allowed for word in line.reading.words):
            kinds["a name"] = None
        for kind in kinds:
            yield line.problem("no_identity", f"holds what looks like {kind}")
