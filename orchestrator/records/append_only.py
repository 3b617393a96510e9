"""Tables that are only ever added to: the database itself refuses to change or delete a row."""

from __future__ import annotations

import sqlalchemy as sa


def refuse_changes(connection: sa.Connection, table: str) -> None:
    """Install triggers that end any UPDATE or DELETE of a table (and TRUNCATE, where there is one) with an error."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                f"CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
            )
        )
        for event, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER {table}_refuses_{each.lower()} BEFORE {event} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION {table}_is_append_only()"
                )
            )
        return
    for event in ("UPDATE", "DELETE"):
        connection.execute(
            sa.text(
                f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        )
