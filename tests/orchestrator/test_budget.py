"""What a prompt may hold: nothing that was found is ever left out, and what is left out is said."""

import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from orchestrator.budget import critical, room, tokens_of
from orchestrator.errors import PromptTooLong
from orchestrator.prompt import ask, load_profile, prompt_of
from orchestrator.report import Facts
from orchestrator.untrusted import FreeText, Source
from services.contract import Label, Likelihood, LimitationReason, Presence, coded
from services.contract.profile import LanguageProfile
from tests.orchestrator.simulated import simulated_facts
from tests.orchestrator.small_clinic import finding, limitation, ratio

ROOT = Path(__file__).parents[2]
STUDIES = 60


def instruct(context: int) -> LanguageProfile:
    profile = load_profile(ROOT / "deploy" / "language" / "llama3_instruct.toml")
    assert profile.server is not None
    server = profile.server.model_copy(update={"max_model_len": context})
    return profile.model_copy(update={"server": server, "max_answer_tokens": 256})


def a_full_study() -> Facts:
    """Every label: five present, three open, the rest absent; a measurement; much that was not assessed."""
    labels = [label for label in Label if label not in {Label.LUNG, Label.HEART, Label.CLAVICLE, Label.LUNG_HEIGHT}]
    said = [Likelihood.PRESENT] * 5 + [Likelihood.INDETERMINATE] * 3 + [Likelihood.ABSENT] * len(labels)
    found = tuple(
        finding(label, likelihood).model_copy(update={"finding_id": f"F{number}"})
        for number, (label, likelihood) in enumerate(zip(reversed(labels), said, strict=False), start=1)
    )
    missing = tuple(limitation(f"thing number {number}", LimitationReason.NO_WEIGHTS) for number in range(40))
    measured = ratio(0.56, "chest_anatomy").model_copy(update={"measurement_id": "M1"})
    return Facts(findings=found, measurements=(measured,), limitations=missing)


TEXTS = (
    FreeText(source=Source.INDICATION, text="cough " * 40),
    FreeText(source=Source.STYLE, text="The heart is of normal size. " * 20),
    FreeText(source=Source.STYLE, text="There is no effusion. " * 20),
)


def asked(context: int):
    profile = instruct(context)
    return ask(prompt_of("p4", profile, ROOT / "prompts"), a_full_study(), TEXTS, profile)


def fits(context: int) -> bool:
    try:
        asked(context)
    except PromptTooLong:
        return False
    return True


TIGHTEST = next(context for context in range(2000, 3000, 4) if fits(context))


def test_where_there_is_room_everything_is_said():
    question = asked(8192)
    assert question.left_out == ()
    assert "cough" in question.messages[1].text and "thing number 39" in question.messages[1].text


def test_style_goes_first_then_other_texts_then_names_then_absent_findings():
    lengths = [len(asked(context).left_out) for context in range(TIGHTEST + 1000, TIGHTEST, -20)]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]
    tightest = asked(TIGHTEST).left_out
    assert tightest[:4] == ("example of style", "example of style", "indication", "names of what was not assessed")
    assert all("absent" in name for name in tightest[4:]) and len(tightest) > 6


@pytest.mark.parametrize("context", range(TIGHTEST, TIGHTEST + 1000, 60))
def test_what_was_found_measured_or_is_critical_is_never_left_out(context: int):
    question = asked(context)
    text, study = question.messages[1].text, a_full_study()
    for one in study.findings:
        kept = f"[{one.finding_id}] {one.presence}" in text
        assert kept or (one.presence is Presence.ABSENT and one.code not in critical())
        assert kept == (f'"{one.finding_id}"' in question.answer_schema), "an id that is not shown cannot be cited"
        if not kept:
            assert any(f"({one.finding_id}, absent)" in name for name in question.left_out)
    assert "[M1] cardiothoracic ratio | 0.56" in text
    assert coded(Label.PNEUMOTHORAX) in critical()
    assert tokens_of("\n".join(message.text for message in question.messages), instruct(context)) <= room(
        instruct(context)
    )


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "language").glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_that_ships_can_be_asked_about_every_label(path: Path):
    profile = load_profile(path)
    question = ask(prompt_of("p4", profile, ROOT / "prompts"), a_full_study(), TEXTS, profile)
    assert question.messages[-1].text.count("] PRESENT") == 5


def test_what_does_not_fit_without_what_was_found_is_not_asked():
    with pytest.raises(PromptTooLong):
        asked(TIGHTEST - 4)


def test_a_server_whose_context_is_not_known_is_sent_everything():
    profile = load_profile(ROOT / "deploy" / "language" / "openai_compatible.toml")
    assert room(profile) is None
    assert room(profile.model_copy(update={"own_context_tokens": 4096})) == 4096 - 2 * 1536 - 960 - 64


def test_the_bundled_models_own_tokenizer_never_makes_more_tokens_than_are_counted():
    profile = load_profile(ROOT / "deploy" / "language" / "bundled.toml")
    tokenizer = Tokenizer.from_file(str(ROOT / profile.model / "tokenizer.json"))
    chance = random.Random(4)
    prompt = prompt_of("p4", profile, ROOT / "prompts")
    for _ in range(STUDIES):
        text = ask(prompt, simulated_facts(chance), None, profile).messages[0].text
        assert len(tokenizer.encode(text).ids) <= tokens_of(text, profile)
    assert tokens_of("胸痛", profile) == 6
