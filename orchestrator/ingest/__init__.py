"""From received bytes to a :class:`~orchestrator.study.Study`, in the identified zone.

::

    request -> receive -> [ReceivedFile], OrderRequest -> assemble -> Study
    paths   -> study_from_paths -----------------------------------> Study

Untrusted bytes are touched in disposable child processes only (:mod:`orchestrator.ingest.child`).
"""
