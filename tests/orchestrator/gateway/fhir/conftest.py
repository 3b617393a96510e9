"""The database that resources end in."""

from tests.orchestrator.orders.conftest import empty_database, open_records, records, sqlite_url

__all__ = ["empty_database", "open_records", "records", "sqlite_url"]
