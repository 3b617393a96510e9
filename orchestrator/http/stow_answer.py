"""The Store Instances Response (PS3.18 I.2) in the DICOM JSON model (PS3.18 F)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from http import HTTPStatus
from typing import NamedTuple

from pydantic import Field

from services.contract import Fact

MEDIA_TYPE = "application/dicom+json"


class FailureReason(IntEnum):
    """Failure Reason (0008,1197), PS3.18 I.2.2."""

    OUT_OF_RESOURCES = 0xA700
    DOES_NOT_MATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class Stored(NamedTuple):
    """What became of one instance."""

    sop_class_uid: str | None
    sop_instance_uid: str | None
    failure: FailureReason | None


class _Element(Fact):
    vr: str


class TextElement(_Element):
    """An element with UIDs or a URL; without a value it is empty."""

    Value: tuple[str, ...] | None = None


class NumberElement(_Element):
    """An element with numbers."""

    Value: tuple[int, ...]


class StoredItem(Fact):
    """One instance."""

    sop_class: TextElement | None = Field(default=None, alias="00081150")
    sop_instance: TextElement | None = Field(default=None, alias="00081155")
    retrieve_url: TextElement | None = Field(default=None, alias="00081190")
    failure_reason: NumberElement | None = Field(default=None, alias="00081197")


class SequenceElement(_Element):
    """An element with items."""

    Value: tuple[StoredItem, ...]


class StoreAnswer(Fact):
    """The response's data set; nothing can be retrieved here, so its URLs are empty."""

    retrieve_url: TextElement = Field(default=TextElement(vr="UR"), alias="00081190")
    failed: SequenceElement | None = Field(default=None, alias="00081198")
    referenced: SequenceElement | None = Field(default=None, alias="00081199")
    other_failures: SequenceElement | None = Field(default=None, alias="0008119A")


def answer_of(instances: Sequence[Stored]) -> tuple[StoreAnswer, HTTPStatus]:
    """Return the response: 200 when all are stored, 202 when some are not, 409 when none is (PS3.18 10.5.3.1)."""
    good = [one for one in instances if one.failure is None]
    named = [one for one in instances if one.failure is not None and one.sop_instance_uid is not None]
    nameless = [one for one in instances if one.failure is not None and one.sop_instance_uid is None]
    answer = StoreAnswer.model_validate(
        {
            "00081198": _sequence([_item(one) for one in named]),
            "00081199": _sequence([_item(one) for one in good]),
            "0008119A": _sequence([StoredItem.model_validate({"00081197": _reason(one)}) for one in nameless]),
        }
    )
    if len(good) == len(instances):
        return answer, HTTPStatus.OK
    return answer, HTTPStatus.ACCEPTED if good else HTTPStatus.CONFLICT


def _sequence(items: list[StoredItem]) -> SequenceElement | None:
    return SequenceElement(vr="SQ", Value=tuple(items)) if items else None


def _item(one: Stored) -> StoredItem:
    return StoredItem.model_validate(
        {
            "00081150": _uid(one.sop_class_uid),
            "00081155": _uid(one.sop_instance_uid),
            "00081190": TextElement(vr="UR") if one.failure is None else None,
            "00081197": None if one.failure is None else _reason(one),
        }
    )


def _uid(value: str | None) -> TextElement:
    return TextElement(vr="UI", Value=(value,) if value else None)


def _reason(one: Stored) -> NumberElement:
    assert one.failure is not None
    return NumberElement(vr="US", Value=(int(one.failure),))
