"""The report as plain text: the draft, what was signed, or that it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from orchestrator.exports.comparison import comparison_of
from orchestrator.exports.words import (
    SECOND_TEXT,
    Field,
    algorithm_of,
    became_of,
    header_of,
    history_of,
    mark_of,
    measured,
    name_of,
    notice_of,
    plain_mark,
    provenance_of,
    rules_of,
    score_of,
    second_caption,
    signed_by,
    state_of,
    worded,
)
from orchestrator.plain import limitations_text
from orchestrator.release import Release
from orchestrator.report import SecondText
from orchestrator.study import Study

_WIDTH = 100


def render_text(release: Release, study: Study) -> str:
    """Return a report as text: header, sections, addenda, and what they rest on.

    The header holds what the study says and nothing else; a picture without a name has none. A draft shows what rules
    say of it, its marks and its limitations; a signed report its signature; a retraction nothing of the report.
    """
    mark = f"*** {mark_of(release)} ***"
    blocks = [
        [*wrap(mark, _WIDTH), *wrap(notice_of(release), _WIDTH)],
        _fields(header_of(study)),
        *([] if release.is_retraction else _body(release)),
        _fields(history_of(release)),
        _titled("PROVENANCE", _fields(provenance_of(release.draft))),
        wrap(mark, _WIDTH),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _body(release: Release) -> list[list[str]]:
    unsigned = [] if release.is_signed else [_second(text) for text in release.draft.second_texts]
    return [
        [] if release.is_signed else _wrapped(rules_of(release.draft)),
        *(_section(release, number) for number in range(len(release.sections))),
        _titled("COMPARISON", _wrapped(comparison_of(release))),
        *(_titled(f"ADDENDUM, {signed_by(one.signature)}", wrap(one.text, _WIDTH)) for one in release.addenda),
        _titled("LIMITATIONS", _wrapped(limitations_text(release.facts).splitlines())),
        _titled("LIST OF FINDINGS", _facts(release)),
        *unsigned,
    ]


def _section(release: Release, number: int) -> list[str]:
    section = release.sections[number]
    lines = [f"- {worded(one, release)} {plain_mark(one, release)}".rstrip() for one in section.sentences]
    nothing = "(nothing)" if release.is_signed else "(nothing was assessed that could be said)"
    return _titled(str(section.name).upper(), _wrapped(lines) or [nothing])


def _facts(release: Release) -> list[str]:
    lines: list[str] = []
    for finding in release.facts.findings:
        lines.append(f"[{finding.finding_id}] {name_of(finding)}: {state_of(finding)}")
        lines += [f"     score {score_of(one)}; {algorithm_of(one.algorithm)}" for one in finding.evidence]
    for measurement in release.facts.measurements:
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
