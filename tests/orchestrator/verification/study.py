"""One study to say things about, and which checks object to a sentence."""

from __future__ import annotations

from orchestrator.report import Facts
from orchestrator.verify import verify
from services.contract import Label, Laterality, Likelihood, Severity
from tests.orchestrator.report_parts import facts, finding, limitation, ratio, said, sections

EFFUSION = finding("F1", Label.EFFUSION, Likelihood.PRESENT, Laterality.LEFT, Severity.MILD)
OPACITY = finding("F2", Label.LUNG_OPACITY, Likelihood.INDETERMINATE)
PNEUMONIA = finding("F3", Label.PNEUMONIA, Likelihood.ABSENT)
CONSOLIDATION = finding("F4", Label.CONSOLIDATION, Likelihood.ABSENT)
HEART = finding("F5", Label.CARDIOMEGALY, Likelihood.ABSENT)
FILM = finding("F6", Label.ABNORMAL_FILM, Likelihood.ABSENT)
STUDY = facts(EFFUSION, OPACITY, PNEUMONIA, CONSOLIDATION, HEART, FILM, ratio(), limitation("pneumothorax"))


def checks_of(text: str, *ids: str, given: Facts = STUDY) -> set[str]:
    """The checks that object to one sentence, leaving out what the rest of the draft would have said."""
    problems = verify(sections((said(text, *ids),)), given)
    return {problem.check for problem in problems} - {
        "every_present_finding_is_mentioned",
        "every_open_finding_is_mentioned",
    }
