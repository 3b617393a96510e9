"""Claims of the impressions that a model wrote for real reports, against those the radiologist made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.verification.lexicon import BLANKETS
from orchestrator.verification.reading import read
from orchestrator.verification.scope import Stance
from services.contract import Fact
from services.language.measured import WrittenImpression
from services.language.text_scores import Interval, interval

_NORMAL = re.compile("|".join(f"(?:{pattern})" for pattern in BLANKETS))


class ClaimScore(Fact):
    """How many claims agree; a claim is a finding of this project with what is said of it."""

    reports: int
    precision: float
    recall: float
    f1: float
    per_report: Interval | None = None
    """F1 of each report that has a claim in either text, with its interval by report."""


def claims_of(text: str) -> set[tuple[str, str]]:
    """Return the claims of a text: likely and certain count as one, so do the wordings.

    A text that calls the film normal, or free of acute disease, makes that claim too, as "No Finding" is a label of
    CheXpert (Irvin 2019).
    """
    stances = {Stance.AFFIRMED: "present", Stance.LIKELY: "present", Stance.UNCERTAIN: "open", Stance.DENIED: "absent"}
    claims = {(claim.concept, stances[claim.stance]) for claim in read(text).claims if claim.stance in stances}
    return claims | ({("anything acute", "absent")} if _NORMAL.search(text.lower()) else set())


def read_written(answers: Path) -> list[WrittenImpression]:
    """Return what the evaluation wrote for real reports; nothing where it wrote nothing."""
    if not answers.exists():
        return []
    return [WrittenImpression.model_validate_json(line) for line in answers.read_text(encoding="utf-8").splitlines()]


def claim_score(pairs: Sequence[tuple[str, str]]) -> ClaimScore:
    """Return the agreement of the claims in texts with those in their references."""
    claimed = [(claims_of(said), claims_of(meant)) for said, meant in pairs]
    common, said, meant = (
        sum(len(one & other) for one, other in claimed),
        sum(len(one) for one, _ in claimed),
        sum(len(other) for _, other in claimed),
    )
    each = [2 * len(one & other) / (len(one) + len(other)) for one, other in claimed if one or other]
    return ClaimScore(
        reports=len(pairs),
        precision=round(common / said, 4) if said else 0.0,
        recall=round(common / meant, 4) if meant else 0.0,
        f1=round(2 * common / (said + meant), 4) if said + meant else 0.0,
        per_report=interval(each) if each else None,
    )
