"""The same suite over both databases: `database` is an empty one, `store` is opened on it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fhir_adapter.store import open_store


def clock():
    return datetime.now(UTC)


@dataclass(frozen=True)
class Database:
    url: str
    folder: Path

    def open(self, **options):
        return open_store(self.url, self.folder, clock, **options)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def database(request, tmp_path):
    url = request.param if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    return Database(url, tmp_path / "data")


@pytest.fixture
def sqlite(tmp_path):
    return Database("sqlite", tmp_path / "data")


@pytest.fixture
def store(database):
    opened = database.open()
    yield opened
    opened.close()
