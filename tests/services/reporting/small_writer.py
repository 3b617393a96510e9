"""A tiny VisionEncoderDecoderModel in the very format of ``save_pretrained``, taught two films by heart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from services.torchvision_guard import guard_torchvision

guard_torchvision()

import torch  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: E402
from transformers import (  # noqa: E402
    GPT2Config,
    PreTrainedTokenizerFast,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
    ViTImageProcessor,
)

from services.manifest import Architecture, DataSet, Manifest, described_file, write_manifest  # noqa: E402
from services.weights import record_self_test  # noqa: E402

SIDE = 32
FILMS = {
    "left": "there is a mild left pleural effusion . no pneumonia .",
    "right": "the heart is enlarged . right pneumothorax .",
}


def film(side: str, bits: int = 8) -> np.ndarray:
    """A film that is bright on one side of the picture."""
    picture = np.zeros((96, 80))
    half = slice(0, 40) if side == "right" else slice(40, 80)
    picture[48:, half] = 1.0
    return (picture * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)


def save_writer(folder: Path, licence: str = "Apache-2.0", commercial: bool = True) -> Manifest:
    """Train it for some seconds, save it, and write its manifest."""
    torch.manual_seed(7)
    torch.set_num_threads(1)
    tokenizer = _tokenizer()
    model = _model(len(tokenizer), tokenizer)
    processor = ViTImageProcessor(size={"height": SIDE, "width": SIDE})
    _teach(model, tokenizer, processor)
    folder.mkdir(parents=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)
    manifest = Manifest(
        id="chest_report",
        version="0.1",
        architecture=Architecture(name="vision_encoder_decoder", parameters={"max_new_tokens": 32}),
        files=tuple(described_file(path) for path in sorted(folder.iterdir())),
        licence=licence,
        commercial_use=commercial,
        data=(DataSet(name="two drawn films", terms="none"),),
        self_test=record_self_test(lambda films: _first(model, films), 3, (1, 3, SIDE, SIDE)),
        training_command="tests/services/reporting/small_writer.py",
    )
    write_manifest(folder, manifest)
    return manifest


def _tokenizer() -> PreTrainedTokenizerFast:
    words = sorted({word for text in FILMS.values() for word in text.split()})
    vocabulary = {word: number for number, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", *words])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )


def _model(words: int, tokenizer: PreTrainedTokenizerFast) -> VisionEncoderDecoderModel:
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    eye = ViTConfig(image_size=SIDE, patch_size=16, **small)
    hand = GPT2Config(vocab_size=words, n_positions=64, n_embd=32, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=2,
                      attn_pdrop=0.0, resid_pdrop=0.0, embd_pdrop=0.0)  # fmt: skip
    model = VisionEncoderDecoderModel(config=VisionEncoderDecoderConfig.from_encoder_decoder_configs(eye, hand))
    for config in (model.config, model.generation_config):
        config.decoder_start_token_id = config.bos_token_id = tokenizer.bos_token_id
        config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    return model


def _teach(model: VisionEncoderDecoderModel, tokenizer: PreTrainedTokenizerFast, processor: ViTImageProcessor) -> None:
    films = [np.repeat(film(side)[:, :, None], 3, axis=2) for side in FILMS]
    pixels = processor(films, return_tensors="pt")["pixel_values"]
    texts = tokenizer(list(FILMS.values()), padding=True, return_tensors="pt")["input_ids"]
    given, asked = texts[:, :-1], texts[:, 1:].clone()
    asked[asked == tokenizer.pad_token_id] = -100
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(300):
        logits = model(pixel_values=pixels, decoder_input_ids=given).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), asked.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()


def _first(model: VisionEncoderDecoderModel, films: np.ndarray) -> np.ndarray:
    start = torch.full((len(films), 1), 1)
    with torch.inference_mode():
        return model(pixel_values=torch.from_numpy(films), decoder_input_ids=start).logits[:, 0].numpy()
