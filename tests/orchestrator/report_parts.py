"""Small makers of findings, measurements and sentences for the tests of what is said about them."""

from __future__ import annotations

from orchestrator.report import Citation, Facts, Section, SectionName, Sentence
from services.contract import (
    Algorithm,
    Code,
    Evidence,
    Finding,
    Label,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Measurement,
    Presence,
    Severity,
    coded,
)

ALGORITHM = Algorithm(name="compact_chest_radiograph", version="0.1.0", weights_sha256="a" * 64)
ANATOMY = Algorithm(name="chest_anatomy", version="0.1.0", weights_sha256="b" * 64)

PRESENCE_OF = {
    Likelihood.ABSENT: Presence.ABSENT,
    Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    Likelihood.LIKELY: Presence.PRESENT,
    Likelihood.PRESENT: Presence.PRESENT,
}
SCORE_OF = {Likelihood.ABSENT: 0.08, Likelihood.INDETERMINATE: 0.41, Likelihood.PRESENT: 0.66, Likelihood.LIKELY: 0.91}


def finding(
    finding_id: str,
    label: Label,
    likelihood: Likelihood = Likelihood.PRESENT,
    side: Laterality | None = None,
    severity: Severity | None = None,
    site: Code | None = None,
    experimental: bool = False,
) -> Finding:
    evidence = Evidence(
        image_id="img-1",
        algorithm=ALGORITHM,
        score=SCORE_OF[likelihood],
        operating_points={"absent": 0.2, "present": 0.5, "likely": 0.8},
    )
    return Finding(
        finding_id=finding_id,
        code=coded(label),
        presence=PRESENCE_OF[likelihood],
        likelihood=likelihood,
        laterality=side,
        severity=severity,
        site=site,
        experimental=experimental,
        evidence=(evidence,),
    )


def ratio(measurement_id: str = "M1", value: float = 0.562) -> Measurement:
    return Measurement(
        measurement_id=measurement_id,
        name=coded(Label.CARDIOTHORACIC_RATIO),
        value=value,
        unit="1",
        uncertainty=0.01,
        evidence=(Evidence(image_id="img-1", algorithm=ANATOMY),),
    )


def lung_height(measurement_id: str, value: float, side: Laterality | None = None) -> Measurement:
    return Measurement(
        measurement_id=measurement_id,
        name=coded(Label.LUNG_HEIGHT),
        value=value,
        unit="mm",
        calibration="PixelSpacing",
        laterality=side,
        evidence=(Evidence(image_id="img-1", algorithm=ANATOMY),),
    )


def limitation(what: str, reason: LimitationReason = LimitationReason.NO_WEIGHTS) -> Limitation:
    return Limitation(what=what, reason=reason, detail="no weights are installed", source="chest_radiograph")


def facts(*parts: Finding | Measurement | Limitation) -> Facts:
    return Facts(
        findings=tuple(part for part in parts if isinstance(part, Finding)),
        measurements=tuple(part for part in parts if isinstance(part, Measurement)),
        limitations=tuple(part for part in parts if isinstance(part, Limitation)),
        algorithms=(ALGORITHM, ANATOMY),
    )


def said(text: str, *ids: str) -> Sentence:
    return Sentence(
        text=text,
        citations=tuple(Citation(kind="measurement" if id_.startswith("M") else "finding", id=id_) for id_ in ids),
    )


def sections(findings: tuple[Sentence, ...] = (), impression: tuple[Sentence, ...] = ()) -> tuple[Section, ...]:
    return (
        Section(name=SectionName.FINDINGS, sentences=findings),
        Section(name=SectionName.IMPRESSION, sentences=impression),
    )
