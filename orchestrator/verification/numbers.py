"""The check of numbers: each is a measurement that was made, in its unit."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.page import Line, Page
from orchestrator.verification.reading import Number
from services.contract import Measurement
from services.contract.phrasing import number_text


def numbers_come_from_measurements(page: Page) -> Iterator[Problem]:
    """Every number is a cited measurement, in its unit, rounded to no fewer decimals than it is written with.

    It has at least the decimals that the prompt shows; a ratio may be whole percent, a length in cm with one more.
    A number counts as rounded when it differs by at most half a unit of its last decimal.
    """
    check = "numbers_come_from_measurements"
    for line in page.lines:
        for number in line.reading.numbers:
            meant = _meant(line, number)
            if not any(_is_rounded(number, measurement) for measurement in meant):
                values = ", ".join(number_text(measurement) for measurement in meant) or "none it could be"
                yield line.problem(
                    check, f"{number.value:g} {number.unit}".strip() + f" is not measured; cited: {values}"
                )


def _meant(line: Line, number: Number) -> tuple[Measurement, ...]:
    """A number belongs to the last measurement named before it, else to the first named after it."""
    named = [claim for claim in line.reading.claims if line.measured(claim)]
    before = [claim for claim in named if claim.start < number.start]
    if not named:
        return ()
    claim = before[-1] if before else named[0]
    return tuple(one for one in line.measured(claim) if claim.side in {None, one.laterality} or not claim.side_is_own)


_SCALES: dict[tuple[str, str], tuple[float, int]] = {
    ("1", ""): (1.0, 0),
    ("1", "%"): (100.0, -2),
    ("1", "percent"): (100.0, -2),
    ("mm", "mm"): (1.0, 0),
    ("mm", "cm"): (0.1, 1),
    ("mm2", "mm2"): (1.0, 0),
    ("mL", "ml"): (1.0, 0),
    ("[hnsf'U]", "hu"): (1.0, 0),
}
"""By UCUM unit and written unit: the factor, and how many more decimals the written unit needs."""


def _is_rounded(number: Number, measurement: Measurement) -> bool:
    scale = _SCALES.get((measurement.unit, number.unit))
    if scale is None:
        return False
    factor, more = scale
    least = max(0, len(number_text(measurement).split()[0].partition(".")[2]) + more)
    off = abs(number.value - abs(measurement.value) * factor)
    return number.decimals >= least and off <= 0.5 * 10.0**-number.decimals + 1e-9
