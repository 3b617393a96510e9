"""The last known card of each service: what is *not assessed* while that service is down."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from services.contract import Code, Label, ServiceCard, coded, label_of

CHEST_LABELS: tuple[Label, ...] = (
    Label.ATELECTASIS,
    Label.CONSOLIDATION,
    Label.INFILTRATION,
    Label.PNEUMOTHORAX,
    Label.EDEMA,
    Label.EMPHYSEMA,
    Label.FIBROSIS,
    Label.EFFUSION,
    Label.PNEUMONIA,
    Label.PLEURAL_THICKENING,
    Label.CARDIOMEGALY,
    Label.NODULE,
    Label.MASS,
    Label.HERNIA,
    Label.LUNG_LESION,
    Label.FRACTURE,
    Label.LUNG_OPACITY,
    Label.ENLARGED_CARDIOMEDIASTINUM,
)
"""The 18 labels of torchxrayvision: what a reader of a chest radiograph expects an answer to."""

GATE_SPECIALIST = "image_kind"
"""The specialist that sees what kind of image it is; it assesses nothing of the patient."""

BUILT_IN: dict[str, tuple[Code, ...]] = {
    "classification": tuple(coded(label) for label in CHEST_LABELS),
    "segmentation": (coded(Label.CARDIOTHORACIC_RATIO), coded(Label.CARDIOMEGALY)),
    "detection": (coded(Label.CARDIOTHORACIC_RATIO),),
}
"""What a service is taken to assess before its card was ever seen."""


def spoken(code: Code) -> str:
    """Return a code as it is said in a sentence: ``pleural effusion``."""
    try:
        return str(label_of(code))
    except KeyError:
        return code.meaning.lower()


class CardShelf:
    """Cards on disk, one file a service, so that a restart does not forget them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, ServiceCard] = {}

    def keep(self, service: str, card: ServiceCard) -> None:
        """Remember a card; the file is replaced whole."""
        if self._known.get(service) == card:
            return
        self._known[service] = card
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(card.model_dump_json(indent=1))
        Path(name).replace(self._folder / f"{service}.json")

    def card(self, service: str) -> ServiceCard | None:
        """Return the last known card, or ``None`` when the service was never seen."""
        if service not in self._known:
            try:
                text = (self._folder / f"{service}.json").read_text(encoding="utf-8")
                self._known[service] = ServiceCard.model_validate_json(text)
            except (OSError, ValidationError):
                return None
        return self._known[service]

    def assessed_by(self, service: str, specialists: Iterable[str] | None = None) -> tuple[tuple[str, Code], ...]:
        """Return ``(specialist, code)`` for everything the service would have assessed or measured."""
        card = self.card(service)
        if card is None:
            return tuple((service, code) for code in BUILT_IN.get(service, ()))
        wanted = None if specialists is None else set(specialists)
        spoken_for = [
            (model.specialist, code)
            for model in card.specialists
            for code in (*(label.code for label in model.assesses), *model.measures)
        ]
        spoken_for += [(limit.source, limit.code) for limit in card.unavailable if limit.code]
        return tuple((name, code) for name, code in spoken_for if wanted is None or name in wanted)
