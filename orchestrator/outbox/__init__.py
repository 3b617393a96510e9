"""Everything that leaves the house: what waits in :mod:`orchestrator.records.outbox` is carried to its destinations.

``tables.py`` reads who receives what, ``letter.py`` writes it in the form each one wants, a file a kind of receiver
carries it (``mllp.py``, ``dicom.py``, ``stow.py``, ``fhir.py``, ``webhook.py``), ``couriers.py`` is their list and
``delivery.py`` the loop: at least once, in the order of each study, with back-off, and a dead letter for a person.
"""
