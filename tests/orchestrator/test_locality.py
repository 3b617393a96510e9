"""What is of this house is decided by its address; before any other language model free text fails closed."""

from __future__ import annotations

import pytest

from orchestrator.errors import LanguageModelUnavailable
from orchestrator.language_model import LanguageModelDoor
from orchestrator.locality import for_model, is_local, may_leave
from orchestrator.masking import mask_text
from orchestrator.prompt import load_profile
from orchestrator.question import Message, Question
from orchestrator.settings import ROOT, Settings
from orchestrator.untrusted import FreeText, Source, quote
from orchestrator.wiring import open_language
from services.contract import LimitationReason

SURE = "Cough and fever, seen by Dr. Austen on 3.4.2024"
UNSURE = "Cough and fever, ask zaphod, rule out pneumonia"


@pytest.mark.parametrize(
    ("url", "hosts", "local"),
    [
        ("http://127.0.0.1:8000", (), True),
        ("http://localhost:8000/v1", (), True),
        ("http://[::1]:8000", (), True),
        ("http://language:8000", ("language",), True),
        ("http://LANGUAGE.:8000", ("language",), True),
        ("http://language:8000", (), False),
        ("https://api.example.com/v1", ("", "language"), False),
        ("https://127.0.0.1.example.com", (), False),
        ("https://localhost.example.com", (), False),
        ("https://evil.example/?http://127.0.0.1", (), False),
        ("http://user@127.0.0.1@example.com", (), False),
        ("http://10.0.0.8:8000", (), False),
        ("http://[oops", (), False),
        ("", ("",), False),
    ],
)
def test_local_is_this_machine_or_a_host_that_was_named(url, hosts, local):
    assert is_local(url, hosts) is local


def free(text: str) -> FreeText:
    masked = mask_text(text, ())
    assert masked is not None
    return FreeText(source=Source.INDICATION, text=masked)


def test_a_model_of_this_house_is_shown_every_masked_text():
    texts = (free(SURE), free(UNSURE))
    assert for_model(texts, local=True) == (texts, ())


def test_another_is_shown_only_what_is_sure_and_the_draft_says_what_stayed():
    shown = for_model((free(SURE), free(UNSURE)), local=False)
    assert shown.texts == (free(SURE),)
    (limitation,) = shown.limitations
    assert (limitation.what, limitation.reason) == ("indication", LimitationReason.WITHHELD)
    assert "zaphod" not in limitation.detail


@pytest.mark.parametrize(
    "text", ["Cough, Dr. Austen", "Cough, call 0113 496 0000", "Cough since 3.4.2024", "Cough, beeblebrox"]
)
def test_a_text_that_nobody_masked_does_not_leave(text):
    assert not may_leave(text)


def question(text: str) -> Question:
    block = quote([FreeText(source=Source.INDICATION, text=text)]).block
    return Question(
        prompt_id="draft",
        prompt_version="1",
        prompt_sha256="a" * 64,
        messages=(Message(role="user", text=f"### Findings\n{block}\n### Report\n"),),
        answer_schema="{}",
    )


async def test_the_door_itself_refuses_a_question_that_may_name_somebody():
    profile = load_profile(ROOT / "deploy/language/bundled.toml")
    away = LanguageModelDoor(profile, "http://127.0.0.1:9", local=False)
    with pytest.raises(LanguageModelUnavailable, match="not local"):
        await away.phrase(question("Cough, ask Zaphod Beeblebrox"))
    with pytest.raises(LanguageModelUnavailable, match="reached"):
        await away.phrase(question("Cough and fever"))


def test_the_settings_say_what_is_local():
    assert open_language(Settings()).local
    assert not open_language(Settings(language_url="https://api.example.com")).local
    assert open_language(Settings(language_url="http://language:8000", local_hosts="other, language")).local
