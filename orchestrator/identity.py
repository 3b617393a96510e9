"""Back across the line: whose study a draft belongs to, for exports only.

Lives in the identified zone. Nothing here is logged, put in a prompt, or sent to a service.
"""

from __future__ import annotations

from datetime import datetime

from orchestrator.study import Order, Patient, Study
from services.contract import Fact


class ImageIdentity(Fact):
    """The SOP instance that a pseudonymous image id stands for (PS3.3 C.17.2 referenced instances)."""

    image_id: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str | None = None
    rows: int
    columns: int


class Identity(Fact):
    """What an export needs to name the patient, the order and the images of a study."""

    study_id: str
    study_instance_uid: str
    study_datetime: datetime | None = None
    patient: Patient
    order: Order
    images: tuple[ImageIdentity, ...] = ()

    def image(self, image_id: str) -> ImageIdentity | None:
        """Return the instance behind an image id."""
        return next((image for image in self.images if image.image_id == image_id), None)


def identity_of(study: Study) -> Identity:
    """Return the identity of a study; image ids are those of :func:`orchestrator.deidentify.deidentify`."""
    pairs = [(series, instance) for series in study.series for instance in series.instances]
    return Identity(
        study_id=study.study_id,
        study_instance_uid=study.study_instance_uid,
        study_datetime=study.study_datetime,
        patient=study.patient,
        order=study.order,
        images=tuple(
            ImageIdentity(
                image_id=f"image-{number}",
                series_instance_uid=series.series_instance_uid,
                sop_instance_uid=instance.sop_instance_uid,
                sop_class_uid=instance.sop_class_uid,
                rows=instance.image.rows,
                columns=instance.image.columns,
            )
            for number, (series, instance) in enumerate(pairs, 1)
        ),
    )
