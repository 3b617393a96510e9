"""How much of the software's words people keep: over time, by language model and prompt, and why not.

The export is for training. It holds drafted and final words, decisions and the coded facts behind them, and nothing
that names a person: no study, no date, no account; free words are masked as a prompt's are, and left out where that is
not sure (:mod:`orchestrator.masking`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from orchestrator.deidentify import known_identifiers
from orchestrator.masking import mask_text
from orchestrator.records.feedback import Judged
from orchestrator.report import DraftReport, SectionName
from orchestrator.working_copy import CopySentence, Decision
from services.contract import Fact, Finding, Measurement

PLAIN = "plain list"


class FeedbackRow(Fact):
    """What became of the drafts of one month, language model and prompt."""

    month: str
    language_model: str
    prompt: str
    reports: int
    rejected_reports: int
    sentences: int
    """Sentences that the software drafted."""
    kept: int
    """Signed in the software's own words."""
    edited: int
    rejected: int
    added: int
    """Sentences that people wrote."""
    edit_distance: float
    """Words to change, of all words drafted or written; mean over drafted sentences, a rejected one counts 1."""
    reasons: tuple[tuple[str, int], ...]
    """Why sentences and findings were rejected, the most frequent first."""


class Feedback(Fact):
    rows: tuple[FeedbackRow, ...]


class JudgedSentence(Fact):
    """One line of the export: what was drafted, what a person made of it, and of which facts."""

    language_model: str
    prompt: str
    section: SectionName
    author: Literal["language_model", "plain"] | None
    drafted: str | None
    final: str | None
    decision: Literal["kept", "edited", "rejected", "added"]
    reason: str | None
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()


def feedback_of(judged: Iterable[Judged]) -> Feedback:
    """Return the table, newest month first."""
    groups: dict[tuple[str, str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        groups[(f"{one.at:%Y-%m}", _model(one.draft), _prompt(one.draft))].append(one)
    rows = [_row(*key, members) for key, members in groups.items()]
    return Feedback(rows=tuple(sorted(rows, key=lambda row: (row.month, row.reports), reverse=True)))


def judged_sentences(judged: Iterable[Judged]) -> Iterator[JudgedSentence]:
    """Yield every sentence that was judged, without identifiers; one whose words cannot be masked is left out."""
    for one in judged:
        known = known_identifiers(one.study)
        for section in one.copy.sections:
            for sentence in section.sentences:
                line = _line(one, section.name, sentence, known)
                if line is not None:
                    yield line


def edit_distance(before: str, after: str) -> float:
    """Return how many words must change (Levenshtein), over the words of the longer text: 0 to 1."""
    a, b = before.split(), after.split()
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1] / max(len(a), len(b), 1)


def _row(month: str, model: str, prompt: str, judged: list[Judged]) -> FeedbackRow:
    drafted = [sentence for one in judged for sentence in one.copy.sentences if sentence.drafted is not None]
    added = [sentence for one in judged for sentence in one.copy.sentences if sentence.drafted is None]
    whole = {id(sentence) for one in judged if one.rejected for sentence in one.copy.sentences}
    fates = Counter("rejected" if id(one) in whole else _decision(one) for one in drafted)
    distances = [1.0 if id(one) in whole else _distance(one) for one in drafted]
    return FeedbackRow(
        month=month,
        language_model=model,
        prompt=prompt,
        reports=len(judged),
        rejected_reports=sum(one.rejected for one in judged),
        sentences=len(drafted),
        kept=fates["kept"],
        edited=fates["edited"],
        rejected=fates["rejected"],
        added=len(added),
        edit_distance=round(sum(distances) / len(distances), 4) if distances else 0.0,
        reasons=tuple(_reasons(judged).most_common(10)),
    )


def _reasons(judged: Iterable[Judged]) -> Counter[str]:
    """The countable part of every reason: what stands before its colon."""
    said = [sentence.reason for one in judged for sentence in one.copy.sentences if sentence.reason]
    said += [finding.reason for one in judged for finding in one.copy.findings if finding.reason]
    return Counter(_countable(reason) for reason in said)


def _countable(reason: str) -> str:
    head = reason.partition(":")[0].strip().lower()
    return head if head in REASONS else "other"


REASONS = frozenset(
    {
        "not there",
        "wrong side",
        "wrong severity",
        "wrong place",
        "wrong number",
        "known and unchanged",
        "not relevant",
        "badly worded",
    }
)
"""What the page offers (``page/report/reasons.js``); anything else is free text and counts as other."""


def _decision(sentence: CopySentence) -> Literal["kept", "edited", "rejected", "added"]:
    if sentence.drafted is None:
        return "added"
    if sentence.decision is Decision.REJECTED:
        return "rejected"
    return "edited" if sentence.text != sentence.drafted else "kept"


def _distance(sentence: CopySentence) -> float:
    return 1.0 if _decision(sentence) == "rejected" else edit_distance(sentence.drafted or "", sentence.text)


def _line(one: Judged, section: SectionName, sentence: CopySentence, known: tuple[str, ...]) -> JudgedSentence | None:
    decision = "rejected" if one.rejected else _decision(sentence)
    written = sentence.drafted is None or sentence.text != sentence.drafted
    final = mask_text(sentence.text, known) if written else sentence.text
    if final is None:
        return None
    cited = {citation.id for citation in sentence.citations}
    facts = one.draft.facts
    reason = sentence.reason or one.reason
    return JudgedSentence(
        language_model=_model(one.draft),
        prompt=_prompt(one.draft),
        section=section,
        author=sentence.author,
        drafted=sentence.drafted,
        final=None if decision == "rejected" else final,
        decision=decision,
        reason=_countable(reason) if reason else None,
        findings=tuple(fact for fact in facts.findings if fact.finding_id in cited),
        measurements=tuple(fact for fact in facts.measurements if fact.measurement_id in cited),
    )


def _model(draft: DraftReport) -> str:
    model = draft.provenance.language_model
    return model.model if model else PLAIN


def _prompt(draft: DraftReport) -> str:
    made = draft.provenance
    return f"{made.prompt_id} {made.prompt_version} ({made.prompt_sha256[:8]})"
