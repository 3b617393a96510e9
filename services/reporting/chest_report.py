"""A text about a frontal chest film by any Hugging Face ``VisionEncoderDecoderModel`` that a site has put in place.

None is bundled. The folder ``chest_report/`` of ``WETREAD_WEIGHTS`` holds a checkpoint as ``save_pretrained`` writes it
(model, tokenizer, image processor) and a ``manifest.json`` that lists every file with its SHA-256. Nothing is
downloaded and no code of a checkpoint is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from services import weights
from services.contract import (
    Algorithm,
    ImageKind,
    ModelCard,
    SpecialistResult,
    Subject,
)
from services.errors import WeightsDamaged
from services.pixels import Pixels
from services.reporting.film import Grey, write_about
from services.settings import ServiceSettings, read_settings
from services.torchvision_guard import guard_torchvision
from services.weights import FoundWeights

Floats = npt.NDArray[np.float32]

FOLDER = Path(__file__).parent / "weights" / "chest_report"
ARCHITECTURE = "vision_encoder_decoder"
NEEDED = frozenset({"model.safetensors", "config.json", "preprocessor_config.json", "tokenizer.json"})
_TOKENS = 256


class ChestReport:
    """Writes a text about each film; greedy, so that the same film gets the same text."""

    name = "chest_report"
    on_by_default = True

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self._settings = settings
        self._found: FoundWeights | None = None

    def load(self) -> None:
        """Load model, tokenizer and image processor, and ask them the question of the manifest.

        Raises
        ------
        WeightsError
            If there is no checkpoint, it is damaged or of another kind, or its licence forbids this deployment.
        """
        found = weights.find(FOLDER, self._settings or read_settings())
        listed = {file.name for file in found.manifest.files}
        if found.manifest.architecture.name != ARCHITECTURE or not listed >= NEEDED:
            raise WeightsDamaged(f"{self.name}: expected architecture {ARCHITECTURE} and the files {sorted(NEEDED)}")
        guard_torchvision()
        from transformers import AutoImageProcessor, AutoTokenizer, VisionEncoderDecoderModel

        try:
            self._model = VisionEncoderDecoderModel.from_pretrained(
                found.folder, local_files_only=True, use_safetensors=True
            ).eval()
            self._tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True)
            self._processor = AutoImageProcessor.from_pretrained(found.folder, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise WeightsDamaged(f"{self.name}: the checkpoint cannot be loaded ({type(error).__name__})") from error
        weights.run_self_test(found.manifest.self_test, self.first_logits)
        self._found = found

    def first_logits(self, films: Floats) -> Floats:
        """Return the logits of the first token, ``(n, vocabulary)``, for prepared films ``(n, 3, height, width)``."""
        start = self._model.generation_config.decoder_start_token_id
        first = torch.full((len(films), 1), start if start is not None else self._model.config.decoder_start_token_id)
        with torch.inference_mode():
            logits = self._model(pixel_values=torch.from_numpy(films), decoder_input_ids=first).logits
        answer: Floats = logits[:, 0].numpy()
        return answer

    def card(self) -> ModelCard:
        """Return what the checkpoint is; it assesses nothing."""
        found = self._in_force()
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights=found.described,
            backend="torch",
            accepts=(ImageKind.CHEST_FRONTAL,),
            not_assessed=("everything: a text is no finding",),
            licence=found.manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in found.manifest.data),
            limits=found.manifest.limits,
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Write about each film."""
        return write_about(images, self.name, self._algorithm(), self._write)

    def _write(self, film: Grey) -> str:
        prepared = self._processor(np.repeat(film[:, :, None], 3, axis=2), return_tensors="pt")["pixel_values"]
        longest = self._in_force().manifest.architecture.parameters.get("max_new_tokens", _TOKENS)
        with torch.inference_mode():
            tokens = self._model.generate(prepared, max_new_tokens=longest, do_sample=False, num_beams=1)
        return str(self._tokenizer.decode(tokens[0], skip_special_tokens=True))

    def _algorithm(self) -> Algorithm:
        found = self._in_force()
        return Algorithm(name=self.name, version=found.manifest.version, weights_sha256=found.sha256)

    def _in_force(self) -> FoundWeights:
        assert self._found is not None, "load() comes first"
        return self._found
