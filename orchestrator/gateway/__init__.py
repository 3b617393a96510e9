"""What the hospital sends comes in here: every listener and watcher of one installation, in one process.

::

    python -m orchestrator.gateway --port 8010

    PACS  -- C-STORE ---------> dicom      \\
    files -- a watched folder -> folder      > arrivals (on disk, in the database) -> studies, queued
    study is complete --------> study timer /

:mod:`orchestrator.gateway.listeners` lists them. Which of them run is said by the hospital's file
(:mod:`orchestrator.hospital`); the port answers ``/livez``, ``/readyz`` and ``/metrics`` on this machine only.
"""
