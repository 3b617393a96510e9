"""The draft as plain text."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from orchestrator.exports.words import (
    DRAFT_MARK,
    NOTICE,
    SECOND_TEXT,
    Field,
    algorithm_of,
    became_of,
    cited,
    header_of,
    measured,
    name_of,
    plain_mark,
    provenance_of,
    rules_of,
    score_of,
    second_caption,
    state_of,
)
from orchestrator.plain import limitations_text
from orchestrator.report import DraftReport, SecondText
from orchestrator.study import Study

_WIDTH = 100


def render_text(draft: DraftReport, study: Study) -> str:
    """Return the draft as text: header, what rules say, cited sections, limitations, findings, provenance.

    The header holds what the study says and nothing else; a picture without a name has none.
    """
    blocks = [
        [f"*** {DRAFT_MARK} ***", *wrap(NOTICE, _WIDTH)],
        _fields(header_of(study)),
        _wrapped(rules_of(draft)),
        *(_section(draft, number) for number in range(len(draft.sections))),
        _titled("LIMITATIONS", _wrapped(limitations_text(draft.facts).splitlines())),
        _titled("LIST OF FINDINGS", _facts(draft)),
        *(_second(text) for text in draft.second_texts),
        _titled("PROVENANCE", _fields(provenance_of(draft))),
        [f"*** {DRAFT_MARK} ***"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _section(draft: DraftReport, number: int) -> list[str]:
    section = draft.sections[number]
    lines = [f"- {one.text} {cited(one)} {plain_mark(one, draft)}".rstrip() for one in section.sentences]
    return _titled(str(section.name).upper(), _wrapped(lines) or ["(nothing was assessed that could be said)"])


def _facts(draft: DraftReport) -> list[str]:
    lines: list[str] = []
    for finding in draft.facts.findings:
        lines.append(f"[{finding.finding_id}] {name_of(finding)}: {state_of(finding)}")
        lines += [f"     score {score_of(one)}; {algorithm_of(one.algorithm)}" for one in finding.evidence]
    for measurement in draft.facts.measurements:
        lines.append(f"[{measurement.measurement_id}] {measured(measurement)}")
        lines += [f"     {algorithm_of(one.algorithm)}" for one in measurement.evidence]
    return _wrapped(lines)


def _second(text: SecondText) -> list[str]:
    lines = [second_caption(text)]
    for one in text.sentences:
        lines += [f'- {one.verdict}: "{one.text}"', f"     {became_of(one)}"]
    return _titled(SECOND_TEXT, _wrapped(lines))


def _titled(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def _fields(fields: Iterable[Field]) -> list[str]:
    fields = tuple(fields)
    width = max((len(field.name) for field in fields), default=0) + 2
    return _wrapped([f"{field.name + ':':<{width}}{field.value}" for field in fields], width)


def _wrapped(lines: Iterable[str], indent: int = 5) -> list[str]:
    return [part for line in lines for part in wrap(line, _WIDTH, subsequent_indent=" " * indent) or [""]]
