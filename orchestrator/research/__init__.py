"""DICOM files without an identity, for research: the Basic Application Level Confidentiality Profile (PS3.15 E).

The pipeline never needs it: below its line no header travels at all (:mod:`orchestrator.deidentify`).
"""
