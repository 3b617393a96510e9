"""What can go wrong between an upload and a draft.

::

    WetreadError
    ├── RefusedInput              the sender must change something (4xx)
    │   ├── UnreadableImage       missing, truncated or undecodable pixels (422)
    │   ├── UnsupportedImage      readable, but nothing here reads such images (415)
    │   ├── TooLarge              more bytes, pixels or files than the limits allow (413)
    │   ├── InvalidOrder          the order that came with the study is malformed (422)
    │   ├── KeyReused             an Idempotency-Key came before with other content (409)
    │   ├── AlreadyDecided        somebody else has decided it (409)
    │   ├── AnotherPatient        the order that came with images names another patient than they do (409)
    │   ├── UploadStalled         the sender stopped in the middle of an upload (408)
    │   ├── InvalidEdit           a working copy that leaves out or makes up sentences of the draft (422)
    │   └── Superseded            a message would overwrite a later version at its receiver (409)
    ├── OutOfRoom                 the disk is too full to take more; the sender tries again later (507)
    ├── NotKnown                  nobody is known by what came with the request (401)
    │   └── TooOften              too many attempts failed lately; nothing is looked at (429)
    ├── NotAllowed                whoever acts may not do this (403)
    ├── NoSuchStep                a report's life has no such step from where it stands (409)
    ├── Overtaken                 somebody else saved in the meantime; nothing was overwritten (412)
    ├── NotFound                  no such study, draft or file (404)
    ├── NotExportable             a header too damaged to stand beside in DICOM (422)
    ├── Unavailable               a part is down; the work is kept and tried again (503)
    │   ├── SpecialistUnavailable
    │   ├── LanguageModelUnavailable
    │   │   └── PromptTooLong   the findings do not fit into the model's context; the draft is plain
    │   ├── QueueUnavailable
    │   └── RecordsUnavailable
    ├── Undelivered               a message did not leave (kept in the outbox; 502)
    │   ├── TryAgain              the receiver is away, busy or confused: tried again
    │   └── RefusedByReceiver     the receiver does not want this very message: a person decides
    ├── InvalidScore              a score that is no probability was to be written into a prompt (500)
    └── Misconfigured             a setting, prompt or profile is wrong (500, at start)

A message says what was wrong and what right looks like. It never holds a name, an identifier or a
header value.
"""

from __future__ import annotations


class WetreadError(Exception):
    """Anything this package raises on purpose."""

    status = 500


class RefusedInput(WetreadError):
    """The sender must change something."""

    status = 400


class UnreadableImage(RefusedInput):
    """The pixel data are missing, truncated or cannot be decoded."""

    status = 422


class UnsupportedImage(RefusedInput):
    """The file is readable, but no specialist reads such images."""

    status = 415


class TooLarge(RefusedInput):
    """More bytes, pixels or files than the limits allow."""

    status = 413


class InvalidOrder(RefusedInput):
    """The order that came with the study is malformed."""

    status = 422


class KeyReused(RefusedInput):
    """An idempotency key came before with other content."""

    status = 409


class AlreadyDecided(RefusedInput):
    """Somebody else has decided it."""

    status = 409


class AnotherPatient(RefusedInput):
    """The order that came with images names another patient than the images do."""

    status = 409


class UploadStalled(RefusedInput):
    """The sender stopped in the middle of an upload."""

    status = 408


class InvalidEdit(RefusedInput):
    """A working copy that leaves out sentences of the draft, or makes some up."""

    status = 422


class Superseded(RefusedInput):
    """A message would overwrite a later version of the same report at its receiver."""

    status = 409


class OutOfRoom(WetreadError):
    """The disk is too full to take more; the sender tries again later."""

    status = 507


class NotKnown(WetreadError):
    """Nobody is known by what came with the request."""

    status = 401


class TooOften(NotKnown):
    """Too many attempts failed lately; nothing is looked at until some minutes have passed."""

    status = 429


class NotAllowed(WetreadError):
    """Whoever acts may not do this."""

    status = 403


class NoSuchStep(WetreadError):
    """A report's life has no such step from where it stands."""

    status = 409


class Overtaken(WetreadError):
    """Somebody else saved in the meantime; nothing was overwritten."""

    status = 412


class NotExportable(WetreadError):
    """The header of an image is too damaged for a DICOM object to stand beside it."""

    status = 422


class NotFound(WetreadError):
    """There is no such study, draft or file."""

    status = 404


class Unavailable(WetreadError):
    """A part is down; the work is kept and tried again."""

    status = 503


class SpecialistUnavailable(Unavailable):
    """A specialist service does not answer, or not in time."""


class LanguageModelUnavailable(Unavailable):
    """The language model does not answer, or not in time."""


class PromptTooLong(LanguageModelUnavailable):
    """What may not be left out of a prompt does not fit into the language model's context."""


class QueueUnavailable(Unavailable):
    """Redis does not answer."""


class RecordsUnavailable(Unavailable):
    """The database does not answer."""


class Undelivered(WetreadError):
    """A message did not leave; it stays in the outbox. What the receiver said is told as its code, never its words."""

    status = 502


class TryAgain(Undelivered):
    """The receiver is away, busy, or answers what nobody understands; the same message may do later."""


class RefusedByReceiver(Undelivered):
    """The receiver does not want this very message; sending it again as it is cannot help."""


class Misconfigured(WetreadError):
    """A setting, a prompt or a profile is wrong."""


class InvalidScore(WetreadError):
    """A score that is no probability was to be written into a prompt."""
