"""How a profile becomes a vLLM command, and what the proof makes of servers that only look right."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.contract.profile import LanguageProfile, LicenceRefused, read_profile
from services.language.proof import main, prove
from services.language.server import arguments, environment
from services.language.server import main as start

ROOT = Path(__file__).parents[3]
FILES = ROOT / "deploy" / "language"


def profile(name: str) -> LanguageProfile:
    return read_profile(FILES / f"{name}.toml")


def value(command: list[str], option: str) -> str:
    return command[command.index(option) + 1]


def test_the_bundled_model_is_served_locally_with_constraints_without_white_space():
    command = arguments(profile("bundled"), 8123)
    assert value(command, "--host") == "127.0.0.1"
    assert value(command, "--port") == "8123"
    assert value(command, "--served-model-name") == "bundled"
    assert json.loads(value(command, "--structured-outputs-config")) == {
        "backend": "xgrammar",
        "disable_any_whitespace": True,
    }
    assert "--enable-prefix-caching" in command
    assert "/health" in value(command, "--disable-access-log-for-endpoints").split(",")


def test_an_adapter_is_loaded_under_its_own_name_with_room_for_its_rank():
    command = arguments(profile("radiology_llama2"), 8123)
    assert value(command, "--lora-modules") == "radiology-llama2=models/radiology-llama2-lora"
    assert value(command, "--max-lora-rank") == "64"
    assert value(command, "--served-model-name") == "radiology_llama2"
    assert Path(value(command, "--chat-template")).is_file()


def test_a_server_that_is_run_elsewhere_is_not_started_here():
    with pytest.raises(ValueError, match="run elsewhere"):
        arguments(profile("openai_compatible"), 8123)


def test_a_non_commercial_model_does_not_start_in_a_clinical_deployment(monkeypatch):
    monkeypatch.setenv("WETREAD_DEPLOYMENT", "clinical")
    started = []
    monkeypatch.setattr("os.execv", lambda *command: started.append(command))
    with pytest.raises(LicenceRefused, match="CC BY-NC-SA"):
        start(["--profile", str(FILES / "xraygpt.toml"), "--port", "8123"])
    assert started == []
    start(["--profile", str(FILES / "llama3_instruct.toml"), "--port", "8123"])
    assert len(started) == 1, "what the licence allows does start"


def test_threads_on_a_cpu_wait_without_spinning_and_are_bound_to_no_core():
    variables = environment(profile("bundled"), cpu=True, air_gapped=False)
    assert variables["OMP_WAIT_POLICY"] == "PASSIVE"
    assert variables["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"
    assert variables["VLLM_TARGET_DEVICE"] == "cpu"


def test_beside_a_gpu_nothing_of_the_cpu_is_set():
    assert "VLLM_TARGET_DEVICE" not in environment(profile("llama3_instruct"), cpu=False, air_gapped=False)


def test_air_gapped_means_that_no_hub_is_asked():
    assert environment(profile("llama3_instruct"), cpu=False, air_gapped=True)["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in environment(profile("llama3_instruct"), cpu=False, air_gapped=False)


def test_nothing_is_reported_to_anyone():
    assert environment(profile("bundled"), cpu=True, air_gapped=False)["VLLM_NO_USAGE_STATS"] == "1"


class _Pretender(BaseHTTPRequestHandler):
    """Answers as an old vLLM does that ignores the schema in silence."""

    def log_message(self, format: str, *values: object) -> None:
        pass

    def _send(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._send({"data": [{"id": "openai"}, {"id": "your-model"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": "Sure! Here is the report."}
        self._send({"choices": [{"message": message}], "usage": {"prompt_tokens": 300, "completion_tokens": 8}})


@pytest.fixture
def pretender() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pretender)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_server_that_ignores_the_schema_is_not_sent_work(pretender: str):
    proof = prove(pretender, profile("openai_compatible"))
    assert not proof.ready
    assert proof.steps[-1].name == "constraints_bind"


def test_the_exit_status_says_whether_work_may_be_sent(pretender: str, capsys: pytest.CaptureFixture[str]):
    status = main(["--url", pretender, "--profile", str(FILES / "openai_compatible.toml")])
    assert status == 1
    assert json.loads(capsys.readouterr().out)["ready"] is False


def test_a_server_that_is_not_there_is_not_ready_and_says_so():
    proof = prove("http://127.0.0.1:9", profile("bundled"), timeout_s=2)
    assert not proof.ready
    assert "reached" in proof.steps[0].detail
