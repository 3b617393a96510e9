"""Reports of the site lend their style, never a fact: not even where the model copies them word by word."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.exemplars import Exemplar, Exemplars, as_style, read_exemplars
from orchestrator.language_model import LanguageModelDoor
from orchestrator.outlines import Outlines
from orchestrator.pipeline import Parts, phrase
from orchestrator.prompt import ask, load_profile, prompt_of
from orchestrator.prompt_file import load_prompt
from orchestrator.report import Facts, Section
from orchestrator.verify import verify
from orchestrator.wiring import open_parts, open_specialists
from services.contract import Laterality, Likelihood, Presence
from tests.orchestrator.report_parts import PRESENCE_OF
from tests.orchestrator.simulated import simulated_facts, simulated_sections

ROOT = Path(__file__).parents[2]
STUDIES = 100
OPPOSITE = {
    Likelihood.PRESENT: Likelihood.ABSENT,
    Likelihood.LIKELY: Likelihood.ABSENT,
    Likelihood.INDETERMINATE: Likelihood.PRESENT,
    Likelihood.ABSENT: Likelihood.PRESENT,
}


def opposite(facts: Facts) -> Facts:
    """The same labels, each said to be what it is not, and every number another one."""
    findings = tuple(
        one.model_copy(
            update={
                "likelihood": OPPOSITE[one.likelihood],
                "presence": PRESENCE_OF[OPPOSITE[one.likelihood]],
                "laterality": Laterality.LEFT if one.presence is not Presence.PRESENT else None,
                "severity": None,
            }
        )
        for one in facts.findings
    )
    measured = tuple(
        one.model_copy(update={"value": one.value + (0.2 if one.unit == "1" else 30)}) for one in facts.measurements
    )
    return facts.model_copy(update={"findings": findings, "measurements": measured})


def spoken(sections: tuple[Section, ...]) -> str:
    return " ".join(sentence.text for section in sections for sentence in section.sentences)


class Copyist(BaseHTTPRequestHandler):
    """A served model that repeats every sentence of the example it is shown, and cites what sounds like it."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        models = {"data": [{"id": "llama3_instruct"}]}
        self._send(models if self.path == "/v1/models" else {"version": "0.32.0"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        study = next(message["content"] for message in asked["messages"] if message["role"] == "user")
        answer = copied(study)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": json.dumps(answer)}}
        self._send({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})

    def _send(self, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def copied(study: str) -> dict[str, list[dict[str, object]]]:
    example = re.search(r"^example of style: (.*)$", study, re.MULTILINE)
    sentences = re.findall(r"[^.]+(?:\.\d+)?[^.]*\.", example[1]) if example else []
    names = re.findall(r"^\[([FM]\d+)\] (?:[A-Z]+ \| )?(?:likely \| )?([a-z][a-z -]+)", study, re.MULTILINE)
    cited = [[id_ for id_, name in names if name.strip() in text.lower()] or [names[0][0]] for text in sentences]
    said = [{"text": text.strip(), "cites": ids} for text, ids in zip(sentences, cited, strict=True)]
    return {"findings": said or [{"text": "Nothing.", "cites": [names[0][0]]}], "impression": said[:1]}


@pytest.fixture(scope="module")
def copyist() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Copyist)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def parts(settings, tmp_path, copyist) -> Parts:
    profile = load_profile(ROOT / "deploy" / "language" / "llama3_instruct.toml")
    return Parts(
        specialists=open_specialists(settings),
        outlines=Outlines(tmp_path),
        prompt=prompt_of("p4", profile, ROOT / "prompts"),
        repair=load_prompt(ROOT / "prompts" / "repair.md"),
        language=LanguageModelDoor(profile, copyist),
        corrections=1,
    )


async def test_no_fact_of_an_exemplar_reaches_a_draft_though_the_model_copies_every_word(parts: Parts):
    chance, shown = random.Random(17), 0
    for number in range(STUDIES):
        facts = simulated_facts(chance)
        lies = simulated_sections(opposite(facts), chance)
        style = as_style([Exemplar(name=f"{number}.txt", text=spoken(lies))])
        phrased = await phrase(facts, style, parts)
        assert phrased.attempts, "the model was asked and did copy"
        shown += any(attempt.problems for attempt in phrased.attempts)
        assert verify(phrased.sections, facts) == ()
        released = spoken(phrased.sections)
        for sentence in (one for section in lies for one in section.sentences):
            assert sentence.text not in released
    assert shown == STUDIES, "every copy was a lie and was found out"


def test_the_checks_alone_refuse_what_an_exemplar_says_of_another_patient():
    chance = random.Random(18)
    for _ in range(STUDIES):
        facts = simulated_facts(chance)
        lies = simulated_sections(opposite(facts), chance)
        refused = {problem.sentence for problem in verify(lies, facts) if problem.section == lies[0].name}
        assert refused >= set(range(len(lies[0].sentences)))


def test_the_most_similar_reports_come_first_and_always_in_the_same_order():
    chance = random.Random(5)
    facts = simulated_facts(chance)
    alike = spoken(simulated_sections(facts, chance))
    reports = [
        Exemplar(name=f"{n}.txt", text=spoken(simulated_sections(simulated_facts(chance), chance))) for n in "bcd"
    ]
    library = [*reports, Exemplar(name="z.txt", text=alike), Exemplar(name="a.txt", text="Zzz qqq.")]
    first = Exemplars(library).nearest(facts, 3)
    assert first[0].name == "z.txt"
    assert first == Exemplars(list(reversed(library))).nearest(facts, 3)
    twins = [Exemplar(name=name, text=alike) for name in ("2.txt", "1.txt")]
    assert [one.name for one in Exemplars(twins).nearest(facts, 2)] == ["1.txt", "2.txt"]
    assert Exemplars([Exemplar(name="a.txt", text="Zzz qqq.")]).nearest(facts, 3) == ()
    assert Exemplars([]).nearest(facts, 3) == ()


def test_a_denial_is_nearer_to_a_denial():
    chance = random.Random(3)
    facts = simulated_facts(chance)
    absent = facts.model_copy(
        update={"findings": tuple(f for f in facts.findings if f.presence is Presence.ABSENT), "measurements": ()}
    )
    name = absent.findings[0].code.meaning.lower()
    library = [Exemplar(name="1.txt", text=f"Large {name}."), Exemplar(name="2.txt", text=f"There is no {name}.")]
    assert Exemplars(library).nearest(absent, 1)[0].name == "2.txt"


def test_a_folder_of_reports_is_read_masked_and_what_cannot_be_masked_is_left_out(tmp_path: Path):
    (tmp_path / "a.txt").write_text("There is a small left pleural effusion. Dr. Miller, 12/03/2021, MRN 00482913.")
    (tmp_path / "b.json").write_text('{"findings": "The heart is enlarged.", "impression": "Cardiomegaly.", "id": 7}')
    (tmp_path / "c.json").write_text('["not a report"]')
    (tmp_path / "d.txt").write_text("Jane Kowalska Wojciechowska Szczepanska")
    (tmp_path / "e.txt").write_bytes(b"\xff\xfe effusion " * 3_000)
    (tmp_path / "f.md").write_text("Left pleural effusion.")
    library = read_exemplars(tmp_path)
    assert [report.name for report in library.reports] == ["a.txt", "b.json"]
    text = library.reports[0].text
    assert text.startswith("There is a small left pleural effusion.")
    assert not any(piece in text for piece in ("Miller", "2021", "00482913"))


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path):
    with pytest.raises(Misconfigured, match=r"\.txt and \.json"):
        read_exemplars(tmp_path / "nowhere")


def test_exemplars_are_off_until_a_site_names_its_folder(settings, tmp_path: Path):
    assert open_parts(settings).exemplars is None
    (tmp_path / "a.txt").write_text("There is a small left pleural effusion.")
    on = open_parts(settings.model_copy(update={"exemplars": tmp_path}))
    assert on.exemplars is not None and len(on.exemplars.reports) == 1


def test_a_model_that_was_trained_on_one_format_is_shown_no_example():
    profile = load_profile(ROOT / "deploy" / "language" / "bundled.toml")
    facts = simulated_facts(random.Random(1))
    style = as_style([Exemplar(name="a.txt", text="There is a small left pleural effusion.")])
    prompt = prompt_of("p4", profile, ROOT / "prompts")
    assert ask(prompt, facts, style, profile) == ask(prompt, facts, (), profile)
