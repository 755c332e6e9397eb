"""The same suite over both databases: `database` is an empty one, `store` is opened on it."""

from dataclasses import dataclass, field
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
    opened: list = field(default_factory=list)

    def open(self, **options):
        store = open_store(self.url, self.folder, clock, **options)
        self.opened.append(store)
        return store

    def close(self):
        """Also what a failing test left open; closing twice does nothing."""
        for store in self.opened:
            store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def database(request, tmp_path):
    url = request.param if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    database = Database(url, tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path):
    database = Database("sqlite", tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def store(database):
    return database.open()
