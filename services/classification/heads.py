"""What the compact classifier is taught, and from which sets.

A label is learnt from a set only where the set holds both values: a label that lives in one value per set is
"solved" by recognising the set. The same code can have several heads, one a population.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.contract import Label


@dataclass(frozen=True)
class Head:
    """One output of the network."""

    name: str
    label: Label
    column: str
    """Column of the table; ``no_finding`` is read the other way round."""
    sets: tuple[str, ...]
    population: str
    youngest: float
    """Youngest age in years of the population."""
    oldest: float
    experimental: bool
    floor: float
    """Area under the curve that a linear model reaches on 28 pixels: what has to be beaten to be shown."""
    weight: float = 1.0


CHILD = "children 1 to 5 years, one hospital"
ADULT = "adults, one hospital; labels mined from text"
SCREENED = "adults screened for tuberculosis, one hospital"

HEADS: tuple[Head, ...] = (
    Head("pneumonia_child", Label.PNEUMONIA, "pneumonia", ("kermany",), CHILD, 1, 5, False, 0.916),
    Head("pneumonia_adult", Label.PNEUMONIA, "pneumonia", ("nih",), ADULT, 16, 120, True, 0.763),
    Head("edema", Label.EDEMA, "edema", ("nih",), ADULT, 16, 120, True, 0.770),
    Head("effusion", Label.EFFUSION, "effusion", ("nih", "nih64"), ADULT, 16, 120, True, 0.672),
    Head("atelectasis", Label.ATELECTASIS, "atelectasis", ("nih", "nih64"), ADULT, 16, 120, True, 0.65),
    Head("tuberculosis", Label.TUBERCULOSIS, "tuberculosis", ("tb_shenzhen",), SCREENED, 16, 120, True, 0.879),
    Head("abnormal", Label.ABNORMAL_FILM, "no_finding", ("nih", "nih64"), ADULT, 16, 120, True, 0.65),
    Head("infiltration", Label.INFILTRATION, "infiltration", ("nih", "nih64"), ADULT, 16, 120, True, 0.65, 0.5),
    Head("cardiomegaly", Label.CARDIOMEGALY, "cardiomegaly", ("nih", "nih64"), ADULT, 16, 120, True, 0.65, 0.5),
    Head("consolidation", Label.CONSOLIDATION, "consolidation", ("nih", "nih64"), ADULT, 16, 120, True, 0.65, 0.3),
    Head("nodule", Label.NODULE, "nodule", ("nih", "nih64"), ADULT, 16, 120, True, 0.65, 0.2),
    Head("mass", Label.MASS, "mass", ("nih", "nih64"), ADULT, 16, 120, True, 0.65, 0.2),
)
CANDIDATES = ("pneumonia_child", "pneumonia_adult", "edema", "effusion", "atelectasis", "tuberculosis", "abnormal")
"""Heads that may earn a place; the others only teach the shared features."""
