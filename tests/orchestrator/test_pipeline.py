"""The line from a study to a draft, with small services and without a language model."""

from __future__ import annotations

import httpx
import pytest

from orchestrator.cards import CardShelf
from orchestrator.outlines import Outlines
from orchestrator.pipeline import Parts, draft_report
from orchestrator.plain import limitations_text
from orchestrator.progress import StudyStatus
from orchestrator.report import Author, DraftReport, Verdict
from orchestrator.specialists import Service, Specialists
from orchestrator.wiring import open_parts
from services.contract import (
    Algorithm,
    AnalyzeResponse,
    ImageKind,
    Label,
    Laterality,
    Likelihood,
    LimitationReason,
    WrittenText,
)
from services.contract.phrasing import not_assessed
from tests.orchestrator.small_clinic import finding, image, look, result, service_app, study
from tests.orchestrator.test_specialists import Wire

FILM = image(modality="DX", body_part="CHEST", view_position="PA")
SERVICES = tuple(Service(name, f"http://{name}") for name in ("classification", "segmentation", "detection"))


def reads(*findings, kind=ImageKind.CHEST_FRONTAL):
    """A classification service: its gate sees ``kind``, its reader finds ``findings``."""

    def answer(request):
        if request.specialists == ("image_kind",):
            return AnalyzeResponse(
                results=(result("image_kind", images=tuple(look(kind, one.image_id) for one in request.images)),)
            )
        return AnalyzeResponse(results=(result("chest_radiograph", *findings),))

    return service_app(answer)


@pytest.fixture
def parts_with(settings, tmp_path):
    """Parts whose language model is down."""

    def make(**apps) -> Parts:
        real = open_parts(settings.model_copy(update={"language_url": "http://127.0.0.1:9"}))
        client = httpx.AsyncClient(transport=Wire(**{name: app for name, app in apps.items() if app}))
        writers = (Service("reporting", "http://reporting"),) if "reporting" in apps else ()
        return Parts(
            specialists=Specialists((*SERVICES, *writers), CardShelf(tmp_path), 5.0, client),
            outlines=Outlines(tmp_path),
            prompt=real.prompt,
            repair=real.repair,
            language=real.language,
            corrections=2,
        )

    return make


async def drafted(sent, parts):
    stages = []

    async def tell(stage):
        stages.append(stage.stage)

    outcome = await draft_report(sent, parts, tell)
    assert stages == ["deidentify", "triage", "specialists", "reconcile", "phrase"]
    assert [stage.stage for stage in outcome.draft.stages] == stages
    return outcome


async def test_without_the_language_model_the_draft_is_the_plain_list_and_says_so(parts_with):
    empty = service_app(lambda _: AnalyzeResponse(results=()))
    parts = parts_with(
        classification=reads(finding(Label.EFFUSION), finding(Label.PNEUMONIA, Likelihood.ABSENT)),
        segmentation=empty,
        detection=empty,
    )
    outcome = await drafted(study(FILM), parts)
    assert outcome.status is StudyStatus.DRAFTED
    assert outcome.draft.author is Author.PLAIN_LIST
    text = " ".join(sentence.text for sentence in outcome.draft.sentences)
    assert "Pleural effusion: present" in text
    reasons = {limit.reason for limit in outcome.draft.facts.limitations}
    assert LimitationReason.LANGUAGE_MODEL_UNAVAILABLE in reasons
    assert all(sentence.citations for sentence in outcome.draft.sentences)


async def test_a_lateral_film_is_refused_with_a_draft_that_only_says_what_was_not_assessed(parts_with):
    outcome = await drafted(study(FILM), parts_with(classification=reads(kind=ImageKind.CHEST_LATERAL)))
    assert outcome.status is StudyStatus.REFUSED
    assert outcome.draft.sentences == ()
    assert outcome.draft.facts.findings == ()
    assert LimitationReason.UNSUPPORTED_VIEW in {limit.reason for limit in outcome.draft.facts.limitations}
    assert "PA or AP" in outcome.reason


async def test_with_every_service_down_the_draft_says_nothing_of_the_patient(parts_with):
    outcome = await drafted(study(FILM), parts_with())
    assert outcome.draft.sentences == ()
    assert outcome.draft.facts.limitations
    assert outcome.status is StudyStatus.DRAFTED


def writes(*texts, limitations=()):
    """A reporting service that writes these texts about every image."""

    def answer(request):
        written = tuple(
            WrittenText(image_id=one.image_id, text=text, algorithm=Algorithm(name="chest_report", version="1"))
            for one in request.images
            for text in texts
        )
        return AnalyzeResponse(results=(result("chest_report", texts=written),), limitations=limitations)

    return service_app(answer)


async def test_what_a_reporting_service_writes_is_set_against_the_findings_and_changes_none(parts_with):
    found = (finding(Label.EFFUSION, laterality=Laterality.LEFT), finding(Label.PNEUMONIA, Likelihood.ABSENT))
    alone = (await drafted(study(FILM), parts_with(classification=reads(*found)))).draft
    text = "Left pleural effusion. Pneumonia is present. Small pneumothorax."
    draft = (await drafted(study(FILM), parts_with(classification=reads(*found), reporting=writes(text)))).draft
    assert (draft.sections, draft.facts.findings) == (alone.sections, alone.facts.findings)
    (second,) = draft.second_texts
    assert [one.verdict for one in second.sentences] == [Verdict.KEPT, Verdict.CHANGED, Verdict.DROPPED]
    assert second.sentences[1].becomes == "Pneumonia: absent."
    (said,) = [one for one in draft.facts.limitations if one.source == "second_text"]
    assert (said.what, said.reason) == ("pneumonia", LimitationReason.DISAGREEMENT)
    assert DraftReport.model_validate_json(draft.model_dump_json()) == draft


async def test_where_no_site_turned_the_reporting_service_on_nothing_is_said_of_it(parts_with):
    draft = (await drafted(study(FILM), parts_with(classification=reads(finding(Label.EFFUSION))))).draft
    assert draft.second_texts == ()
    assert "second text" not in draft.model_dump_json() and "reporting" not in draft.model_dump_json()


async def test_a_reporting_service_that_is_down_is_a_limitation_and_nothing_else(parts_with):
    found = reads(finding(Label.EFFUSION))
    draft = (await drafted(study(FILM), parts_with(classification=found, reporting=None))).draft
    assert draft.second_texts == ()
    (missing,) = [one for one in draft.facts.limitations if one.what == "a second text"]
    assert missing.reason is LimitationReason.NO_SECOND_TEXT
    assert "a second text" not in not_assessed(draft.facts.limitations, draft.facts.findings)
    assert "There is no second text: a second text (The reporting service did not answer)." in limitations_text(
        draft.facts
    )
    assert draft.facts.findings


async def test_a_text_about_an_image_that_was_not_sent_is_not_used(parts_with):
    def answer(_):
        text = WrittenText(image_id="image-9", text="No mass.", algorithm=Algorithm(name="chest_report", version="1"))
        return AnalyzeResponse(results=(result("chest_report", texts=(text,)),))

    parts = parts_with(classification=reads(finding(Label.EFFUSION)), reporting=service_app(answer))
    draft = (await drafted(study(FILM), parts)).draft
    assert draft.second_texts == ()
    assert any("not asked about" in one.detail for one in draft.facts.limitations)


async def test_no_identifier_reaches_a_service(parts_with):
    heard = []

    def listen(request):
        heard.append(request.model_dump_json())
        return AnalyzeResponse(results=())

    app = service_app(listen)
    await drafted(
        study(FILM, patient_id="CANARY-ID", address="CANARY STREET"),
        parts_with(classification=app, segmentation=app, detection=app),
    )
    assert heard
    assert not any("CANARY" in text for text in heard)


async def test_the_same_study_gives_the_same_draft_apart_from_times_and_ids(parts_with):
    findings = [finding(Label.EFFUSION), finding(Label.EDEMA, Likelihood.LIKELY)]
    sent = study(FILM)
    drafts = []
    for order in (findings, findings[::-1]):
        parts = parts_with(classification=reads(*order))
        outcome = await drafted(sent, parts)
        drafts.append(outcome.draft.model_dump_json(exclude={"draft_id", "created_at", "stages"}))
    assert drafts[0] == drafts[1]
