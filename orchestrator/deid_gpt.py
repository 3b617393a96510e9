"""DeID-GPT's prompt on the local model, as a second look at a text that is masked already: it may only add masks.

Liu et al., DeID-GPT (arXiv:2303.11032): the eighteen kinds of HIPAA, named one by one. The model's text is never used:
it is laid beside the one it was shown, word by word, and only where it put ``[redacted]`` in the place of words do
those become masks. Whatever else it writes, leaves out, brings back or is talked into changes nothing.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from orchestrator.errors import LanguageModelUnavailable
from orchestrator.identifiers import Mask, Span
from orchestrator.language_model import LanguageModelDoor
from orchestrator.locality import Leaving
from orchestrator.masking import masked_further
from orchestrator.prompt_file import PromptFile, fill
from orchestrator.question import Message, Question
from orchestrator.untrusted import FreeText, quote
from services.contract import Limitation, LimitationReason

SOURCE = "deid_gpt"
_WORD = re.compile(r"\[[a-z0-9 ]+\]|[^\W_]+")
_REDACTED = "[redacted]"
_ANSWER = '{"type":"object","properties":{"note":{"type":"string"}},"required":["note"],"additionalProperties":false}'
_LONGEST_REPLACED = 6
"""Words that one ``[redacted]`` may stand for; more was rewritten, not redacted."""


async def look_again(before: Leaving, door: LanguageModelDoor, prompt: PromptFile) -> Leaving:
    """Return the texts with the masks that the local model adds; one it does not answer about stays here.

    Raises
    ------
    LanguageModelUnavailable
        If the model is not local: it is shown nothing for this purpose.
    """
    if not door.local:
        raise LanguageModelUnavailable("DeID-GPT runs on the local model only")
    kept: list[FreeText] = []
    limitations = list(before.limitations)
    for text in before.texts:
        looked = await _looked(text, door, prompt)
        if looked is None:
            limitations.append(_left_out(text))
        else:
            kept.append(text.model_copy(update={"text": looked}))
    return Leaving(tuple(kept), tuple(limitations))


async def _looked(text: FreeText, door: LanguageModelDoor, prompt: PromptFile) -> str | None:
    try:
        answer = await door.phrase(_question(text, prompt))
    except LanguageModelUnavailable:
        return None
    return masked_further(text.text, redactions(text.text, answer))


def redactions(shown: str, answer: str) -> tuple[Span, ...]:
    """Return the words of a text in whose place an answer has ``[redacted]``.

    Aligned by the longest runs of equal words, each run in order. A redaction counts where it replaces at most six
    words of the text; everything else that differs is the model's own, and is ignored.
    """
    words = list(_WORD.finditer(shown))
    said = [word[0].lower() for word in _WORD.finditer(answer.lower())]
    matcher = SequenceMatcher(None, [word[0].lower() for word in words], said, autojunk=False)
    spans = []
    for tag, first, last, begin, end in matcher.get_opcodes():
        if tag == "replace" and _REDACTED in said[begin:end] and last - first <= _LONGEST_REPLACED:
            spans += [Span(word.start(), word.end(), Mask.UNKNOWN) for word in words[first:last] if word[0][0] != "["]
    return tuple(spans)


def _question(text: FreeText, prompt: PromptFile) -> Question:
    asked = prompt.instructions + "\n" + fill(prompt, {"note": quote([text]).block})
    return Question(
        prompt_id=prompt.id,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        messages=(Message(role="user", text=asked),),
        answer_schema=_ANSWER,
    )


def _left_out(text: FreeText) -> Limitation:
    return Limitation(
        what=str(text.source),
        reason=LimitationReason.WITHHELD,
        detail=f"The {text.source} was not used: the second look for identifiers was not sure of it.",
        source=SOURCE,
    )
