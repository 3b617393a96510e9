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
