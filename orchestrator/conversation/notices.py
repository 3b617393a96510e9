"""Every sentence that a conversation may show without a citation: a closed list that claims nothing of the patient."""

from __future__ import annotations

from orchestrator.conversation.intents import Kind
from orchestrator.conversation.turn import Notice, NoticeKind

_DECLINED: dict[Kind, tuple[str, str]] = {
    Kind.INSTRUCTION: (
        "instruction",
        "I answer questions about this study and take no instructions; the rules of this program are not changed by "
        "text.",
    ),
    Kind.OTHER_PATIENT: (
        "other_patient",
        "I speak about the study that is open and about no other person; open the other study from the worklist.",
    ),
    Kind.IDENTITY: (
        "identity",
        "I am not told who the patient is; the banner above the film and the hospital's own systems are.",
    ),
    Kind.TREATMENT: (
        "treatment",
        "I give no orders and no advice on treatment; please turn to the treating physician. What a published rule "
        "says of follow-up can be asked for.",
    ),
    Kind.PROGNOSIS: ("prognosis", "I cannot say how an illness will go; please turn to the treating physician."),
    Kind.SIGNING: (
        "signing",
        "I cannot change, sign or send a report; a person does that in the reading room, where each sentence can be "
        "edited.",
    ),
    Kind.OFF_TOPIC: (
        "off_topic",
        "I answer questions about this study and about reading chest films, and nothing else.",
    ),
}
DECLINED: dict[Kind, Notice] = {
    kind: Notice(notice=NoticeKind.DECLINED, id=id_, text=text) for kind, (id_, text) in _DECLINED.items()
}


def _notice(kind: NoticeKind, id_: str, text: str) -> Notice:
    return Notice(notice=kind, id=id_, text=text)


UNKNOWN = _notice(NoticeKind.UNKNOWN, "unknown", "I don't know: nothing that was found or kept answers this.")
NOT_FOUND = _notice(
    NoticeKind.UNKNOWN, "not_found", "I don't know: the knowledge base holds no passage on this that can be quoted."
)
NO_PRIOR = _notice(
    NoticeKind.UNKNOWN,
    "no_prior",
    "I don't know: no earlier examination is at hand here, so nothing can be compared.",
)
NO_ORDER = _notice(NoticeKind.UNKNOWN, "no_order", "I don't know: no text of the order may be shown, or none came.")
NO_RULE = _notice(NoticeKind.UNKNOWN, "no_rule", "I don't know: no rule of this installation speaks of it.")
NO_STUDY = _notice(
    NoticeKind.UNKNOWN, "no_study", "I don't know: no study is open, and only the knowledge base can be asked."
)
NOTHING_OF_THE_KIND = _notice(
    NoticeKind.UNKNOWN, "nothing_of_the_kind", "Nothing of this kind is among what was assessed."
)
NOT_COUNTED = _notice(NoticeKind.REMARK, "not_counted", "Findings are told, they were not counted one by one.")
NOT_SIDED = _notice(NoticeKind.REMARK, "not_sided", "Where no side is named, none was determined.")
NOT_PLACED = _notice(NoticeKind.REMARK, "not_placed", "Where no place is named, none was determined.")
NOT_GRADED = _notice(
    NoticeKind.REMARK, "not_graded", "Where no grade and no measurement is named, none was determined."
)
NOT_NORMAL = _notice(
    NoticeKind.REMARK,
    "not_normal",
    "I call nothing normal: this is what was assessed, and what is not named here was not.",
)
NOTHING_NEW = _notice(
    NoticeKind.REMARK,
    "nothing_new",
    "A statement is not new evidence, so the facts stand; what you see counts in your report, and a second opinion can "
    "be asked for.",
)
NO_SECOND_READER = _notice(
    NoticeKind.UNKNOWN, "no_second_reader", "I don't know: no second reader could read this study independently."
)
NO_REGION = _notice(
    NoticeKind.UNKNOWN,
    "no_region",
    "I don't know: mark a region on the film first; then a specialist can read it again.",
)
NO_PICTURE = _notice(NoticeKind.REMARK, "no_picture", "There is no picture of it: nothing was outlined.")
OUTSIDE_THE_DRAFT = _notice(
    NoticeKind.REMARK, "outside_the_draft", "This was found in the conversation; the draft is not changed by it."
)

_ALL = (
    UNKNOWN, NOT_FOUND, NO_PRIOR, NO_ORDER, NO_RULE, NO_STUDY, NOTHING_OF_THE_KIND, NOT_COUNTED, NOT_SIDED, NOT_PLACED,
    NOT_GRADED, NOT_NORMAL, NOTHING_NEW, NO_SECOND_READER, NO_REGION, NO_PICTURE, OUTSIDE_THE_DRAFT, *DECLINED.values(),
)  # fmt: skip
_WHICH = "Which do you mean?"
KNOWN: dict[str, str] = {notice.id: notice.text for notice in _ALL} | {"which": _WHICH}
"""Every notice by its id."""


def which(choices: tuple[str, ...]) -> Notice:
    """Return the one question that comes back, with the names it offers; they are ours, not the asker's."""
    return Notice(notice=NoticeKind.CLARIFY, id="which", text=_WHICH, choices=choices)
