"""A database of its own for each test: a copy of one whose tables are made, or a schema of a real PostgreSQL."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.orders.issuers import Issuers
from orchestrator.records import Records

HOSPITAL = Issuers(issuers={"HOSP": ("1.2.276.0.76", "https://hosp.example/mrn")})


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and nothing in them."""
    path = tmp_path_factory.mktemp("empty") / "records.db"
    Records.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(empty_database: Path, tmp_path: Path) -> str:
    shutil.copy(empty_database, tmp_path / "records.db")
    return f"sqlite:///{tmp_path}/records.db"


@pytest.fixture
def open_records():
    """Open a database, and close it when the test ends."""
    opened: list[Records] = []

    def _open(url: str, issuers: Issuers = HOSPITAL) -> Records:
        opened.append(Records.open(url, issuers))
        return opened[-1]

    yield _open
    for one in opened:
        one.close()


@pytest.fixture
def records(sqlite_url: str, open_records: Callable[..., Records]) -> Records:
    return open_records(sqlite_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, open_records: Callable[..., Records]) -> Records:
    """Both databases, where what is tested is theirs to keep."""
    if request.param == "sqlite":
        return open_records(request.getfixturevalue("sqlite_url"))
    postgres_url = request.getfixturevalue("postgres_url")
    name = f"orders_{secrets.token_hex(6)}"
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    url = sa.make_url(postgres_url).update_query_dict({"options": f"-csearch_path={name}"})
    return open_records(url.render_as_string(hide_password=False))
