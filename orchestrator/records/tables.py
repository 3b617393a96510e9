"""The tables as they are queried; :mod:`orchestrator.records.migrations` makes them."""

from __future__ import annotations

import sqlalchemy as sa

_METADATA = sa.MetaData()
STUDIES = sa.Table(
    "studies",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("status", sa.String(16)),
    sa.Column("revision", sa.Integer),
    sa.Column("attempt", sa.Integer),
    sa.Column("reason", sa.Text),
    sa.Column("accepted_at", sa.String(32)),
    sa.Column("updated_at", sa.String(32)),
    sa.Column("content_sha256", sa.String(64)),
    sa.Column("idempotency_key", sa.String(255)),
    sa.Column("held", sa.Boolean),
    sa.Column("document", sa.Text),
)
DRAFTS = sa.Table(
    "drafts",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.String(64)),
    sa.Column("created_at", sa.String(32)),
    sa.Column("document", sa.Text),
    sa.Column("specialist_results", sa.Text),
)
EVENTS = sa.Table(
    "events",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("document", sa.Text),
)
TURNS = sa.Table(
    "conversation_turns",
    _METADATA,
    sa.Column("turn_id", sa.String(64), primary_key=True),
    sa.Column("study_id", sa.String(64)),
    sa.Column("person", sa.String(255)),
    sa.Column("at", sa.String(32)),
    sa.Column("document", sa.Text),
)
DESTINATIONS = sa.Table(
    "outbox_destinations",
    _METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("events", sa.Text),
)
MESSAGES = sa.Table(
    "outbox_messages",
    _METADATA,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("study_id", sa.String(64)),
    sa.Column("number", sa.Integer),
    sa.Column("event", sa.String(16)),
    sa.Column("document", sa.Text),
)
DELIVERIES = sa.Table(
    "outbox_deliveries",
    _METADATA,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("destination", sa.String(64), primary_key=True),
    sa.Column("study_id", sa.String(64)),
    sa.Column("number", sa.Integer),
    sa.Column("event", sa.String(16)),
    sa.Column("state", sa.String(16)),
    sa.Column("attempts", sa.Integer),
    sa.Column("next_at", sa.String(32)),
    sa.Column("updated_at", sa.String(32)),
    sa.Column("claimed_until", sa.String(32)),
    sa.Column("reason", sa.Text),
)
ARRIVING_STUDIES = sa.Table(
    "arriving_studies",
    _METADATA,
    sa.Column("study_key", sa.String(80), primary_key=True),
    sa.Column("study_id", sa.String(64)),
    sa.Column("standing", sa.String(16)),
    sa.Column("round", sa.Integer),
    sa.Column("first_at", sa.String(32)),
    sa.Column("last_at", sa.String(32)),
    sa.Column("reason", sa.Text),
    sa.Column("prior_of", sa.String(64)),
)
ARRIVALS = sa.Table(
    "arrivals",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("study_key", sa.String(80)),
    sa.Column("instance_key", sa.String(80)),
    sa.Column("data_sha256", sa.String(64)),
    sa.Column("file_sha256", sa.String(64)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("how", sa.String(16)),
    sa.Column("state", sa.String(16)),
    sa.Column("received_at", sa.String(32)),
    sa.Column("round", sa.Integer),
)
STUDY_NUMBERS = sa.Table(
    "study_numbers",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("study_instance_uid", sa.String(64)),
    sa.Column("accession_number", sa.String(64)),
    sa.Column("patient_id", sa.String(64)),
    sa.Column("performed_at", sa.String(32)),
)
HOSPITAL_MESSAGES = sa.Table(
    "hospital_messages",
    _METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32)),
    sa.Column("content_sha256", sa.String(64)),
    sa.Column("received_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
ORDERS = sa.Table(
    "orders",
    _METADATA,
    sa.Column("order_id", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(255)),
    sa.Column("study_instance_uid", sa.String(64)),
    sa.Column("accession_number", sa.String(64)),
    sa.Column("received_at", sa.String(32)),
    sa.Column("updated_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
MEETINGS = sa.Table(
    "meetings",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("order_id", sa.String(64), primary_key=True),
    sa.Column("mismatch_id", sa.String(64)),
    sa.Column("meeting", sa.String(16)),
    sa.Column("opened_at", sa.String(32)),
    sa.Column("decision", sa.String(32)),
    sa.Column("decided_at", sa.String(32)),
    sa.Column("decided_by", sa.String(255)),
)
ORDERED_PATIENTS = sa.Table(
    "ordered_patients",
    _METADATA,
    sa.Column("order_id", sa.String(64), primary_key=True),
    sa.Column("patient_id", sa.String(64), primary_key=True),
)
PATIENT_MERGES = sa.Table(
    "patient_merges",
    _METADATA,
    sa.Column("merge_id", sa.String(64), primary_key=True),
    sa.Column("patient_id", sa.String(64)),
    sa.Column("survivor_id", sa.String(64)),
    sa.Column("merged_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
EARLIER_REPORTS = sa.Table(
    "earlier_reports",
    _METADATA,
    sa.Column("report_id", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(255)),
    sa.Column("performed_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
REPORTED_PATIENTS = sa.Table(
    "reported_patients",
    _METADATA,
    sa.Column("report_id", sa.String(64), primary_key=True),
    sa.Column("patient_id", sa.String(64), primary_key=True),
)
VAULT = sa.Table(
    "vault",
    _METADATA,
    sa.Column("pseudonym", sa.String(80), primary_key=True),
    sa.Column("key_id", sa.String(16)),
    sa.Column("sealed", sa.Text),
    sa.Column("sealed_at", sa.String(32)),
    sa.Column("expires_at", sa.String(32)),
)
REPORTS = sa.Table(
    "reports",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16)),
    sa.Column("number", sa.Integer),
    sa.Column("saved_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
SIGNED_REPORTS = sa.Table(
    "signed_reports",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("event", sa.String(16)),
    sa.Column("revision", sa.Integer),
    sa.Column("signed_at", sa.String(32)),
    sa.Column("subject", sa.String(255)),
    sa.Column("content_sha256", sa.String(64)),
    sa.Column("document", sa.Text),
)
REJECTIONS = sa.Table(
    "rejections",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32)),
    sa.Column("subject", sa.String(255)),
    sa.Column("document", sa.Text),
)
ACKNOWLEDGEMENTS = sa.Table(
    "acknowledgements",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32)),
    sa.Column("subject", sa.String(255)),
    sa.Column("document", sa.Text),
)
FETCHES = sa.Table(
    "fetches",
    _METADATA,
    sa.Column("fetch_id", sa.String(32), primary_key=True),
    sa.Column("accession_number", sa.String(64)),
    sa.Column("source", sa.String(32)),
    sa.Column("status", sa.String(16)),
    sa.Column("reason", sa.Text),
    sa.Column("study_instance_uids", sa.Text),
    sa.Column("asked_at", sa.String(32)),
)
AUDIT = sa.Table(
    "audit",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32)),
    sa.Column("study_id", sa.String(64)),
    sa.Column("document", sa.Text),
    sa.Column("before_sha256", sa.String(64)),
    sa.Column("sha256", sa.String(64)),
)
KEYS = sa.Table(
    "access_keys",
    _METADATA,
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("secret_sha256", sa.String(64)),
    sa.Column("created_at", sa.String(32)),
    sa.Column("expires_at", sa.String(32)),
    sa.Column("revoked_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
SESSIONS = sa.Table(
    "access_sessions",
    _METADATA,
    sa.Column("secret_sha256", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(255)),
    sa.Column("key_id", sa.String(16)),
    sa.Column("expires_at", sa.String(32)),
    sa.Column("document", sa.Text),
)
DEPARTMENTS = sa.Table(
    "study_departments",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("department", sa.String(64)),
)
REREADINGS = sa.Table(
    "rereadings",
    _METADATA,
    sa.Column("study_id", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("document", sa.Text),
)
