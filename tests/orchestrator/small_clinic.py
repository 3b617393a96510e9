"""Small facts to test with: images, findings, studies, and a specialist service that answers as told."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response

from orchestrator.plain import plain_sections
from orchestrator.report import Author, DraftReport, Facts, Provenance, StageTime
from orchestrator.study import Instance, Order, Patient, Series, Study
from services.contract import (
    Algorithm,
    AnalyzeRequest,
    AnalyzeResponse,
    ArrayReference,
    Box,
    Evidence,
    Finding,
    ImageAssessment,
    ImageKind,
    ImageQuality,
    ImageReference,
    Label,
    LabelCard,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Mask,
    Measurement,
    ModelCard,
    Presence,
    ServiceCard,
    SpecialistResult,
    Structure,
    Subject,
    coded,
)

_PRESENCE = {
    Likelihood.ABSENT: Presence.ABSENT,
    Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    Likelihood.LIKELY: Presence.PRESENT,
    Likelihood.PRESENT: Presence.PRESENT,
}


def image(image_id: str = "image-1", **header) -> ImageReference:
    sha256 = hashlib.sha256(image_id.encode()).hexdigest()
    return ImageReference(
        image_id=image_id,
        location=f"{sha256[:2]}/{sha256}.npy",
        sha256=sha256,
        rows=1000,
        columns=800,
        dtype="uint16",
        minimum_value=0,
        maximum_value=4095,
        **header,
    )


def evidence(specialist: str = "chest_radiograph", image_id: str = "image-1", score: float | None = None, regions=()):
    return Evidence(
        image_id=image_id,
        algorithm=Algorithm(name=specialist, version="1"),
        score=score,
        operating_points={"youden": 0.5},
        regions=regions,
    )


def finding(
    label: Label,
    likelihood: Likelihood = Likelihood.PRESENT,
    specialist: str = "chest_radiograph",
    image_id: str = "image-1",
    score: float | None = 0.5,
    **more,
) -> Finding:
    return Finding(
        finding_id="f",
        code=coded(label),
        presence=_PRESENCE[likelihood],
        likelihood=likelihood,
        evidence=(evidence(specialist, image_id, score),),
        **more,
    )


def ratio(value: float, specialist: str, uncertainty: float | None = None, image_id: str = "image-1") -> Measurement:
    return Measurement(
        measurement_id="ctr",
        name=coded(Label.CARDIOTHORACIC_RATIO),
        value=value,
        unit="1",
        uncertainty=uncertainty,
        evidence=(evidence(specialist, image_id),),
    )


def lung(side: Laterality, left: float, right: float, specialist: str, image_id: str = "image-1") -> Structure:
    box = Box(left=left, top=100, right=right, bottom=900)
    return Structure(code=coded(Label.LUNG), laterality=side, evidence=evidence(specialist, image_id, regions=(box,)))


def lung_mask(side: Laterality, specialist: str = "masks", image_id: str = "image-1") -> Structure:
    sha256 = hashlib.sha256(side.encode()).hexdigest()
    mask = Mask(array=ArrayReference(location=f"{sha256[:2]}/{sha256}.png", sha256=sha256, rows=10, columns=8))
    return Structure(code=coded(Label.LUNG), laterality=side, evidence=evidence(specialist, image_id, regions=(mask,)))


def result(specialist: str, *findings: Finding, **more) -> SpecialistResult:
    return SpecialistResult(
        specialist=specialist,
        algorithm=Algorithm(name=specialist, version="1"),
        findings=findings,
        seconds=0.1,
        **more,
    )


def limitation(what: str, reason: LimitationReason, **more) -> Limitation:
    return Limitation(what=what, reason=reason, detail="For a reason.", **{"source": "chest_radiograph", **more})


def look(
    kind: ImageKind = ImageKind.CHEST_FRONTAL,
    image_id: str = "image-1",
    probability: float = 0.99,
    known=True,
    quality: ImageQuality | None = None,
):
    return ImageAssessment(
        quality=quality,
        image_id=image_id,
        kind=kind,
        probability=probability,
        in_distribution=known,
        distance=1.0,
        distance_limit=2.0,
        algorithm=Algorithm(name="image_kind", version="1"),
    )


def study(*images: ImageReference, **patient) -> Study:
    """A study as received; its patient is made up and must never leave the identified zone."""
    instances = tuple(
        Instance(sop_instance_uid=f"1.2.3.{number}", source=Path("/nowhere"), source_sha256=item.sha256, image=item)
        for number, item in enumerate(images or (image(),), start=1)
    )
    return Study(
        study_id=secrets.token_hex(8),
        study_instance_uid="1.2.3",
        patient=Patient(**{"name": "CANARY^NAME", **patient}),
        order=Order(),
        subject=Subject(age_years=60, sex="F"),
        series=(Series(series_instance_uid="1.2.3.0", instances=instances),),
    )


def draft(study_id: str, facts: Facts | None = None) -> DraftReport:
    facts = facts or Facts()
    return DraftReport(
        draft_id=secrets.token_hex(8),
        study_id=study_id,
        created_at=datetime.now(UTC),
        author=Author.PLAIN_LIST,
        sections=plain_sections(facts),
        facts=facts,
        provenance=Provenance(
            software_version="0",
            prompt_id="draft",
            prompt_version="1",
            prompt_sha256="0" * 64,
            language_model=None,
            algorithms=(),
            operating_points_sha256="0" * 64,
        ),
        stages=(StageTime(stage="triage", seconds=0.1),),
    )


def card(service: str, specialist: str, *labels: Label) -> ServiceCard:
    assessed = tuple(
        LabelCard(code=coded(label), population="adults", experimental=False, operating_points={}) for label in labels
    )
    model = ModelCard(
        specialist=specialist,
        algorithm=Algorithm(name=specialist, version="1"),
        weights="bundled",
        backend="torch",
        accepts=(ImageKind.CHEST_FRONTAL,),
        assesses=assessed,
        licence="Apache-2.0",
        data=("none",),
    )
    return ServiceCard(service=service, version="1", specialists=(model,))


def service_app(answer: Callable[[AnalyzeRequest], AnalyzeResponse | Response], own_card: ServiceCard | None = None):
    """A specialist service that speaks the contract and answers as it is told."""
    app = FastAPI()

    @app.post("/v1/analyze")
    async def analyze(request: Request) -> Response:
        said = answer(AnalyzeRequest.model_validate_json(await request.body()))
        return said if isinstance(said, Response) else Response(said.model_dump_json(), media_type="application/json")

    @app.get("/v1/card")
    async def get_card() -> Response:
        if own_card is None:
            return Response(status_code=404)
        return Response(own_card.model_dump_json(), media_type="application/json")

    @app.get("/readyz")
    async def readyz() -> dict[str, bool]:
        return {"ready": True}

    return app
