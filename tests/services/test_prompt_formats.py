"""Each language model is spoken to in the very bytes it was trained on; its profile says where they were published."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from services.contract.profile import read_profile

ROOT = Path(__file__).parents[2]
FILES = ROOT / "deploy" / "language"
BEGINS = {"llama3_instruct": "<|begin_of_text|>", "clinicalgpt": ""}
INSTRUCTIONS, STUDY = "Phrase the findings.", "### Findings\n[F1] ABSENT | pneumonia\n### Report"
ALPACA = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\nPhrase the findings.\n\n"
    "### Input:\n### Findings\n[F1] ABSENT | pneumonia\n### Report\n\n### Response:"
)
EXPECTED = {
    "radiology_llama2": f"<s>{ALPACA}\n",
    "pmc_llama": f"<s>{ALPACA}",
    "chatdoctor": (
        "<s>If you are a doctor, please answer the medical questions based on the patient's description. \n\n"
        "ChatDoctor: I am ChatDoctor, what medical questions do you have?\n\n"
        "Patient: Phrase the findings.\n\n### Findings\n[F1] ABSENT | pneumonia\n### Report\n\nChatDoctor: "
    ),
    "xraygpt": ("<s>###Patient: Phrase the findings.\n\n### Findings\n[F1] ABSENT | pneumonia\n### Report ###Doctor: "),
    "clinicalgpt": "Phrase the findings.\n\n### Findings\n[F1] ABSENT | pneumonia\n### Report\n",
    "llama3_instruct": (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nPhrase the findings.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n### Findings\n[F1] ABSENT | pneumonia\n### Report<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
}


def rendered(name: str) -> str:
    profile = read_profile(FILES / f"{name}.toml")
    assert profile.chat_template is not None
    if profile.capabilities.system_role:
        messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": STUDY}]
    else:
        messages = [{"role": "user", "content": f"{INSTRUCTIONS}\n\n{STUDY}"}]
    texts, _ = render_jinja_template(
        [messages],
        chat_template=(ROOT / profile.chat_template).read_text(),
        add_generation_prompt=True,
        bos_token=BEGINS.get(name, "<s>"),
        eos_token="</s>",
    )
    return str(texts[0])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_prompt_is_the_published_format_byte_for_byte(name: str) -> None:
    assert rendered(name).encode() == EXPECTED[name].encode()


def test_every_profile_that_is_served_here_has_a_format_test_or_its_own_template() -> None:
    served = {path.stem for path in FILES.glob("*.toml") if read_profile(path).server is not None}
    assert served - set(EXPECTED) == {"bundled"}, "the bundled model's format is held by its own golden file"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("radiology_llama2", "tloen/alpaca-lora templates/alpaca.json"),
        ("pmc_llama", "chaoyi-wu/PMC-LLaMA SFT/train.py"),
        ("chatdoctor", "Kent0n-Li/ChatDoctor chat.py"),
        ("xraygpt", "eval_configs/xraygpt_eval.yaml"),
        ("llama3_instruct", "meta-llama/llama3 llama/tokenizer.py"),
    ],
)
def test_a_profile_says_where_its_format_was_published(name: str, source: str) -> None:
    assert source in (FILES / f"{name}.toml").read_text().replace("\n# ", " ")


def test_a_model_whose_template_knows_one_turn_is_not_shown_its_own_answer() -> None:
    for name in EXPECTED:
        assert read_profile(FILES / f"{name}.toml").capabilities.repair == (name == "llama3_instruct")
