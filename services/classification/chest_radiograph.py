"""Frontal chest radiographs, 18 labels: torchxrayvision's networks with their official weights.

Which ones is the site's choice (``WETREAD_CHEST_RADIOGRAPH_WEIGHTS``); several read every film, each with its own
evidence. Where they do not agree the finding is indeterminate and everyone's score is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.classification.published_networks import (
    LABELS,
    LICENCE,
    VERSION,
    YOUDEN,
    Head,
    NetworkReading,
    PublishedNetwork,
    load_published,
)
from services.contract import (
    Algorithm,
    Evidence,
    Finding,
    HeatMap,
    ImageKind,
    Label,
    LabelCard,
    Likelihood,
    Limitation,
    LimitationReason,
    ModelCard,
    SpecialistResult,
    Subject,
    coded,
)
from services.errors import WeightsMissing
from services.operating_points import likelihood_of, presence_of, read_site_points
from services.pixels import Letterbox, Pixels
from services.settings import ServiceSettings, read_settings

Floats = npt.NDArray[np.float32]

ADULT_YEARS = 18
POPULATION = "adults"
SMALLEST_CONTRAST = 0.5
"""Of the range of 2048 that the library's input has; less is rounding, and the image is constant."""
METHOD = "class activation map"


class Opinion(NamedTuple):
    """One network on one label of one image: a score it can stand for, and the word for it."""

    network: PublishedNetwork
    head: Head
    score: float
    word: Likelihood
    reading: NetworkReading
    output: int


class ChestRadiograph:
    """Findings in a frontal chest radiograph."""

    name = "chest_radiograph"
    on_by_default = True
    several_at_once: Literal[True] = True
    labels = tuple(LABELS.values())

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self._settings = settings
        self._networks: tuple[PublishedNetwork, ...] = ()

    def load(self) -> None:
        """Load the official weights of every network that the settings name.

        Raises
        ------
        Misconfigured
            If the library publishes no such network, or the site's operating points do not fit.
        WeightsMissing, WeightsDamaged, WeightsForbidden
            See :mod:`services.official_weights`.
        """
        settings = self._settings or read_settings()
        site = read_site_points(settings.operating_points)
        self._networks = tuple(load_published(name, settings, site) for name in settings.published_networks)

    def card(self) -> ModelCard:
        """Return what the weights in force assess."""
        networks = self._in_force()
        taught = {head.label: head for network in networks for head in network.heads if head.trained}
        return ModelCard(
            specialist=self.name,
            algorithm=self.algorithm,
            weights="; ".join(dict.fromkeys(network.found.described for network in networks)),
            backend="; ".join(dict.fromkeys(network.backend.described for network in networks)),
            accepts=(ImageKind.CHEST_FRONTAL,),
            assesses=tuple(
                LabelCard(code=coded(h.label), population=POPULATION, experimental=False, operating_points=h.points)
                for h in taught.values()
            ),
            not_assessed=tuple(str(label) for label in self.labels if label not in taught),
            licence=LICENCE,
            data=("NIH ChestX-ray14", "PadChest", "CheXpert", "MIMIC-CXR", "Google", "Open-i", "RSNA Pneumonia"),
            limits=(
                "Scores lie on the operating-point scale of the library; they are not probabilities.",
                "Absent below Youden's point, likely from the point of 80 % precision, both as published.",
                "Weights published without a point of 80 % precision say at most indeterminate.",
                "Figures are the publisher's and were not measured here.",
            ),
        )

    @property
    def algorithm(self) -> Algorithm:
        """The network in force; where there are several, all their names and the hash of the first."""
        networks = self._in_force()
        names = " + ".join(network.name for network in networks)
        sha256 = networks[0].found.sha256
        return Algorithm(name=f"torchxrayvision {names}", version=VERSION, weights_sha256=sha256)

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Assess every label in every image."""
        child = subject.age_years is not None and subject.age_years < ADULT_YEARS
        read = self._not_for_children if child else self._read
        said = [one for image in images for one in read(image)]
        return SpecialistResult(
            specialist=self.name,
            algorithm=self.algorithm,
            findings=tuple(one for one in said if isinstance(one, Finding)),
            limitations=tuple(one for one in said if isinstance(one, Limitation)),
            seconds=0.0,
        )

    def _read(self, image: Pixels) -> Iterator[Finding | Limitation]:
        if np.ptp(image.xrv_input(self._in_force()[0].size)[0]) < SMALLEST_CONTRAST:
            detail = "The image has no contrast to read."
            yield from (self._limit(image, label, LimitationReason.POOR_QUALITY, detail) for label in self.labels)
            return
        readings = [(network, network.read(image)) for network in self._in_force()]
        for index, label in enumerate(self.labels):
            reasons = [_cannot_say(network.heads[index], reading.scores[index]) for network, reading in readings]
            opinions = [
                _opinion(network, reading, index)
                for (network, reading), reason in zip(readings, reasons, strict=True)
                if reason is None
            ]
            if opinions:
                yield from self._said(image, label, opinions)
            else:
                yield self._limit(image, label, *next(reason for reason in reasons if reason))

    def _said(self, image: Pixels, label: Label, opinions: list[Opinion]) -> Iterator[Finding | Limitation]:
        """Yield one finding with everyone's evidence, and the disagreement where there is one."""
        words = {one.word for one in opinions}
        agree = len({presence_of(word) for word in words}) == 1
        word = min(words, key=list(Likelihood).index) if agree else Likelihood.INDETERMINATE
        yield Finding(
            finding_id=f"{self.name}-{image.image_id}-{label.name.lower()}",
            code=coded(label),
            presence=presence_of(word),
            likelihood=word,
            population=POPULATION,
            evidence=tuple(_evidence(image, one, shown=word is not Likelihood.ABSENT) for one in opinions),
        )
        if not agree:
            scores = ", ".join(f"{one.network.name} {one.score:.2f} ({one.word})" for one in opinions)
            most = max(sum(one.word is word for one in opinions) for word in words)
            detail = f"The networks do not agree ({most} of {len(opinions)} say the same): {scores}."
            yield self._limit(image, label, LimitationReason.DISAGREEMENT, detail)

    def _not_for_children(self, image: Pixels) -> Iterator[Finding | Limitation]:
        detail = "The network was trained on adults and the patient is younger than 18 years."
        for label in self.labels:
            yield self._limit(image, label, LimitationReason.OUT_OF_POPULATION, detail)

    def _limit(self, image: Pixels, label: Label, reason: LimitationReason, detail: str) -> Limitation:
        return Limitation(
            what=str(label), code=coded(label), reason=reason, detail=detail, source=self.name, image_id=image.image_id
        )

    def _in_force(self) -> tuple[PublishedNetwork, ...]:
        if not self._networks:
            raise WeightsMissing("the official weights are not loaded")
        return self._networks


def _cannot_say(head: Head, score: float) -> tuple[LimitationReason, str] | None:
    if not np.isfinite(score) and head.trained:
        return LimitationReason.INVALID_SCORE, "The score is not a number."
    if not head.trained or score == YOUDEN:
        return LimitationReason.UNTRAINED_LABEL, "The weights in force were never trained for this label."
    return None


def _opinion(network: PublishedNetwork, reading: NetworkReading, index: int) -> Opinion:
    head, score = network.heads[index], reading.scores[index]
    return Opinion(network, head, score, likelihood_of(score, head.points), reading, index)


def _evidence(image: Pixels, opinion: Opinion, *, shown: bool) -> Evidence:
    regions: tuple[HeatMap, ...] = ()
    if shown and opinion.word is not Likelihood.ABSENT:
        heat = heat_map(opinion.reading.heats[opinion.output], opinion.reading.place)
        regions = (HeatMap(array=image.write_heat_map(heat), method=METHOD),)
    return Evidence(
        image_id=image.image_id,
        algorithm=opinion.network.algorithm,
        score=opinion.score,
        operating_points=opinion.head.points,
        site_points_sha256=opinion.head.site_points_sha256,
        regions=regions,
    )


def heat_map(activation: Floats, place: Letterbox) -> Floats:
    """Return a class activation map that covers the whole image, 0 to 1; zero where nothing spoke for the label."""
    positive = np.maximum(activation, 0.0)
    side = place.size
    grid = cv2.resize(positive / max(float(positive.max()), 1e-6), (side, side), interpolation=cv2.INTER_LINEAR)
    return place.cover_image(grid.astype(np.float32))
