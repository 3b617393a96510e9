"""What can go wrong with an image or a model inside a specialist service.

::

    SpecialistError
    ├── UnreadableArray       the referenced array is missing, damaged or not as described (422)
    ├── UnsupportedImage      no specialist of this service reads such an image (415)
    ├── UnknownSpecialist     the request names a specialist this service does not have (404)
    ├── NotReady              the weights are still being loaded (503)
    ├── Misconfigured         a setting or specialists.toml is wrong (500, at start)
    └── WeightsError          weights cannot be used; the specialist is not in force (503)
        ├── WeightsMissing    no weights in the places the manifest allows
        ├── WeightsDamaged    the SHA-256 or the self-test vector does not agree
        └── WeightsForbidden  the licence does not allow this deployment

A message says what was wrong and what right looks like, and never holds a header value.
What a radiologist must see is a :class:`services.contract.Limitation`, not an error.
"""

from __future__ import annotations


class SpecialistError(Exception):
    """Anything a service raises on purpose."""

    status = 500


class UnreadableArray(SpecialistError):
    """The referenced array is missing, damaged or not as its reference describes."""

    status = 422


class UnsupportedImage(SpecialistError):
    """No specialist of this service reads such an image."""

    status = 415


class UnknownSpecialist(SpecialistError):
    """The request names a specialist that this service does not have."""

    status = 404


class NotReady(SpecialistError):
    """The weights are still being loaded."""

    status = 503


class Misconfigured(SpecialistError):
    """A setting or ``specialists.toml`` is wrong."""


class WeightsError(SpecialistError):
    """The weights cannot be used."""

    status = 503


class WeightsMissing(WeightsError):
    """There are no weights in any of the places that the manifest allows."""


class WeightsDamaged(WeightsError):
    """The SHA-256 or the self-test vector does not agree with the manifest."""


class WeightsForbidden(WeightsError):
    """The licence of the weights does not allow this deployment."""
