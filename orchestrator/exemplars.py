"""Reports of this site that lend a draft their style: the most similar ones, as quotations that no fact is taken from.

Off unless ``WETREAD_EXEMPLARS`` names a folder of ``.txt`` and ``.json`` files. A report is masked when it is read
(:mod:`orchestrator.masking`); one that cannot be freed of names with certainty is left out. Similarity is the cosine
of TF-IDF vectors (Salton and Buckley 1988), the same every time: ties are settled by the file's name.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from orchestrator.errors import Misconfigured
from orchestrator.masking import mask_text
from orchestrator.report import Facts
from orchestrator.untrusted import FreeText, Source
from services.contract import Fact, Presence
from services.contract.phrasing import label_text

LARGEST_BYTES = 20_000
MOST_FILES = 5_000
_WORD = re.compile(r"[^\W\d_]{2,}")
_SAID = {Presence.PRESENT: "", Presence.INDETERMINATE: "possible ", Presence.ABSENT: "no "}
Vector = dict[str, float]


class Exemplar(Fact):
    """One report, masked."""

    name: str
    """The file's name; it never leaves this program."""
    text: str

    @property
    def sha256(self) -> str:
        """What a draft records of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Exemplars:
    """A library of reports that can be asked for the most similar."""

    def __init__(self, reports: Sequence[Exemplar]) -> None:
        self.reports = tuple(sorted(reports, key=lambda report: report.name))
        counts = [_terms(report.text) for report in self.reports]
        seen = Counter(term for terms in counts for term in terms)
        self._weights = {term: math.log((1 + len(counts)) / (1 + number)) + 1 for term, number in seen.items()}
        self._vectors = [self._vector(terms) for terms in counts]

    def nearest(self, facts: Facts, count: int) -> tuple[Exemplar, ...]:
        """Return the reports most similar to what was found, the most similar first; none that shares no word."""
        asked = self._vector(_terms(_spoken(facts)))
        alike = [(_cosine(asked, vector), at) for at, vector in enumerate(self._vectors)]
        best = sorted((one for one in alike if one[0] > 0), key=lambda one: (-one[0], one[1]))
        return tuple(self.reports[at] for _, at in best[:count])

    def _vector(self, terms: Counter[str]) -> Vector:
        raw = {term: (1 + math.log(terms[term])) * self._weights.get(term, 0.0) for term in sorted(terms)}
        length = math.sqrt(sum(value * value for value in raw.values()))
        return {term: value / length for term, value in raw.items() if value} if length else {}


def read_exemplars(folder: Path) -> Exemplars:
    """Return the reports of a folder, masked; what cannot be read or masked is left out.

    Raises
    ------
    Misconfigured
        If there is no such folder, or it holds too many files.
    """
    if not folder.is_dir():
        raise Misconfigured(f"no folder of exemplars named {folder.name}; expected a folder of .txt and .json reports")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".txt", ".json"} and path.is_file())
    if len(files) > MOST_FILES:
        raise Misconfigured(f"the folder of exemplars holds {len(files)} reports; at most {MOST_FILES} are read")
    read = ((path.name, _text(path)) for path in files)
    masked = ((name, mask_text(text, ())) for name, text in read if text)
    return Exemplars([Exemplar(name=name, text=text) for name, text in masked if text])


def as_style(exemplars: Iterable[Exemplar]) -> tuple[FreeText, ...]:
    """Return reports as texts from outside, which a prompt shows in its fence."""
    return tuple(FreeText(source=Source.STYLE, text=exemplar.text) for exemplar in exemplars)


def _text(path: Path) -> str | None:
    """Return the report in a file: plain text, or ``text``, ``findings`` and ``impression`` of a JSON object."""
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        return None
    text = content.decode("utf-8", errors="replace")
    if path.suffix.lower() == ".txt":
        return text
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    parts = [held.get(name) for name in ("text", "findings", "impression")] if isinstance(held, dict) else []
    return "\n".join(part for part in parts if isinstance(part, str)) or None


def _spoken(facts: Facts) -> str:
    said = [f"{_SAID[one.presence]}{one.laterality or ''} {label_text(one.code)}" for one in facts.findings]
    return ". ".join([*said, *(label_text(one.name) for one in facts.measurements)])


def _terms(text: str) -> Counter[str]:
    """Return words and pairs of words, so that ``no effusion`` is not ``effusion``."""
    words = _WORD.findall(text.lower())
    return Counter([*words, *(f"{first} {second}" for first, second in pairwise(words))])


def _cosine(first: Vector, second: Vector) -> float:
    return math.fsum(value * second[term] for term, value in first.items() if term in second)
