"""The bundled model's tokenizer: byte-level BPE whose pieces are the phrases of the prompt format.

A label, a JSON fragment or an id in brackets is one token, so an answer is few decoding steps and a copied label is one
copied token. Numbers are read and written digit by digit: whole numbers as tokens are each too rare to be learned.
Anything else falls back to words and bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from services.contract import Label

START, END, PADDING = "<s>", "</s>", "<pad>"
CHAT_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""The bundled model knows no roles: the messages are read one after the other."""


def _either_case(word: str) -> str:
    return f"[{word[0].upper()}{word[0]}]{word[1:]}"


def pieces() -> str:
    """Return the regular expression whose matches are never split across tokens' borders."""
    labels = sorted((str(label) for label in Label), key=len, reverse=True)
    return "|".join(
        (
            r'\{"findings":\[\{"cites":\["[FM]\d+',
            r'\{"answer":\[(?:\{"cites":\["[FM]\d+|\]\})',
            r'\.?"\}\],"impression":\[\{"cites":\["[FM]\d+',
            r'\.?"\}\]\}',
            r'\.?"\},\{"cites":\["[FM]\d+',
            r'"\],"text":"',
            r'","[FM]\d+',
            r"\n?### Findings(?![a-z])",
            r"\n### Not assessed\n",
            r"\n### (?:Report|Question|Answer)\n",
            r"\n?\[[FM]\d+\]",
            r" (?:PRESENT|ABSENT|INDETERMINATE)(?: \| likely)? \|",
            r" \| (?:side|site|severity):",
            r" \| experimental",
            rf" ?(?:{'|'.join(_either_case(label) for label in labels)})(?![a-z])",
            r" \|",
            r"There (?:is|are)(?![a-z])",
            r"None of the assessed findings is present",
            r" 0\.(?=\d)",
            r" ?\d",
            r" ?[A-Za-z]+",
            r"\s+",
            r" ?[^\sA-Za-z0-9]",
        )
    )


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token that must exist."""
    identity = tokenizer.token_to_id(token)
    if identity is None:
        raise KeyError(token)
    return int(identity)


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Return a tokenizer of at most ``size`` tokens; the same texts give the same tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces()), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[PADDING, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
