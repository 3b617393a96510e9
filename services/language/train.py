"""Trains the bundled language model: ``python -m services.language.train --out DIR``.

Every step draws fresh simulated studies and Open-i training reports from a generator seeded by the step, so a run
can stop at any step and go on from its last checkpoint with the same data. Loss is on the answer only.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from services.contract import Fact
from services.language.corpus import (
    OPENI_SHARE,
    QUESTION_SHARE,
    draft_example,
    draw,
    impression_example,
    question_example,
)
from services.language.llama import LlamaConfig, LlamaForCausalLM
from services.language.muon import Muon
from services.language.openi import OpeniReport, archive_in, read_reports
from services.language.save import save_model
from services.language.tokens import END, PADDING, START, token_id, train_tokenizer

log = logging.getLogger(__name__)

CONTEXT = 2048
CHECKPOINT = "checkpoint.pt"
_TOKENIZER_EXAMPLES = 8000


class Recipe(Fact):
    """Everything that decides the weights; written beside them."""

    layers: int = 4
    width: int = 192
    heads: int = 3
    feed_forward: int = 512
    vocabulary: int = 4096
    steps: int = 2000
    warm_up: int = 40
    cool_down: float = 0.4
    examples_per_step: int = 24
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    openi_share: float = OPENI_SHARE
    question_share: float = QUESTION_SHARE
    """Of the examples that are simulated studies; an answer is short, so questions weigh little until they are many."""
    seed: int = 1


def configuration(recipe: Recipe, tokenizer: Tokenizer) -> LlamaConfig:
    """Return the LLaMA architecture of a recipe."""
    return LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=recipe.width,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=token_id(tokenizer, START),
        eos_token_id=token_id(tokenizer, END),
        pad_token_id=token_id(tokenizer, PADDING),
    )


def tokenizer_texts(reports: Sequence[OpeniReport], seed: int) -> Iterator[str]:
    """Yield what the tokenizer is trained on: both tasks, training parts only."""
    rng = Random(f"tokenizer {seed}")
    for _ in range(_TOKENIZER_EXAMPLES):
        for example in (draft_example(rng), question_example(rng)):
            yield from (example.prompt, example.answer)
    for report in reports:
        example = impression_example(report)
        yield from (example.prompt, example.answer)


class Batch(Fact):
    """Token ids of a few examples of like length, padded at the end."""

    tokens: list[list[int]]
    answer_starts: list[int]
    lengths: list[int]


def batches(step: int, recipe: Recipe, tokenizer: Tokenizer, reports: Sequence[OpeniReport]) -> list[Batch]:
    """Return the examples of one step, grouped by length so that little is padding."""
    rng = Random(f"train {recipe.seed} {step}")
    start, end = token_id(tokenizer, START), token_id(tokenizer, END)
    rows: list[tuple[list[int], int]] = []
    for _ in range(recipe.examples_per_step):
        example = draw(rng, reports, recipe.openi_share, recipe.question_share)
        prompt = [start, *tokenizer.encode(example.prompt).ids]
        rows.append(([*prompt, *tokenizer.encode(example.answer).ids, end][:CONTEXT], len(prompt)))
    groups: dict[int, list[tuple[list[int], int]]] = {}
    for row in rows:
        groups.setdefault(math.ceil(math.log2(len(row[0])) * 2), []).append(row)
    return [_padded(group, token_id(tokenizer, PADDING)) for _, group in sorted(groups.items())]


def _padded(rows: list[tuple[list[int], int]], padding: int) -> Batch:
    longest = max(len(tokens) for tokens, _ in rows)
    return Batch(
        tokens=[tokens + [padding] * (longest - len(tokens)) for tokens, _ in rows],
        answer_starts=[start for _, start in rows],
        lengths=[len(tokens) for tokens, _ in rows],
    )


def answer_loss(model: LlamaForCausalLM, batch: Batch) -> tuple[torch.Tensor, int]:
    """Return the summed cross entropy over the answers' tokens and their number.

    The output layer is only computed where an answer token is predicted.
    """
    tokens = torch.tensor(batch.tokens)
    positions = torch.arange(tokens.shape[1])
    starts, lengths = torch.tensor(batch.answer_starts)[:, None], torch.tensor(batch.lengths)[:, None]
    predicted = (positions >= starts - 1) & (positions < lengths - 1)
    hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state[predicted]
    targets = tokens.roll(-1, dims=1)[predicted]
    loss = torch.nn.functional.cross_entropy(model.lm_head(hidden), targets, reduction="sum")
    return loss, int(predicted.sum())


def learning_rate(step: int, recipe: Recipe) -> float:
    """Return the rate of a step: warm-up, then constant, then linear to zero over the last quarter.

    The constant part does not depend on the number of steps: a stopped run may be resumed with fewer or more.
    """
    warm = min(1.0, (step + 1) / recipe.warm_up)
    cooling = min(1.0, (recipe.steps - step) / (recipe.cool_down * recipe.steps))
    return recipe.learning_rate * warm * cooling


class Optimizers:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""

    def __init__(self, model: LlamaForCausalLM, recipe: Recipe) -> None:
        layers = [weight for name, weight in model.named_parameters() if "layers." in name and weight.ndim == 2]
        inside = {id(weight) for weight in layers}
        others = [weight for weight in model.parameters() if id(weight) not in inside]
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            Muon(layers, lr=recipe.learning_rate, weight_decay=recipe.weight_decay),
            torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=recipe.weight_decay),
        )

    def step(self, rate: float) -> None:
        """Step at a learning rate, then forget the gradients."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)


def train_step(model: LlamaForCausalLM, optimizers: Optimizers, rate: float, parts: list[Batch]) -> float:
    """Take one optimizer step over all batches of a step; return the mean loss of an answer token in nats."""
    counted = sum(
        length - start for part in parts for start, length in zip(part.answer_starts, part.lengths, strict=True)
    )
    total = 0.0
    for part in parts:
        loss, _ = answer_loss(model, part)
        torch.autograd.backward(loss / counted)
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizers.step(rate)
    return total / counted


def start_from(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Take over the weights of an earlier run; a token that both vocabularies hold keeps its embedding."""
    earlier = load_file(folder / "model.safetensors")
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    rows = earlier.pop("model.embed_tokens.weight")
    model.load_state_dict(earlier, strict=False)
    with torch.no_grad():
        for token, identity in tokenizer.get_vocab().items():
            if token in vocabulary:
                model.model.embed_tokens.weight[identity] = rows[vocabulary[token]]


def train(
    recipe: Recipe, out: Path, reports: Sequence[OpeniReport], start: Path | None = None, checkpoint_every: int = 100
) -> None:
    """Train, or go on from the checkpoint in ``out``, and write the model folder to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    tokenizer = train_tokenizer(tokenizer_texts(reports, recipe.seed), recipe.vocabulary)
    model = LlamaForCausalLM(configuration(recipe, tokenizer))
    if start is not None:
        start_from(model, tokenizer, start)
    optimizers = Optimizers(model, recipe)
    checkpoint = out / CHECKPOINT
    first = _resume(checkpoint, recipe, model, optimizers)
    log.info("parameters %d, vocabulary %d, from step %d", model.num_parameters(), tokenizer.get_vocab_size(), first)
    began, seen = time.monotonic(), 0
    for step in range(first, recipe.steps):
        parts = batches(step, recipe, tokenizer, reports)
        loss = train_step(model, optimizers, learning_rate(step, recipe), parts)
        seen += sum(sum(part.lengths) for part in parts)
        if step % 20 == 0 or step + 1 == recipe.steps:
            log.info("step %d/%d loss %.4f, %.0f tokens/s", step, recipe.steps, loss, seen / (time.monotonic() - began))
        if (step + 1) % checkpoint_every == 0:
            state = {"step": step + 1, "recipe": recipe.model_dump(), "model": model.state_dict()}
            partial = checkpoint.with_suffix(".partial")
            torch.save({**state, "optimizers": [part.state_dict() for part in optimizers.parts]}, partial)
            partial.replace(checkpoint)
    save_model(model, tokenizer, out)
    (out / "recipe.json").write_text(json.dumps(recipe.model_dump(), indent=1) + "\n")


def _resume(checkpoint: Path, recipe: Recipe, model: LlamaForCausalLM, optimizers: Optimizers) -> int:
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    if {**state["recipe"], "steps": recipe.steps} != recipe.model_dump():
        raise SystemExit(f"{checkpoint} is of another recipe than these arguments; choose another --out or remove it")
    model.load_state_dict(state["model"])
    for part, saved in zip(optimizers.parts, state["optimizers"], strict=True):
        part.load_state_dict(saved)
    return int(state["step"])


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the model and its checkpoint")
    parser.add_argument("--data", type=Path, help="NLMCXR_reports.tgz, or the folder it lies in")
    parser.add_argument("--config", type=Path, help="TOML file with fields of the recipe")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--start", type=Path, help="model folder of an earlier run to take the weights from")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    archive = archive_in(arguments.data)
    if archive is None:
        raise SystemExit("the Open-i reports were not found; install torchxrayvision or give --data PATH")
    if not arguments.resume and (arguments.out / CHECKPOINT).exists():
        raise SystemExit(f"{arguments.out} holds a checkpoint; give --resume to go on from it, or another --out")
    fields = tomllib.loads(arguments.config.read_text(encoding="utf-8")) if arguments.config else {}
    asked = {"steps": arguments.steps, "seed": arguments.seed, "learning_rate": arguments.learning_rate}
    recipe = Recipe.model_validate({**fields, **{name: value for name, value in asked.items() if value is not None}})
    reports = [report for report in read_reports(archive) if report.split == "train"]
    train(recipe, arguments.out, reports, arguments.start)


if __name__ == "__main__":
    main()
