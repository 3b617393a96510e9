"""The documents of deploy/conformance/ say what the code does."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.cli.conformance import DOCUMENTS
from orchestrator.exports.fhir_value_sets import check_value_sets
from orchestrator.gateway.hl7.adt import MERGES, UPDATES
from orchestrator.gateway.hl7.refusal import CODES
from orchestrator.settings import ROOT


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_committed_is_what_the_code_says(name: str):
    answer = CliRunner().invoke(app, ["conformance", name])
    assert answer.exit_code == 0
    file = ROOT / "deploy/conformance" / DOCUMENTS[name][0]
    assert answer.stdout == file.read_text(), f"wetread conformance {name} > {file.name}"


def test_an_unknown_document_is_a_wrong_command_line():
    assert CliRunner().invoke(app, ["conformance", "cobol"]).exit_code == 2


def test_every_event_and_every_code_is_told():
    text = DOCUMENTS["hl7"][1]()
    assert all(event in text for event in UPDATES | MERGES)
    assert all(f"| {code} |" in text for code in CODES)


def test_the_capability_statement_is_valid():
    check_value_sets(CapabilityStatement.model_validate(json.loads(DOCUMENTS["fhir"][1]())))
