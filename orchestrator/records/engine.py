"""Connections: durable, translated, and with the tables up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from orchestrator.errors import Misconfigured, RecordsUnavailable

_MIGRATION_LOCK = 5_737_471
"""Key of PostgreSQL's advisory lock while migrations run; any number that nobody else uses."""


class Duplicate(Exception):
    """A row with this key is already there."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Duplicate from error
    except SQLAlchemyError as error:
        raise RecordsUnavailable("the database does not answer; the work is kept where it was") from error


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection that sees one moment of the database."""
    with _translated(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection whose work is committed at the end, or not done at all."""
    with _translated(), engine.connect().execution_options(writing=True) as connection, connection.begin():
        yield connection


def connect(database_url: str) -> sa.Engine:
    """Return the engine of a database URL.

    Raises
    ------
    Misconfigured
        If the URL cannot be understood, or its driver is not installed.
    """
    try:
        url = make_url(database_url)
        return _engine(url)
    except (ArgumentError, ImportError) as error:
        raise Misconfigured("WETREAD_DATABASE_URL is not a known database URL; expected sqlite:///path") from error


def migrate(engine: sa.Engine) -> None:
    """Bring the tables up to date; processes that start together wait for each other."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30.0})

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: object, _: object) -> None:
        """WAL lets readers go on while one writes; FULL survives a power cut after the 202."""
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        """A writer takes its lock at once: upgrading a read lock later could only fail."""
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
