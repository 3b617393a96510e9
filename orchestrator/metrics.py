"""Prometheus counters. Labels are routes, statuses and stages; never an id, a name or a header value."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

REQUESTS = Counter("wetread_http_requests", "HTTP requests answered", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("wetread_http_request_seconds", "Time to the first byte", ["route"], buckets=_SECONDS)
STUDIES_ACCEPTED = Counter("wetread_studies_accepted", "Studies on disk and recorded")
STUDIES_ENDED = Counter("wetread_studies_ended", "Studies by how they ended", ["status"])
STAGE_SECONDS = Histogram("wetread_stage_seconds", "Time of one stage of a draft", ["stage"], buckets=_SECONDS)
DRAFTS = Counter("wetread_drafts", "Drafts kept, by who phrased them", ["author"])
DISTINCT_DRAFTS = Gauge("wetread_distinct_drafts", "Share of the last drafts of different facts that read differently")
SHARED_RUN_WORDS = Gauge("wetread_shared_run_words", "Most words in a row that two of the last drafts share")
LIMITATIONS = Counter("wetread_limitations", "Limitations in kept drafts", ["reason"])
JOB_RETRIES = Counter("wetread_job_retries", "Jobs given back after a fault", ["error"])
JOBS = Gauge("wetread_jobs", "Jobs in the queue", ["state"])
ARRIVALS = Counter("wetread_arrivals", "Objects taken in one by one, by the way they came", ["how", "state"])
ASSOCIATIONS = Counter("wetread_associations", "DICOM associations, by how they ended", ["ended"])
DELIVERIES = Counter(
    "wetread_deliveries", "Attempts to deliver a message, by how they ended", ["destination", "outcome"]
)
DELIVERY_SECONDS = Histogram(
    "wetread_delivery_seconds", "Time to render and deliver a message", ["destination"], buckets=_SECONDS
)
OUTBOX = Gauge("wetread_outbox", "Messages in the outbox", ["destination", "state"])
OUTBOX_WAITING_SECONDS = Gauge("wetread_outbox_waiting_seconds", "Age of what waits longest", ["destination"])
HL7_MESSAGES = Counter(
    "wetread_hl7_messages", "HL7 v2 messages answered, by type and acknowledgement", ["kind", "answer"]
)
FHIR_RESOURCES = Counter("wetread_fhir_resources", "Resources read from FHIR servers", ["kind", "receipt"])
