"""One hospital a test, on SQLite."""

from datetime import UTC, datetime

import pytest
from pipeline.hospital import Hospital


def clock():
    return datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
async def hospital(sqlite):
    made = []

    def open_one(**options):
        made.append(Hospital(sqlite.open() if not made else made[0].store, clock, **options))
        return made[-1]

    yield open_one
    for each in made:
        await each.close()
