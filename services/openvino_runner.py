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
    import openvino
    import torch

Floats = npt.NDArray[np.float32]
MODEL = "model.xml"
ROOT = Path(__file__).resolve().parents[1]
PROBE_TIMEOUT_S = 120.0


class CompiledNetwork:
    """A converted network, compiled for this processor with static shapes: for one image, and for one larger batch.

    Parameters
    ----------
    batch
        Images of the larger batch; 1 compiles the network once.

    Raises
    ------
    RuntimeError
        If OpenVINO cannot read or compile it.
    """

    def __init__(self, folder: Path, precision: str, threads: int, batch: int = 1) -> None:
        import openvino

        core = openvino.Core()
        core.set_property({"CACHE_DIR": str(folder / "compiled")})
        options = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": str(threads),
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
        }
        self._requests: dict[int, openvino.InferRequest] = {}
        for size in sorted({batch, 1}, reverse=True):
            network = core.read_model(folder / MODEL)
            network.reshape([size, *list(network.input(0).shape)[1:]])
            self._requests[size] = core.compile_model(network, "CPU", options).create_infer_request()

    def __call__(self, images: Floats) -> tuple[Floats, ...]:
        """Run any number of images: as many as go in whole batches, the rest one by one."""
        pieces, done = [], 0
        for size, request in self._requests.items():
            while len(images) - done >= size:
                pieces.append(_infer(request, images[done : done + size]))
                done += size
        return (
            pieces[0] if len(pieces) == 1 else tuple(np.concatenate(outputs) for outputs in zip(*pieces, strict=True))
        )


def _infer(request: openvino.InferRequest, images: Floats) -> tuple[Floats, ...]:
    results = request.infer([np.ascontiguousarray(images, np.float32)])
    return tuple(np.array(results[output], np.float32) for output in request.model_outputs)


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
    """Compile and run the converted network in a child process; return why it is refused, if so.

    The example may hold several images: then the network is compiled for that batch too.
    """
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
    example = np.load(question, allow_pickle=False)
    CompiledNetwork(Path(folder), precision, int(threads), batch=len(example))(example)


if __name__ == "__main__":
    _probe_here(*sys.argv[1:])
