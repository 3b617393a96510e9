"""The words a service speaks. No torch, no FastAPI: only frozen, validated facts.

The orchestrator imports this package and nothing else of ``services``.
"""

from services.contract.cards import (
    LabelCard,
    ModelCard,
    Readiness,
    ServiceCard,
    SpecialistReadiness,
    SpecialistState,
)
from services.contract.codes import CODES, Label, coded, label_of
from services.contract.exchange import (
    AnalyzeRequest,
    AnalyzeResponse,
    ProblemDetails,
    SpecialistResult,
    Subject,
    WrittenText,
)
from services.contract.fact import (
    Code,
    Fact,
)
from services.contract.facts import (
    Algorithm,
    Evidence,
    Finding,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Measurement,
    Presence,
    Severity,
    Structure,
)
from services.contract.gate import (
    Exposure,
    ImageAssessment,
    ImageKind,
    ImageQuality,
    PictureState,
)
from services.contract.pictures import (
    ArrayReference,
    Box,
    HeatMap,
    ImageReference,
    Line,
    Mask,
    Region,
    Window,
)

__all__ = [
    "CODES",
    "Algorithm",
    "AnalyzeRequest",
    "AnalyzeResponse",
    "ArrayReference",
    "Box",
    "Code",
    "Evidence",
    "Exposure",
    "Fact",
    "Finding",
    "HeatMap",
    "ImageAssessment",
    "ImageKind",
    "ImageQuality",
    "ImageReference",
    "Label",
    "LabelCard",
    "Laterality",
    "Likelihood",
    "Limitation",
    "LimitationReason",
    "Line",
    "Mask",
    "Measurement",
    "ModelCard",
    "PictureState",
    "Presence",
    "ProblemDetails",
    "Readiness",
    "Region",
    "ServiceCard",
    "Severity",
    "SpecialistReadiness",
    "SpecialistResult",
    "SpecialistState",
    "Structure",
    "Subject",
    "Window",
    "WrittenText",
    "coded",
    "label_of",
]
