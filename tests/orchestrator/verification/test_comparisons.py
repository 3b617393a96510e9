"""New, unchanged and improved need an earlier examination that says so."""

from __future__ import annotations

import pytest

from orchestrator.report import Prior
from services.contract import Finding, Label, Laterality, Likelihood, Severity
from tests.orchestrator.report_parts import facts, finding
from tests.orchestrator.verification.study import checks_of


@pytest.mark.parametrize(
    "text",
    ["Unchanged small left pleural effusion.", "New small left pleural effusion.", "Improved left pleural effusion.",
     "Small left pleural effusion, larger than before.", "Small left pleural effusion has developed since the prior."],
)  # fmt: skip
def test_a_comparison_without_a_prior_is_found(text: str):
    assert "no_comparison_without_a_prior" in checks_of(text, "F1")


def prior(*findings: Finding, days: int = 30) -> Prior:
    return Prior(prior_id="P1", days_before=days, findings=findings)


def compared(text: str, now: Finding, *priors: Prior) -> set[str]:
    return checks_of(text, now.finding_id, given=facts(now).model_copy(update={"priors": priors}))


def effusion(likelihood: Likelihood = Likelihood.PRESENT, severity: Severity | None = Severity.MILD) -> Finding:
    seen = likelihood is Likelihood.PRESENT
    return finding("F1", Label.EFFUSION, likelihood, Laterality.LEFT, severity if seen else None)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Unchanged small left pleural effusion.", effusion()),
        ("Small left pleural effusion, unchanged since the prior.", effusion()),
        ("New small left pleural effusion.", effusion(Likelihood.ABSENT)),
        ("Small left pleural effusion, improved.", effusion(severity=Severity.SEVERE)),
    ],
)
def test_a_comparison_that_the_prior_bears_out_passes(text: str, before: Finding):
    assert compared(text, effusion(), prior(before)) == set()


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Unchanged small left pleural effusion.", effusion(severity=Severity.SEVERE)),
        ("New small left pleural effusion.", effusion()),
        ("Small left pleural effusion, improved.", effusion()),
        ("Small left pleural effusion, worsened.", effusion(severity=Severity.SEVERE)),
        ("Unchanged small left pleural effusion.", finding("F1", Label.EDEMA)),
        ("Unchanged small left pleural effusion.", effusion(Likelihood.INDETERMINATE)),
        ("Residual small left pleural effusion.", effusion()),
    ],
)
def test_a_comparison_that_the_prior_does_not_bear_out_is_found(text: str, before: Finding):
    assert compared(text, effusion(), prior(before)) == {"no_comparison_without_a_prior"}


def test_the_latest_prior_that_assessed_it_counts():
    text, old, older = "Unchanged small left pleural effusion.", prior(effusion()), effusion(Likelihood.ABSENT)
    assert compared(text, effusion(), prior(older, days=900), old) == set()
    assert compared(text, effusion(), prior(older, days=9), old) == {"no_comparison_without_a_prior"}
