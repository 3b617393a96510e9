"""What the language model is asked: messages, the schema of the answer, and the prompt they were made from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.contract import Fact


class Message(Fact):
    role: Literal["system", "user", "assistant"]
    text: str = Field(min_length=1)


class Question(Fact):
    """One request for words. The same study, prompt file and profile give the same question, byte for byte."""

    prompt_id: str
    prompt_version: str
    prompt_sha256: str
    """SHA-256 of the prompt file as it lies on disk."""
    messages: tuple[Message, ...] = Field(min_length=1)
    answer_schema: str
    """JSON schema of the answer, as compact JSON; it enumerates the ids of this study."""
    left_out: tuple[str, ...] = ()
    """What did not fit into the prompt, in words; it is still in the draft's facts."""
