"""JPEG frames that pydicom has no decoder for here: lossless (processes 14 and 14 SV1), and extended with 12 bits.

Decoded by imagecodecs' build of libjpeg-turbo, in a decoding process only.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

from orchestrator.errors import UnreadableImage

END_OF_IMAGE = b"\xff\xd9"
"""Without it the codec would fill what is missing with grey (ITU-T T.81 B.1.1.3)."""
SYNTAXES = frozenset({JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1})


def decode_frame(dataset: Dataset, frame_count: int) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the first frame as stored, ``(rows, columns)`` or ``(rows, columns, 3)``, and what its values mean.

    Raises
    ------
    UnreadableImage
        If the stream is damaged, or of another size or depth than the header says.
    """
    stream = get_frame(dataset.PixelData, 0, number_of_frames=frame_count)
    photometric = str(dataset.PhotometricInterpretation)
    if END_OF_IMAGE not in stream[-16:]:
        raise UnreadableImage("the compressed stream is cut off")
    try:
        frame = imagecodecs.jpeg8_decode(stream)
    except (imagecodecs.Jpeg8Error, ValueError, RuntimeError) as error:
        raise UnreadableImage("the pixel data are damaged or not as the header describes them") from error
    samples = int(dataset.get("SamplesPerPixel", 1))
    expected = (int(dataset.Rows), int(dataset.Columns), *((samples,) if samples > 1 else ()))
    if frame.shape != expected or frame.dtype.itemsize * 8 > max(int(dataset.BitsAllocated), 8):
        raise UnreadableImage("the compressed stream has another size or depth than the header says")
    if photometric.startswith("YBR"):
        photometric = "RGB"
    return _as_stored(frame, dataset), {"photometric_interpretation": photometric}


def _as_stored(frame: NDArray[Any], dataset: Dataset) -> NDArray[Any]:
    """Extend the sign of two's complement values (PS3.5 8.1.1): JPEG knows unsigned samples only."""
    if int(dataset.get("PixelRepresentation", 0)) != 1:
        return frame
    unused = 16 - int(dataset.BitsStored)
    return (frame.astype(np.uint16) << unused).view(np.int16) >> unused
