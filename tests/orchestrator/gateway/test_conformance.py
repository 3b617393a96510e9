"""The DICOM Conformance Statement says what the code does, for the version at hand."""

from __future__ import annotations

from typing import get_args

from pydicom.uid import UID_dictionary

from orchestrator.gateway.dimse.command import Status
from orchestrator.gateway.dimse.conformance import SENT, statement
from orchestrator.gateway.dimse.contexts import PROPOSED_SYNTAXES, STORAGE_CLASSES, TRANSFER_SYNTAXES
from orchestrator.outbox.tables import ObjectKind


def test_every_kind_of_object_that_a_destination_may_be_sent_is_told():
    assert set(SENT) == {*get_args(ObjectKind), "rejection"}
    assert all(uid in UID_dictionary for uid, _ in SENT.values())


def test_every_class_every_encoding_and_every_status_is_told():
    said = statement()
    assert all(f"| {uid} |" in said for uid in (*STORAGE_CLASSES, *TRANSFER_SYNTAXES))
    assert {f"{status:04X}" for status in Status} <= set(said.split())


def test_no_context_is_proposed_with_more_syntaxes_than_dcmtk_takes():
    assert {"1.2.840.10008.1.2", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.102"} <= set(PROPOSED_SYNTAXES)
    assert len(PROPOSED_SYNTAXES) <= 50
