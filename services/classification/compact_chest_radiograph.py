"""The specialist ``compact_chest_radiograph``: frontal chest films, read by the bundled networks.

One network read adults in training, one children. Whom a head was shown to work on decides what it may say. Of a
person whose age is known and outside, it says nothing; where the age is not known it gives its score and
"indeterminate", whatever the score.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services import weights
from services.classification.reader import Reader, Reading, heads_of, load_reader
from services.contract import (
    Algorithm,
    Evidence,
    Finding,
    HeatMap,
    ImageKind,
    Label,
    Likelihood,
    Limitation,
    LimitationReason,
    ModelCard,
    SpecialistResult,
    Subject,
    coded,
)
from services.errors import WeightsMissing
from services.manifest import AssessedLabel
from services.operating_points import PointsInForce, likelihood_of, presence_of, read_site_points
from services.pixels import Pixels
from services.settings import ServiceSettings, read_settings

FOLDER = Path(__file__).parent / "weights" / "compact_chest_radiograph"
METHOD = "class activation map (Zhou 2016)"
MAP_SIDE = 160


@dataclass(frozen=True)
class ReadFilm:
    """One image, and what the networks made of it."""

    image: Pixels
    reading: Reading


class CompactChestRadiograph:
    """Reads frontal chest films with small networks trained on public films."""

    name = "compact_chest_radiograph"
    on_by_default = True
    labels: tuple[Label, ...] = (Label.PNEUMONIA,)

    def __init__(self, folder: Path = FOLDER, settings: ServiceSettings | None = None) -> None:
        self.folder = folder
        self.points: tuple[PointsInForce, ...] = ()
        self._settings = settings
        self.found: weights.FoundWeights | None = None
        self.reader: Reader | None = None

    def load(self) -> None:
        """Load the networks and ask them the question of the manifest.

        Raises
        ------
        WeightsError
            If the weights are missing, damaged, or not allowed here.
        Misconfigured
            If the site's operating points do not fit the weights.
        """
        settings = self._settings or read_settings()
        found = weights.find(self.folder, settings)
        reader = load_reader(found)
        weights.run_self_test(found.manifest.self_test, reader.self_test)
        published = dict(
            zip(heads_of(found.manifest), (one.operating_points for one in found.manifest.labels), strict=True)
        )
        self.points = tuple(read_site_points(settings.operating_points).of(self.name, published).values())
        self.labels = tuple(dict.fromkeys(assessed.label for assessed in found.manifest.labels))
        self.found, self.reader = found, reader

    def card(self) -> ModelCard:
        """Return what the networks assess, in whom, and how well."""
        found, _ = self._loaded()
        manifest = found.manifest
        return ModelCard(
            specialist=self.name,
            algorithm=self.algorithm,
            weights=found.described,
            backend="torch",
            accepts=(ImageKind.CHEST_FRONTAL,),
            assesses=tuple(assessed.card() for assessed in manifest.labels),
            not_assessed=manifest.not_assessed,
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=manifest.limits,
        )

    @property
    def algorithm(self) -> Algorithm:
        """Name, version and hash of the weights in force."""
        found, _ = self._loaded()
        return Algorithm(name=self.name, version=found.manifest.version, weights_sha256=found.sha256)

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Return a finding for every head that may speak, and a limitation for every label left out."""
        start = time.perf_counter()
        said = [statement for image in images for statement in self._read(image, subject)]
        return SpecialistResult(
            specialist=self.name,
            algorithm=self.algorithm,
            findings=tuple(one for one in said if isinstance(one, Finding)),
            limitations=tuple(one for one in said if isinstance(one, Limitation)),
            seconds=time.perf_counter() - start,
        )

    def _read(self, image: Pixels, subject: Subject) -> Iterator[Finding | Limitation]:
        found, reader = self._loaded()
        heads = tuple(enumerate(found.manifest.labels))
        speaking = [(head, assessed) for head, assessed in heads if _may_speak(assessed, subject.age_years)]
        try:
            film = ReadFilm(image, reader.read(image.grey, [head for head, _ in speaking]))
        except ValueError:
            for label in self.labels:
                yield self._limit(image, label, LimitationReason.POOR_QUALITY, "The image has no contrast to read.")
            return
        for head, assessed in speaking:
            yield from self._speak(film, head, assessed, age_known=subject.age_years is not None)
        for label in self.labels:
            if label not in {assessed.label for _, assessed in speaking}:
                yield self._limit(image, label, LimitationReason.OUT_OF_POPULATION, _outside(heads, label))

    def _speak(
        self, film: ReadFilm, head: int, assessed: AssessedLabel, *, age_known: bool
    ) -> Iterator[Finding | Limitation]:
        score = film.reading.scores[head]
        if not np.isfinite(score):
            detail = "The network gave a value that is not a number."
            yield self._limit(film.image, assessed.label, LimitationReason.INVALID_SCORE, detail)
            return
        word = likelihood_of(score, self.points[head].points) if age_known else Likelihood.INDETERMINATE
        yield self._finding(film, head, assessed, word)
        if not age_known:
            detail = f"The age is not known; this was shown to work on {assessed.population}."
            yield self._limit(film.image, assessed.label, LimitationReason.OUT_OF_POPULATION, detail)

    def _finding(self, film: ReadFilm, head: int, assessed: AssessedLabel, word: Likelihood) -> Finding:
        evidence = Evidence(
            image_id=film.image.image_id,
            algorithm=self.algorithm,
            score=round(film.reading.scores[head], 4),
            operating_points=self.points[head].points,
            site_points_sha256=self.points[head].site_sha256,
            regions=() if word is Likelihood.ABSENT else (self._heat_map(film, head),),
        )
        return Finding(
            finding_id=f"{self.name}-{film.image.image_id}-{head}",
            code=coded(assessed.label),
            presence=presence_of(word),
            likelihood=word,
            experimental=assessed.experimental,
            population=assessed.population,
            evidence=(evidence,),
        )

    def _heat_map(self, film: ReadFilm, head: int) -> HeatMap:
        _, reader = self._loaded()
        shape = _map_size(film.image.reference.rows, film.image.reference.columns)
        heat = reader.heat_map(film.reading, head, shape)
        return HeatMap(array=film.image.write_heat_map(heat), method=METHOD)

    def _limit(self, image: Pixels, label: Label, reason: LimitationReason, detail: str) -> Limitation:
        return Limitation(
            what=str(label), code=coded(label), reason=reason, detail=detail, source=self.name, image_id=image.image_id
        )

    def _loaded(self) -> tuple[weights.FoundWeights, Reader]:
        if self.found is None or self.reader is None:
            raise WeightsMissing("compact_chest_radiograph is not loaded; load() comes first")
        return self.found, self.reader


def _may_speak(assessed: AssessedLabel, age_years: float | None) -> bool:
    """Return whether the age is inside the population; a child of 5 years is 5 until the sixth birthday."""
    if age_years is None:
        return True
    youngest, oldest = assessed.minimum_age_years or 0.0, assessed.maximum_age_years
    return youngest <= age_years and (oldest is None or age_years < oldest + 1)


def _outside(heads: tuple[tuple[int, AssessedLabel], ...], label: Label) -> str:
    known = " or ".join(assessed.population for _, assessed in heads if assessed.label is label)
    return f"The age is outside those this was shown to work on: {known}."


def _map_size(rows: int, columns: int) -> tuple[int, int]:
    """Return the grid of a heat map: the aspect of the film, its longer side ``MAP_SIDE``."""
    longer = max(rows, columns)
    return max(8, round(rows * MAP_SIDE / longer)), max(8, round(columns * MAP_SIDE / longer))
