"""Read the language model's answer: JSON in, sections out, and what was wrong with it in words.

The answer is ``{"findings": [{"cites": ["F1"], "text": "..."}], "impression": [...]}``. A sentence
that cannot become a :class:`~orchestrator.report.Sentence` is left out and named in a problem.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.report import Citation, Facts, Problem, Section, SectionName, Sentence

LONGEST_ANSWER = 65_536
"""Characters; a longer answer is a model that did not stop."""
_LONGEST_SENTENCE = 600


class Answer(NamedTuple):
    """What could be read of an answer, and what could not."""

    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str
    cites: list[str]


class _SaidSections(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    findings: list[_Said] = Field(max_length=200)
    impression: list[_Said] = Field(max_length=200)


def parse_answer(text: str, facts: Facts) -> Answer:
    """Return the two sections of an answer and the problems met on the way.

    Parameters
    ----------
    text
        What the language model wrote; a surrounding code fence is tolerated.
    facts
        Whose ids the sentences may cite. An id that is not there is kept, for the checks to name.

    Returns
    -------
    Answer
        No sections at all when the text is not the JSON that was asked for.
    """
    if len(text) > LONGEST_ANSWER:
        return _unreadable(f"the answer has {len(text)} characters; at most {LONGEST_ANSWER} are read")
    try:
        said = _SaidSections.model_validate(json.loads(_without_fence(text)))
    except (json.JSONDecodeError, RecursionError):
        return _unreadable("the answer is not JSON; expected one object with findings and impression")
    except ValidationError as error:
        return _unreadable(_where_it_differs(error))
    problems: list[Problem] = []
    sections = tuple(
        Section(name=name, sentences=_sentences(name, items, facts, problems))
        for name, items in ((SectionName.FINDINGS, said.findings), (SectionName.IMPRESSION, said.impression))
    )
    return Answer(sections, tuple(problems))


def _unreadable(message: str) -> Answer:
    return Answer((), (Problem(check="answer_is_readable", message=message),))


def _where_it_differs(error: ValidationError) -> str:
    places = sorted({".".join(str(step) for step in item["loc"] if isinstance(step, str)) for item in error.errors()})
    known = [place for place in places if set(place.split(".")) <= {"findings", "impression", "text", "cites"}]
    return f"the answer is not shaped as asked at: {', '.join(known) or 'its top level'}; expected text and cites"


def _without_fence(text: str) -> str:
    text = text.strip()
    if not text.startswith("```"):
        return text
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1]


def _sentences(name: SectionName, items: list[_Said], facts: Facts, problems: list[Problem]) -> tuple[Sentence, ...]:
    kept: list[Sentence] = []
    for number, item in enumerate(items, start=1):
        text, citations = " ".join(item.text.split()), _citations(item.cites, facts)
        wrong = _what_is_wrong(text, citations)
        if wrong:
            message = f"sentence {number} of the {name} {wrong} and was left out"
            problems.append(Problem(check="answer_is_readable", message=message, section=name))
            continue
        kept.append(Sentence(text=text, citations=citations))
    return tuple(kept)


def _what_is_wrong(text: str, citations: tuple[Citation, ...]) -> str | None:
    if not text:
        return "is empty"
    if len(text) > _LONGEST_SENTENCE:
        return f"has more than {_LONGEST_SENTENCE} characters"
    return None if citations else "cites nothing"


def _citations(cites: list[str], facts: Facts) -> tuple[Citation, ...]:
    measured = {measurement.measurement_id for measurement in facts.measurements}
    ids = dict.fromkeys(cite.strip(" []")[:64] for cite in cites)
    return tuple(Citation(kind="measurement" if id_ in measured else "finding", id=id_) for id_ in ids if id_)
