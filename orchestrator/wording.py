"""How a code and a value are spoken: one place, so that what is written is also what is checked."""

from __future__ import annotations

from services.contract import Code, Label, Measurement, label_of

UNIT_WORDS: dict[str, str] = {"1": "", "mm": "mm", "mm2": "mm2", "mL": "mL", "[hnsf'U]": "HU"}
"""The word written after a value, by UCUM code; a ratio has none."""


def label_or_none(code: Code) -> Label | None:
    """Return the label whose primary code this is, or None where the code is none of ours."""
    try:
        return label_of(code)
    except KeyError:
        return None


def spoken(code: Code) -> str:
    """Return a code as it is said in the middle of a sentence: ``pleural effusion``."""
    label = label_or_none(code)
    return str(label) if label else code.meaning


def decimals(measurement: Measurement) -> int:
    """Return how many decimals a value is written with: two for a ratio, none for anything else."""
    return 2 if measurement.unit == "1" else 0


def spoken_value(measurement: Measurement) -> str:
    """Return value and unit as they are written: ``0.56``, ``231 mm``."""
    number = f"{measurement.value:.{decimals(measurement)}f}"
    return f"{number} {UNIT_WORDS[measurement.unit]}".strip()
