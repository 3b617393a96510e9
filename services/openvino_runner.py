"""OpenVINO: convert a module, try it in a child process, run it. Nothing else imports openvino."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]
MODEL = "model.xml"
ROOT = Path(__file__).resolve().parents[1]
PROBE_TIMEOUT_S = 120.0


class CompiledNetwork:
    """A converted network, compiled for this processor.

    Raises
    ------
    RuntimeError
        If OpenVINO cannot read or compile it.
    """

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        import openvino

        core = openvino.Core()
        core.set_property({"CACHE_DIR": str(folder / "compiled")})
        options = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": str(threads),
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
        }
        self._compiled = core.compile_model(core.read_model(folder / MODEL), "CPU", options)
        self._request = self._compiled.create_infer_request()
        self._batch = self._compiled.input(0).shape[0]

    def __call__(self, images: Floats) -> tuple[Floats, ...]:
        """Run a batch; the network was compiled for the batch of its example, and longer ones are cut up."""
        if len(images) == self._batch:
            return self._infer(images)
        pieces = [self._infer(images[i : i + self._batch]) for i in range(0, len(images), self._batch)]
        return tuple(np.concatenate(outputs) for outputs in zip(*pieces, strict=True))

    def _infer(self, images: Floats) -> tuple[Floats, ...]:
        results = self._request.infer([np.ascontiguousarray(images, np.float32)])
        return tuple(np.array(results[output], np.float32) for output in self._compiled.outputs)


def convert(module: torch.nn.Module, example: torch.Tensor, folder: Path) -> str | None:
    """Write the network as OpenVINO's intermediate representation; return why it cannot be, if so."""
    import openvino
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore", DeprecationWarning)
            network = openvino.convert_model(module.eval(), example_input=example, input=[list(example.shape)])
        openvino.save_model(network, folder / MODEL, compress_to_fp16=False)
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        return f"cannot be converted ({type(error).__name__})"
    return None


def probe(folder: Path, example: Floats, precision: str, threads: int) -> str | None:
    """Compile and run the converted network in a child process; return why it is refused, if so."""
    with tempfile.TemporaryDirectory() as scratch:
        question = Path(scratch, "example.npy")
        np.save(question, example, allow_pickle=False)
        command = [sys.executable, "-m", __name__, str(folder.resolve()), precision, str(threads), str(question)]
        try:
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PROBE_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return f"did not finish within {PROBE_TIMEOUT_S:g} s in a child process"
    if ended.returncode < 0:
        return f"crashed in a child process ({signal.Signals(-ended.returncode).name})"
    return f"failed in a child process (exit status {ended.returncode})" if ended.returncode else None


def _probe_here(folder: str, precision: str, threads: str, question: str) -> None:
    """Run in the child process."""
    network = CompiledNetwork(Path(folder), precision, int(threads))
    network(np.load(question, allow_pickle=False))


if __name__ == "__main__":
    _probe_here(*sys.argv[1:])
