"""Writes a trained model as a folder that transformers and vLLM load: half precision, tokenizer, chat template."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from services.language.llama import GenerationConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from services.language.tokens import CHAT_TEMPLATE, END, PADDING, START


def save_model(model: LlamaForCausalLM, tokenizer: Tokenizer, out: Path) -> None:
    """Write ``config.json``, ``model.safetensors`` (float16), tokenizer and chat template into ``out``."""
    half = LlamaForCausalLM(model.config).to(torch.float16)
    half.load_state_dict(model.state_dict())
    half.generation_config = GenerationConfig(
        do_sample=False,
        bos_token_id=model.config.bos_token_id,
        eos_token_id=model.config.eos_token_id,
        pad_token_id=model.config.pad_token_id,
    )
    half.save_pretrained(out)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=START,
        eos_token=END,
        pad_token=PADDING,
        model_max_length=model.config.max_position_embeddings,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(out)
    configuration = out / "config.json"
    content = json.loads(configuration.read_text())
    configuration.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
