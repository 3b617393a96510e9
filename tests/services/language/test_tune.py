"""A site tunes a Llama on its own reports: an adapter is learned, the base stays as it was, the reports stay here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from services.language.corpus import draft_prompt, held_out
from services.language.llama import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from services.language.save import save_model
from services.language.tokens import END, PADDING, START, token_id, train_tokenizer
from services.language.tune import Pair, Tuning, read_pairs, tune

PeftModel = pytest.importorskip("peft").PeftModel
QUICK = Tuning(rank=4, steps=30, examples_per_step=2, learning_rate=0.02, longest_tokens=256)


@pytest.fixture(scope="module")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of one layer with random weights, made here."""
    folder = tmp_path_factory.mktemp("llama")
    tokenizer = train_tokenizer((draft_prompt(held_out(index)) for index in range(40)), 600)
    torch.manual_seed(0)
    configuration = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, intermediate_size=96, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=token_id(tokenizer, START), eos_token_id=token_id(tokenizer, END),
        pad_token_id=token_id(tokenizer, PADDING),
    )  # fmt: skip
    save_model(LlamaForCausalLM(configuration), tokenizer, folder)
    return folder


def own_reports() -> list[Pair]:
    return [
        Pair(prompt=draft_prompt(held_out(index)), answer="Nothing to add, as this house writes.")
        for index in range(12)
    ]


def test_a_tuned_model_writes_more_like_the_sites_own_reports(tiny_llama: Path, tmp_path: Path):
    before = (tiny_llama / "model.safetensors").read_bytes()
    tuned = tune(str(tiny_llama), own_reports(), tmp_path, QUICK)
    assert tuned.held_out == 1 and tuned.examples == 11
    assert tuned.loss_after < tuned.loss_before - 0.2
    assert (tiny_llama / "model.safetensors").read_bytes() == before


def test_the_adapter_is_one_that_a_server_loads_and_it_changes_what_is_likely(tiny_llama: Path, tmp_path: Path):
    tune(str(tiny_llama), own_reports(), tmp_path, QUICK)
    written = json.loads((tmp_path / "adapter_config.json").read_text())
    assert written["r"] == 4 and "lm_head" not in written["target_modules"]
    base = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    tokens = torch.tensor([[5, 6, 7, 8, 9]])
    with torch.no_grad():
        plain = base(tokens).logits.log_softmax(-1)
        adapted = PeftModel.from_pretrained(base, str(tmp_path))(tokens).logits.log_softmax(-1)
    assert (plain - adapted).abs().max() > 1e-3


def test_tuning_goes_on_from_an_adapter(tiny_llama: Path, tmp_path: Path):
    first = tune(str(tiny_llama), own_reports(), tmp_path, QUICK)
    second = tune(str(tiny_llama), own_reports(), tmp_path, QUICK, resume=True)
    assert second.loss_before == pytest.approx(first.loss_after, rel=1e-3)


def test_a_line_that_is_no_example_is_named_by_its_number_and_not_by_its_text(tmp_path: Path):
    file = tmp_path / "reports.jsonl"
    file.write_text('{"prompt": "a", "answer": "b"}\n{"prompt": "Mr. Secret"}\n')
    with pytest.raises(ValueError, match="line 2") as refused:
        read_pairs(file)
    assert "Secret" not in str(refused.value)
