"""FHIR R4B, coming in: by POST (:mod:`orchestrator.http.fhir`) and by asking a server now and then (``polling.py``).

::

    resources.py   bytes -> a valid resource, every code of a required value set in its set
    subjects.py    whom a resource is about, by identifier, never by name
    reading.py     what it says, as :mod:`orchestrator.orders.incoming`
    outcome.py     OperationOutcome: the answer to whatever is not taken
    capability.py  CapabilityStatement, made from what the code takes
"""
