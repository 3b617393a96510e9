"""The compact classifier's tables and its card, in words."""

from __future__ import annotations

from collections.abc import Iterable

from services.classification.evaluation import Elsewhere, Row
from services.manifest import Manifest


def tables(rows: Iterable[Row], elsewhere: Iterable[Elsewhere]) -> str:
    """Return ``evaluation.md``: every head in every group of films."""
    lines = [
        "# Evaluation on test films",
        "",
        "AUC with its 95 % interval, drawn by patient. Calibration error: ten bins of equal width; in brackets what",
        "chance alone gives a perfectly calibrated reader on as many films.",
        "",
        "| head | set | group | AUC | within view | calibration error | from likely: sensitivity, specificity |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        likely = (row.sensitivity.get("likely", float("nan")), row.specificity.get("likely", float("nan")))
        lines.append(
            f"| {row.head} | {row.source} | {row.group} | {row.spoken} | {row.area_within_view:.3f} "
            f"| {row.calibration_error:.3f} ({row.calibration_floor:.3f}) | {likely[0]:.3f}, {likely[1]:.3f} |"
        )
    lines += ["", "## Normal films of sets that taught the head nothing, called likely or present", ""]
    lines += ["| head | set | films | called |", "|---|---|---|---|"]
    lines += [f"| {one.head} | {one.source} | {one.films} | {one.called:.3f} |" for one in elsewhere]
    return "\n".join([*lines, ""])


def card_text(manifest: Manifest, dropped: dict[str, str], tried: str = "") -> str:
    """Return ``MODEL_CARD.md`` from the manifest that was written."""
    lines = [
        "# compact_chest_radiograph",
        "",
        "Small networks for frontal chest films, one for adults and one for children, begun from ImageNet weights and",
        "trained here on public films. They are no reference reader. Research software, not a medical device.",
        "",
        "A label is shown only where it beat, on validation films, what is known of a linear model on its set, and",
        "where its interval on test films lies above chance. Intervals are of 95 %, drawn by patient. By view, sex and",
        "age band: `evaluation.md` beside this card; reliability plots: `reliability-*.svg`.",
    ]
    for label in manifest.labels:
        mark = "experimental" if label.experimental else "within its population"
        lines += ["", f"## {str(label.label).capitalize()}, {label.population} ({mark})", ""]
        points = ", ".join(f"{name} {threshold:.3f}" for name, threshold in label.operating_points.items())
        lines += [f"Operating points: {points}.", "", "| figure | value |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in label.figures.items()]
    lines += ["", "## Did not earn a place", ""]
    lines += [f"- {name}: {value}" for name, value in dropped.items()] or ["Every head that was a candidate did."]
    if tried:
        lines += ["", tried.strip()]
    lines += ["", "## Not assessed", "", "; ".join(manifest.not_assessed) + "."]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in manifest.limits)]
    lines += ["", "## Data and terms", "", *(f"- {data.name}: {data.terms}" for data in manifest.data)]
    lines += ["", "## Made by", "", f"`{manifest.training_command}`", ""]
    return "\n".join(lines)
