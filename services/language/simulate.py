"""Simulated studies: coded facts without pixels, drawn over everything that the prompt format can say.

They teach a language model to copy the right label, side, severity, number and id. They say nothing about how
often a finding occurs, and no patient is behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from services.contract import (
    Algorithm,
    Code,
    Evidence,
    Fact,
    Finding,
    Label,
    Laterality,
    Likelihood,
    Measurement,
    Presence,
    Severity,
    coded,
)

STRUCTURES = {Label.LUNG, Label.HEART, Label.CLAVICLE}
MEASURED = {Label.CARDIOTHORACIC_RATIO, Label.LUNG_HEIGHT}
FINDING_LABELS = tuple(label for label in Label if label not in STRUCTURES | MEASURED)

_SIDED = {
    Label.ATELECTASIS,
    Label.CONSOLIDATION,
    Label.INFILTRATION,
    Label.PNEUMOTHORAX,
    Label.EFFUSION,
    Label.PNEUMONIA,
    Label.PLEURAL_THICKENING,
    Label.NODULE,
    Label.MASS,
    Label.LUNG_LESION,
    Label.FRACTURE,
    Label.LUNG_OPACITY,
    Label.TUBERCULOSIS,
    Label.FIBROSIS,
}
OTHER_NAMES = (
    "scoliosis", "hiatal hernia", "pericardial effusion", "calcified granuloma", "hyperinflation", "bronchiectasis",
    "lymphadenopathy", "aortic calcification", "elevated hemidiaphragm", "rib fracture", "clavicle fracture",
    "pneumomediastinum", "subcutaneous emphysema", "pneumoperitoneum", "interstitial pattern", "cavitation",
    "vascular congestion", "pulmonary nodule", "tracheal deviation", "osteopenia", "degenerative change",
    "spondylosis", "kyphosis", "dislocation", "joint effusion", "osteoarthritis", "bone lesion", "cortical break",
    "intracranial hemorrhage", "midline shift", "hydrocephalus", "cerebral edema", "infarction", "white matter lesion",
    "liver lesion", "renal cyst", "kidney stone", "bowel obstruction", "ascites", "gallstone", "splenomegaly",
    "hepatomegaly", "aortic aneurysm", "pulmonary embolism", "ground glass opacity", "honeycombing", "air trapping",
    "malignant breast mass", "benign breast mass", "breast calcification", "architectural distortion",
    "diabetic retinopathy", "macular edema", "drusen", "central venous catheter", "endotracheal tube",
    "nasogastric tube",
    "pacemaker", "surgical clips", "covid-19 pneumonia", "bacterial pneumonia", "viral pneumonia", "cardiac shadow",
    "hilar enlargement", "mediastinal shift", "pleural plaque", "apical scarring", "blunted costophrenic angle",
    "widened mediastinum", "foreign body", "aspiration", "abscess", "empyema", "sarcoidosis",
)  # fmt: skip
"""Names that no label of the project has yet: a label added later must be copied too."""

_SITES = (
    "upper lobe", "lower lobe", "middle lobe", "lingula", "lung base", "lung apex", "upper zone", "mid zone",
    "lower zone", "hilum", "costophrenic angle", "retrocardiac region", "lateral chest wall",
)  # fmt: skip
_NOT_ASSESSABLE = ("lateral view", "image 2", "chest anatomy", "bone age", "lung volumes", "pediatric pneumonia")
_LENGTHS = ("nodule diameter", "heart width", "chest width", "tracheal diameter", "lesion diameter", "kidney length")
_EVIDENCE = (Evidence(image_id="simulated", algorithm=Algorithm(name="simulated", version="1")),)
_PRESENCE_ORDER = (Presence.PRESENT, Presence.INDETERMINATE, Presence.ABSENT)


class SimulatedStudy(Fact):
    """What the specialists might have said about one study."""

    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    not_assessed: tuple[str, ...]


def simulate(rng: Random) -> SimulatedStudy:
    """Draw one study; the same generator state gives the same study."""
    names = [str(label) for label in FINDING_LABELS]
    if rng.random() < 0.25:
        names += rng.sample(OTHER_NAMES, rng.randint(1, 5))
    rng.shuffle(names)
    count = min(len(names), _how_many(rng))
    assessed, missing = names[:count], names[count:]
    findings = _numbered(_split_sides(_findings(assessed, rng), rng), rng)
    measurements = _measurements(rng, needed=not findings)
    return SimulatedStudy(findings=findings, measurements=measurements, not_assessed=_missing(missing, rng))


def simulate_hard(rng: Random) -> SimulatedStudy:
    """Draw one study of the kind that is phrased wrongly most often: many findings, placed, with lengths."""
    names = [str(label) for label in FINDING_LABELS] + rng.sample(OTHER_NAMES, rng.randint(0, 6))
    rng.shuffle(names)
    count = rng.randint(6, 24)
    drawn = [_finding(name, rng.choice((0.3, 0.7)), rng.choice((0.1, 0.4)), 0.7, rng) for name in names[:count]]
    placed = [_placed(finding, rng) for finding in drawn]
    lengths = [
        (name, rng.choice((None, *Laterality)), _length(rng)) for name in rng.sample(_LENGTHS, rng.randint(0, 4))
    ]
    return SimulatedStudy(
        findings=_numbered(placed, rng),
        measurements=_measurements(rng, needed=False, more=lengths),
        not_assessed=_missing(names[count:], rng),
    )


def _placed(finding: Finding, rng: Random) -> Finding:
    if finding.presence is not Presence.PRESENT or rng.random() > 0.25:
        return finding
    return finding.model_copy(update={"site": _code(rng.choice(_SITES))})


def _length(rng: Random) -> float:
    """Return a length whose digits are often alike, which is what a small model copies worst."""
    if rng.random() < 0.4:
        digit = rng.randint(1, 9)
        return float(rng.choice((digit * 10, digit * 11, digit * 100 + digit, digit * 110, digit * 101 + 10)))
    return rng.uniform(3, 999)


def _how_many(rng: Random) -> int:
    draw = rng.random()
    if draw < 0.02:
        return 0
    return rng.randint(1, 10) if draw < 0.7 else rng.randint(8, 24)


def _findings(names: list[str], rng: Random) -> list[Finding]:
    present_rate = rng.choice((0.0, 0.0, 0.15, 0.3, 0.6))
    unsure_rate = rng.choice((0.0, 0.1, 0.3))
    detail_rate = rng.choice((0.2, 0.7))
    return [_finding(name, present_rate, unsure_rate, detail_rate, rng) for name in names]


def _finding(name: str, present_rate: float, unsure_rate: float, detail_rate: float, rng: Random) -> Finding:
    likelihood = Likelihood.ABSENT
    if rng.random() < present_rate:
        likelihood = Likelihood.LIKELY if rng.random() < 0.35 else Likelihood.PRESENT
    elif rng.random() < unsure_rate:
        likelihood = Likelihood.INDETERMINATE
    present = likelihood in {Likelihood.PRESENT, Likelihood.LIKELY}
    rate = detail_rate if present else 0.04
    sided = name not in set(Label) or Label(name) in _SIDED
    film = name == Label.ABNORMAL_FILM
    return Finding(
        finding_id="F0",
        code=_code(name),
        presence=_presence(likelihood),
        likelihood=likelihood,
        laterality=rng.choice(tuple(Laterality)) if sided and rng.random() < rate else None,
        severity=rng.choice(tuple(Severity)) if present and not film and rng.random() < rate else None,
        site=_code(rng.choice(_SITES)) if sided and present and rng.random() < 0.08 else None,
        experimental=rng.random() < 0.3,
        evidence=_EVIDENCE,
    )


def _split_sides(findings: list[Finding], rng: Random) -> list[Finding]:
    """Sometimes turn one bilateral finding into two, one a side, each with its severity."""
    if rng.random() > 0.3:
        return findings
    split = next((item for item in findings if item.laterality is Laterality.BILATERAL and item.severity), None)
    if split is None:
        return findings
    sides = [
        split.model_copy(update={"laterality": side, "severity": rng.choice(tuple(Severity)), "site": None})
        for side in (Laterality.LEFT, Laterality.RIGHT)
    ]
    return [item for item in findings if item is not split] + sides


def _numbered(findings: list[Finding], rng: Random) -> tuple[Finding, ...]:
    if rng.random() < 0.6:
        findings = sorted(findings, key=lambda item: item.code.meaning.lower())
    ordered = sorted(findings, key=lambda item: _PRESENCE_ORDER.index(item.presence))
    return tuple(item.model_copy(update={"finding_id": f"F{index}"}) for index, item in enumerate(ordered, start=1))


def _measurements(
    rng: Random, *, needed: bool, more: Sequence[tuple[str, Laterality | None, float]] = ()
) -> tuple[Measurement, ...]:
    drawn: list[tuple[str, Laterality | None, float]] = []
    if needed or rng.random() < 0.7:
        drawn.append((str(Label.CARDIOTHORACIC_RATIO), None, rng.uniform(0.3, 0.85)))
    if rng.random() < 0.25:
        drawn += [(str(Label.LUNG_HEIGHT), side, rng.uniform(90, 380)) for side in (Laterality.RIGHT, Laterality.LEFT)]
    if rng.random() < 0.15:
        side = rng.choice((None, Laterality.LEFT, Laterality.RIGHT))
        drawn.append((rng.choice(_LENGTHS), side, rng.uniform(3, 400)))
    drawn += more
    return tuple(
        _measurement(f"M{index}", name, side, value) for index, (name, side, value) in enumerate(drawn, start=1)
    )


def _measurement(identity: str, name: str, side: Laterality | None, value: float) -> Measurement:
    ratio = name == Label.CARDIOTHORACIC_RATIO
    return Measurement(
        measurement_id=identity,
        name=_code(name),
        value=value,
        unit="1" if ratio else "mm",
        calibration=None if ratio else "PixelSpacing",
        laterality=side,
        evidence=_EVIDENCE,
    )


def _missing(names: list[str], rng: Random) -> tuple[str, ...]:
    missing = set(names[: rng.randint(0, min(14, len(names)))])
    if rng.random() < 0.3:
        missing |= set(rng.sample(_NOT_ASSESSABLE, rng.randint(1, 2)))
    return tuple(sorted(missing))


def _code(name: str) -> Code:
    return coded(Label(name)) if name in set(Label) else Code(scheme="99WETREAD", value=name, meaning=name)


def _presence(likelihood: Likelihood) -> Presence:
    return {Likelihood.ABSENT: Presence.ABSENT, Likelihood.INDETERMINATE: Presence.INDETERMINATE}.get(
        likelihood, Presence.PRESENT
    )
