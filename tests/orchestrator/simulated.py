"""Studies made by chance: findings of every presence, a ratio, lung heights, and what was not assessed."""

from __future__ import annotations

import random

from deploy.language_figures.phrasers import by_dictation
from orchestrator.report import Facts, Section
from services.contract import Finding, Label, Laterality, Likelihood, Presence, Severity
from services.language.simulate import SimulatedStudy
from tests.orchestrator.report_parts import facts, finding, limitation, lung_height, ratio

SIDED = (
    Label.EFFUSION,
    Label.PNEUMOTHORAX,
    Label.LUNG_OPACITY,
    Label.ATELECTASIS,
    Label.CONSOLIDATION,
    Label.PLEURAL_THICKENING,
    Label.NODULE,
    Label.MASS,
    Label.LUNG_LESION,
    Label.INFILTRATION,
)
UNSIDED = (
    Label.CARDIOMEGALY,
    Label.PNEUMONIA,
    Label.EDEMA,
    Label.EMPHYSEMA,
    Label.FIBROSIS,
    Label.TUBERCULOSIS,
    Label.HERNIA,
    Label.FRACTURE,
    Label.ENLARGED_CARDIOMEDIASTINUM,
)
GRADED = (Label.EFFUSION, Label.PNEUMOTHORAX, Label.LUNG_OPACITY, Label.CARDIOMEGALY, Label.EDEMA)


def simulated_facts(chance: random.Random) -> Facts:
    """One study: some findings of every presence, perhaps a ratio and lung heights, and what was not assessed."""
    labels = chance.sample((*SIDED, *UNSIDED), chance.randint(2, 9))
    likelihoods = chance.choices(
        (Likelihood.ABSENT, Likelihood.INDETERMINATE, Likelihood.PRESENT, Likelihood.LIKELY),
        (5, 2, 3, 3),
        k=len(labels),
    )
    order = {Presence.PRESENT: 0, Presence.INDETERMINATE: 1, Presence.ABSENT: 2}
    made = [_simulated(label, likelihood, chance) for label, likelihood in zip(labels, likelihoods, strict=True)]
    made.sort(key=lambda one: (order[one.presence], one.code.meaning))
    named = [one.model_copy(update={"finding_id": f"F{number}"}) for number, one in enumerate(made, start=1)]
    measured = [ratio("M1", round(chance.uniform(0.38, 0.68), 4))] if chance.random() < 0.6 else []
    if chance.random() < 0.3:
        measured.append(lung_height("M2", chance.uniform(180, 260), Laterality.LEFT))
    unassessed = [label for label in (*SIDED, *UNSIDED) if label not in labels]
    return facts(*named, *measured, *(limitation(str(label)) for label in unassessed))


def simulated_sections(given: Facts, chance: random.Random) -> tuple[Section, ...]:
    """A clean draft of a study, in varied words that know nothing of the checks."""
    nobodys = SimulatedStudy(findings=given.findings, measurements=given.measurements, not_assessed=())
    return by_dictation(nobodys, given, chance)


def _simulated(label: Label, likelihood: Likelihood, chance: random.Random) -> Finding:
    seen = likelihood in {Likelihood.PRESENT, Likelihood.LIKELY}
    side = chance.choice((*Laterality, None)) if label in SIDED and seen else None
    severity = chance.choice((*Severity, None)) if label in GRADED and seen else None
    return finding("F0", label, likelihood, side, severity, experimental=chance.random() < 0.1)
