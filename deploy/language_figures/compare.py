"""Is one prompt or model better than another, or is it chance? ``python -m deploy.language_figures.compare ONE OTHER``.

ONE and OTHER are folders that ``wetread evaluate language --out`` wrote, for two models, two profiles or two prompts
(a profile names its prompt). What both were asked is compared, pair by pair, by a two-sided permutation test.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.table import Table

from deploy.language_figures.impressions import claim_score, read_written
from services.contract import Fact
from services.language.measured import AnsweredStudy
from services.language.text_scores import SCORES, paired_significance

DRAFTS = "drafts.jsonl"
ANSWERS = "answers.jsonl"


class Compared(Fact):
    """One measure of both, and how likely a difference of this size is by chance."""

    measure: str
    pairs: int
    one: float
    other: float
    p: float


def compare(one: Path, other: Path) -> list[Compared]:
    """Compare two evaluations, measure by measure.

    Raises
    ------
    ValueError
        If they were not asked the same.
    """
    return [*_drafts(read_answered(one / DRAFTS), read_answered(other / DRAFTS)), *_impressions(one, other)]


def read_answered(path: Path) -> list[AnsweredStudy]:
    """Return what the first answers of a model were worth, study by study; nothing where it was not measured."""
    if not path.exists():
        return []
    return [AnsweredStudy.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _drafts(one: Sequence[AnsweredStudy], other: Sequence[AnsweredStudy]) -> list[Compared]:
    if [answered.study for answered in one] != [answered.study for answered in other]:
        raise ValueError("the two were not asked about the same studies")
    measures: dict[str, Callable[[AnsweredStudy], float]] = {
        "first answer: studies right": lambda answered: float(answered.right),
        "first answer: invented sentences a study": lambda answered: float(answered.invented),
        "first answer: facts missing a study": lambda answered: float(answered.missing),
    }
    return [_compared(name, [of(a) for a in one], [of(b) for b in other]) for name, of in measures.items() if one]


def _impressions(one: Path, other: Path) -> list[Compared]:
    both = read_written(one / ANSWERS), read_written(other / ANSWERS)
    if [written.findings for written in both[0]] != [written.findings for written in both[1]]:
        raise ValueError("the two were not asked about the same reports")
    found = []
    for which, chosen in (("all", both), ("abnormal", tuple([w for w in run if w.abnormal] for run in both))):
        for name, score in (*SCORES.items(), ("claim F1 a report", _claims)):
            scores = [[score(written.said, written.meant) for written in run] for run in chosen]
            found += [_compared(f"impression: {name}, {which}", *scores)] if scores[0] else []
    return found


def _claims(said: str, meant: str) -> float:
    found = claim_score([(said, meant)])
    return found.f1 if found.per_report else 1.0  # neither claims anything: they agree


def _compared(measure: str, one: Sequence[float], other: Sequence[float]) -> Compared:
    p = paired_significance(one, other)
    return Compared(
        measure=measure, pairs=len(one), one=round(fmean(one), 4), other=round(fmean(other), 4), p=round(p, 4)
    )


def main() -> int:
    """Compare and show; 3 when the two cannot be compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    chosen = parser.parse_args()
    try:
        found = compare(chosen.one, chosen.other)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    table = Table("measure", "pairs", chosen.one.name, chosen.other.name, "p")
    for row in found:
        table.add_row(row.measure, str(row.pairs), f"{row.one:.4f}", f"{row.other:.4f}", f"{row.p:.4f}")
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
