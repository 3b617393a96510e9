"""Damaged input through every door, and whether anything behind it dies: ``python -m deploy.mutation KIND --count N``.

::

    doors      the API and the gateway as processes of their own, on a folder that is removed afterwards
    damage     seeded mutations of bytes
    objects    DICOM objects, and mutations that know how an object is built
    peer       a DICOM peer that says what it is told to, right or wrong
    campaign   what is sent through which door, and what came of it
"""
