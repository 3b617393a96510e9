"""Orders meet images: what the hospital's systems say of a patient, an order or an earlier report, and what it means.

::

    HL7 v2, FHIR --> incoming.py  (what was said, whatever spoke)
                         |
                     meeting.py   (is this order this study's? by number and patient identifier, never by name)
                         |
                     words.py     (a study with the words of its orders)
                         |
                     priors.py    (earlier reports and studies of the same patient, told by their distance in days)

:mod:`orchestrator.records.orders` keeps all of it and is the only one that calls the decisions. Everything here
lies in the identified zone.
"""
