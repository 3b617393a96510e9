"""Alembic migrations, run when :meth:`orchestrator.records.Records.open` is called."""
