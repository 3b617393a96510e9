"""Fine-tunes any Llama with LoRA on a person's own reports: ``python -m services.language.tune --model M --data FILE``.

``--data`` is a JSON-lines file of ``{"prompt": ..., "answer": ...}``, both as they are to be served: a study block and
its cited JSON (:mod:`services.contract.phrasing`), or a findings text and its impression. The reports stay on this
machine. The adapter is written to ``--out`` in the form that vLLM loads; a profile names it (``[adapter]``), and
:mod:`services.language.proof` proves at start that it is in force. Low-rank adaptation after Hu 2021.
"""

from __future__ import annotations

import argparse
import json
import logging
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import torch
from pydantic import Field

from services.contract import Fact
from services.language.llama import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from peft import LoraConfig, PeftModel, get_peft_model  # isort: skip  # after the guard of services.language.llama

log = logging.getLogger(__name__)


class Tuning(Fact):
    """Everything that decides the adapter; a TOML file may change it (``--config``)."""

    rank: int = Field(default=8, ge=1, le=256)
    alpha: int = Field(default=16, ge=1)
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    """The matrices that are adapted; never ``lm_head``, which vLLM does not load as an adapter."""
    learning_rate: float = Field(default=2e-4, gt=0)
    steps: int = Field(default=200, ge=1)
    examples_per_step: int = Field(default=4, ge=1)
    longest_tokens: int = Field(default=1024, ge=64)
    held_out: float = Field(default=0.1, ge=0, lt=1)
    """Share of the examples that only judges."""
    seed: int = 1


class Pair(Fact):
    """What is read and what is to be written."""

    prompt: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class Tuned(Fact):
    """What the tuning did to the held-out loss, in nats a token."""

    examples: int
    held_out: int
    loss_before: float
    loss_after: float


def read_pairs(path: Path) -> list[Pair]:
    """Return the examples of a file.

    Raises
    ------
    ValueError
        If a line is not such an example; the message names the line, never its text.
    """
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            pairs.append(Pair.model_validate_json(line))
        except ValueError as error:
            raise ValueError(f"{path.name} line {number}: expected an object with prompt and answer") from error
    return pairs


def tune(model_folder: str, pairs: Sequence[Pair], out: Path, tuning: Tuning, resume: bool = False) -> Tuned:
    """Train an adapter over a model and write it to ``out``; the base is left as it is."""
    torch.manual_seed(tuning.seed)
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    base = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, str(out), is_trainable=True) if resume else _adapted(base, tuning)
    shuffled = list(pairs)
    Random(tuning.seed).shuffle(shuffled)
    judges = shuffled[: max(1, int(len(shuffled) * tuning.held_out))]
    learned = shuffled[len(judges) :] or judges
    before = _loss(model, tokenizer, judges, tuning)
    _train(model, tokenizer, learned, tuning)
    after = _loss(model, tokenizer, judges, tuning)
    model.save_pretrained(out)
    (out / "tuning.json").write_text(json.dumps(tuning.model_dump(), indent=1) + "\n", encoding="utf-8")
    return Tuned(examples=len(learned), held_out=len(judges), loss_before=before, loss_after=after)


def _adapted(base: PreTrainedModel, tuning: Tuning) -> PeftModel:
    configuration = LoraConfig(
        r=tuning.rank, lora_alpha=tuning.alpha, target_modules=list(tuning.targets), task_type="CAUSAL_LM"
    )
    return get_peft_model(base, configuration)


def _train(model: PeftModel, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Pair], tuning: Tuning) -> None:
    optimizer = torch.optim.AdamW((w for w in model.parameters() if w.requires_grad), lr=tuning.learning_rate)
    chance = Random(tuning.seed)
    model.train()
    for step in range(tuning.steps):
        for group in optimizer.param_groups:
            group["lr"] = tuning.learning_rate * (1 - step / tuning.steps)
        drawn = _encoded(chance.choices(pairs, k=tuning.examples_per_step), tokenizer, tuning)
        loss = torch.stack([_answer_loss(model, tokens, start) for tokens, start in drawn]).mean()
        torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 20 == 0:
            log.info("step %d/%d loss %.4f", step, tuning.steps, loss.item())
    model.eval()


def _loss(model: PeftModel, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Pair], tuning: Tuning) -> float:
    with torch.no_grad():
        losses = [_answer_loss(model, tokens, start).item() for tokens, start in _encoded(pairs, tokenizer, tuning)]
    return sum(losses) / len(losses)


def _encoded(
    pairs: Iterable[Pair], tokenizer: PreTrainedTokenizerBase, tuning: Tuning
) -> Iterator[tuple[list[int], int]]:
    """Yield the tokens of each example as it is served, and where its answer begins."""
    for pair in pairs:
        prompt = _prompt_ids(pair.prompt, tokenizer)
        answer = [*tokenizer.encode(pair.answer, add_special_tokens=False), tokenizer.eos_token_id]
        room = max(1, tuning.longest_tokens - len(answer))
        yield [*prompt[-room:], *answer], len(prompt[-room:])


def _prompt_ids(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    if tokenizer.chat_template is None:
        return list(tokenizer.encode(text))
    message = [{"role": "user", "content": text}]
    whole = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    return list(tokenizer.encode(whole, add_special_tokens=False))


def _answer_loss(model: PeftModel, tokens: list[int], start: int) -> torch.Tensor:
    ids = torch.tensor([tokens])
    labels = ids.clone()
    labels[:, :start] = -100
    loss: torch.Tensor = model(input_ids=ids, labels=labels).loss
    return loss


def main() -> None:
    """Read the command line and tune."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder of a Llama, or its identity on the hub")
    parser.add_argument("--data", type=Path, required=True, help="JSON lines with prompt and answer")
    parser.add_argument("--out", type=Path, required=True, help="folder for the adapter")
    parser.add_argument("--config", type=Path, help="TOML file with fields of the tuning")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--resume", action="store_true", help="go on from the adapter in --out")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    fields = tomllib.loads(chosen.config.read_text(encoding="utf-8")) if chosen.config else {}
    if chosen.seed is not None:
        fields["seed"] = chosen.seed
    tuned = tune(chosen.model, read_pairs(chosen.data), chosen.out, Tuning.model_validate(fields), chosen.resume)
    log.info("%s", tuned.model_dump_json())


if __name__ == "__main__":
    main()
